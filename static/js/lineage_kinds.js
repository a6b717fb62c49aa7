// The kinds of nodes of a lineage graph, each to be switched off: with what is reached only through nodes of it.

/** Fills the menu with the kinds that are there; those that were switched off stay so. */
export function offerKinds(lineage, menu, changed) {
  const off = switchedOff(menu);
  const counts = new Map();
  for (const node of lineage.querySelectorAll("li [data-node]"))
    counts.set(node.dataset.kind, (counts.get(node.dataset.kind) ?? 0) + 1);
  const choices = [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => choice(kind, count, !off.has(kind)));
  menu.querySelector("fieldset").replaceChildren(menu.querySelector("legend"), ...choices);
  menu.hidden = choices.length === 0;
  menu.onchange = () => {
    hide(lineage, menu);
    changed();
  };
  hide(lineage, menu);
}

function choice(kind, count, checked) {
  const label = document.createElement("label");
  label.className = "menu-item";
  const input = Object.assign(document.createElement("input"), { type: "checkbox", value: kind });
  input.toggleAttribute("checked", checked);
  label.append(input, `${kind} (${count})`);
  return label;
}

function switchedOff(menu) {
  return new Set([...menu.querySelectorAll("input:not(:checked)")].map((input) => input.value));
}

function hide(lineage, menu) {
  const off = switchedOff(menu);
  for (const node of lineage.querySelectorAll("li > [data-node]"))
    node.parentElement.hidden = off.has(node.dataset.kind);
}

/** The nodes that are not switched off. */
export function shown(lineage) {
  return [...lineage.querySelectorAll("[data-node]")].filter((node) => !node.closest("li[hidden]"));
}
