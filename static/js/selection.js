// Rows that are selected: all at once, how many, and what can be done with that many. They stay selected while one
// turns pages and sorts; what is selected on other pages is sent as hidden fields. Without this module the server says.
import { stored } from "./stored.js";

const form = document.querySelector("[data-selection]");
const all = document.querySelector("[data-select-all]");
const user = document.getElementById("tree")?.dataset.user; // a browser may be used by several people
const KEY = `selected:${user}:${form?.dataset.selection}`;
const elsewhere = new Set();

if (form) {
  const here = new Map(boxes().map((box) => [box.value, box]));
  for (const value of stored(KEY, sessionStorage)) {
    if (here.has(value)) here.get(value).checked = true;
    else elsewhere.add(value);
  }
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  document.addEventListener("change", (event) => event.target.form === form && show());
  form.addEventListener("click", (event) => event.target.closest("[data-clear]") && clear());
  document.addEventListener("submit", (event) => event.target.method === "post" && sessionStorage.removeItem(KEY));
  window.addEventListener("pageshow", show); // a page that comes back has its boxes as they were
  show();
}

function boxes() {
  return [...form.elements].filter((element) => element.type === "checkbox");
}

function chosen() {
  return [...elsewhere, ...boxes().flatMap((box) => (box.checked ? [box.value] : []))];
}

function clear() {
  elsewhere.clear();
  for (const box of boxes()) box.checked = false;
  show();
}

function show() {
  const [name] = boxes().map((box) => box.name);
  const here = boxes().filter((box) => box.checked).length;
  const values = chosen();
  sessionStorage.setItem(KEY, JSON.stringify(values));
  all.checked = here > 0 && here === boxes().length;
  all.indeterminate = here > 0 && !all.checked;
  for (const field of form.querySelectorAll("input[type=hidden]")) field.remove();
  for (const value of elsewhere) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  for (const button of form.querySelectorAll("button:not([data-clear])")) {
    const { least = 1, most = Infinity } = button.dataset;
    button.disabled = values.length < least || values.length > most;
  }
  form.querySelector("[data-clear]").hidden = !values.length;
  form.querySelector("[data-selected]").textContent = values.length ? words(values.length) : form.dataset.hint;
}

function words(count) {
  return elsewhere.size ? `${count} selected, ${elsewhere.size} of them on other pages` : `${count} selected`;
}
