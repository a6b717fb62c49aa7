// The objects that were looked at last, above the tree: kept only in this browser, each as "<uid> <full name>".
import { stored } from "./stored.js";

const pane = document.getElementById("tree");
const KEY = `tree.recent.${pane?.dataset.user}`; // a browser may be used by several people
const path = pane?.dataset.path;
const box = document.getElementById("tree-recent");

if (box) {
  const uid = path && document.querySelector("[data-object]")?.dataset.object;
  const isGone = (name) => document.querySelector("[data-missing]") && address(name) === location.pathname;
  const known = stored(KEY).filter((entry) => entry.includes(" ") && !isGone(nameOf(entry)));
  const isThis = (entry) => entry.startsWith(`${uid} `) || nameOf(entry) === path; // be it renamed, or made again
  const kept = (uid ? [`${uid} ${path}`, ...known.filter((entry) => !isThis(entry))] : known).slice(0, 6);
  localStorage.setItem(KEY, JSON.stringify(kept));
  const shown = kept
    .map(nameOf)
    .filter((name) => name !== path)
    .slice(0, 5);
  box.hidden = !shown.length;
  box.querySelector("ul").append(...shown.map(item));
  const home = document.querySelector("[data-recent]");
  if (home && shown.length) {
    home.hidden = false;
    home.querySelector("ul").append(...shown.map(item));
  }
}

function nameOf(entry) {
  return entry.split(" ")[1];
}

function address(name) {
  const parts = name.split(".").map(encodeURIComponent);
  return `/explore/data/${parts.length === 3 ? "models/" : ""}${parts.join("/")}`;
}

function item(name) {
  const link = document.createElement("a");
  link.className = "tree-item";
  link.href = address(name);
  link.append(Object.assign(document.createElement("span"), { className: "tree-name", textContent: name }));
  const entry = document.createElement("li");
  entry.append(link);
  return entry;
}
