// A list below a text area that offers how to end what the user is typing. Keys and mouse choose; Escape closes it.
const WAIT = 200; // milliseconds without a key

document.addEventListener("selectionchange", () => {
  const field = document.activeElement;
  if (field?.suggestions && !field.suggestions.begun(field)) field.suggestions.stop();
});

/**
 * Let `field` offer something: `begun` returns what has been typed of it at the caret, `found` asks for what fits, as
 * texts, and `insert` puts the chosen one into the field. `label` says what the list has.
 */
export function suggest(field, { label, begun, found, insert }) {
  const list = document.createElement("ul");
  list.id = `${field.id}-suggestions`;
  list.className = "mentions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  list.hidden = true;
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let waiting = 0;
  const stop = () => {
    clearTimeout(waiting);
    hide(field, list);
  };
  const take = (option) => {
    insert(field, option.textContent);
    hide(field, list);
    field.dispatchEvent(new Event("input", { bubbles: true })); // others look at what is there
    stop();
  };
  field.suggestions = { begun, stop };
  field.addEventListener("input", () => {
    stop();
    waiting = setTimeout(() => show(field, list, begun, found), WAIT);
  });
  field.addEventListener("keydown", (event) => steer(event, field, list, take));
  field.addEventListener("blur", stop);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}

/** The values of the options that an address of ours answers with; none where it cannot. */
export async function optionsOf(address, query) {
  try {
    const answer = await fetch(`${address}?${new URLSearchParams(query)}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) return [];
    const options = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("option");
    return [...options].map((option) => option.value);
  } catch {
    return []; // offline, say: an offer may be missed
  }
}

async function show(field, list, begun, found) {
  const letters = begun(field);
  if (!letters) return;
  const texts = await found(letters);
  if (letters !== begun(field) || document.activeElement !== field || texts[0] === letters) return;
  list.replaceChildren(...texts.map((text, number) => entry(list, text, number)));
  list.hidden = texts.length === 0;
  choose(field, list, list.firstElementChild);
}

function entry(list, text, number) {
  const option = document.createElement("li");
  option.id = `${list.id}-${number}`;
  option.setAttribute("role", "option");
  option.textContent = text;
  return option;
}

function choose(field, list, option) {
  for (const other of list.children) other.ariaSelected = String(other === option);
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

function hide(field, list) {
  list.hidden = true;
  choose(field, list, null);
}

function steer(event, field, list, take) {
  if (list.hidden || event.isComposing || event.ctrlKey) return;
  const chosen = list.querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown") choose(field, list, chosen?.nextElementSibling ?? list.firstElementChild);
  else if (event.key === "ArrowUp") choose(field, list, chosen?.previousElementSibling ?? list.lastElementChild);
  else if (event.key === "Enter") take(chosen);
  else if (event.key === "Escape") hide(field, list);
  else return;
  event.preventDefault();
  event.stopPropagation(); // Escape closes the list, and not the dialog around it
}
