// The objects that were looked at last, above the tree: kept in this browser alone.
import { stored } from "./stored.js";

const pane = document.getElementById("tree");
const KEY = `tree.recent.${pane?.dataset.user}`; // a browser may be used by several people
const path = pane?.dataset.path;
const box = document.getElementById("tree-recent");

if (box) {
  const isObject = path && document.querySelector("[data-object]");
  const names = [...new Set([...(isObject ? [path] : []), ...stored(KEY)])].slice(0, 6);
  localStorage.setItem(KEY, JSON.stringify(names));
  const others = names.filter((name) => name !== path).slice(0, 5);
  box.hidden = !others.length;
  box.querySelector("ul").append(...others.map(entry));
}

function entry(name) {
  const parts = name.split(".").map(encodeURIComponent);
  const link = document.createElement("a");
  link.className = "tree-item";
  link.href = `/explore/data/${parts.length === 3 ? "models/" : ""}${parts.join("/")}`;
  link.append(Object.assign(document.createElement("span"), { className: "tree-name", textContent: name }));
  const item = document.createElement("li");
  item.append(link);
  return item;
}
