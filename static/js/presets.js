// A preset ticks what it grants, and is left as soon as one of those is not wanted or something else is.
// Without this module the server adds it.
document.addEventListener("change", ({ target }) => {
  const presets = target.form?.querySelectorAll("[data-presets]") ?? [];
  if (!presets.length) return;
  const granted = JSON.parse(presets[0].dataset.presets);
  const boxes = [...target.form.querySelectorAll("[name=privileges]")];
  if (target.name === "preset" && target.value) {
    for (const box of boxes) box.checked = granted[target.value].includes(box.value);
  }
  if (target.name === "privileges") {
    const chosen = boxes.flatMap((box) => (box.checked ? [box.value] : []));
    const same = (names) => names.length === chosen.length && names.every((name) => chosen.includes(name));
    const fitting = Object.keys(granted).find((name) => granted[name].length && same(granted[name])) ?? "";
    for (const radio of presets) radio.checked = radio.value === fitting;
  }
});
