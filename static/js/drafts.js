// What someone has typed into a large box survives a reload, in this tab, until it is sent.
import { stored } from "./stored.js";

const boxes = (root) => root.querySelectorAll("form[method=post] textarea:not([data-send])");
const user = document.getElementById("tree")?.dataset.user; // a browser may be used by several people
const keyOf = (box) => `draft:${user}:${box.form.getAttribute("action") || location.pathname}:${box.name}`;

restore(document);
document.addEventListener("htmx:load", (event) => restore(event.target));
document.addEventListener("input", ({ target }) => {
  if (!target.matches("form[method=post] textarea:not([data-send])")) return;
  if (target.value === target.defaultValue) sessionStorage.removeItem(keyOf(target));
  else sessionStorage.setItem(keyOf(target), JSON.stringify([target.defaultValue, target.value]));
});
document.addEventListener("submit", ({ target }) => {
  for (const box of target.querySelectorAll("textarea")) sessionStorage.removeItem(keyOf(box));
});

function restore(root) {
  for (const box of boxes(root)) {
    const [before, typed] = stored(keyOf(box), sessionStorage);
    // A draft of a text that someone has changed since would undo that change.
    if (typed !== undefined && before === box.defaultValue && box.value === box.defaultValue) box.value = typed;
  }
}
