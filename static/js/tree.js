// The catalog tree for the keyboard (WAI-ARIA's navigation tree): lazy branches, kept over reload, and a filter.
import { stored } from "./stored.js";

const pane = document.getElementById("tree");
const OPEN = `tree.open.${pane?.dataset.user}`; // a browser may be used by several people

if (pane) {
  const all = document.getElementById("tree-all");
  const found = document.getElementById("tree-found");
  for (const tree of pane.querySelectorAll("[role=tree]")) prepare(tree);
  reopen();
  filter(document.getElementById("tree-filter"), all, found);
  offerButton(document.querySelector("[data-tree-toggle]"));
}

// Where the page is narrow the tree is above it once it is asked for.
function offerButton(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.ariaExpanded = String(pane.toggleAttribute("data-shown"));
  });
}

async function fetched(parameters) {
  const query = new URLSearchParams([...parameters, ["path", pane.dataset.path]]);
  const answer = await fetch(`${pane.dataset.tree}?${query}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok || answer.redirected || answer.headers.has("HX-Redirect")) return null;
  return answer.text();
}

function prepare(tree) {
  const items = () => [...tree.querySelectorAll("[role=treeitem]")].filter((item) => item.checkVisibility());
  const focus = (item) => {
    if (!item) return;
    for (const other of tree.querySelectorAll("[role=treeitem]")) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  };
  tree.rove = () => {
    for (const item of tree.querySelectorAll("[role=treeitem]")) item.tabIndex = -1;
    const first = tree.querySelector("[aria-current]") ?? tree.querySelector("[role=treeitem]");
    if (first) first.tabIndex = 0;
  };
  tree.rove();
  tree.addEventListener("click", (event) => {
    if (!event.target.closest(".tree-marker")) return;
    event.preventDefault();
    const item = event.target.closest("[role=treeitem]");
    toggle(item, item.ariaExpanded !== "true");
  });
  tree.addEventListener("keydown", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = items();
    const at = shown.indexOf(item);
    const steps = {
      ArrowDown: () => focus(shown[at + 1]),
      ArrowUp: () => focus(shown[at - 1]),
      Home: () => focus(shown[0]),
      End: () => focus(shown.at(-1)),
      ArrowRight: () =>
        item.ariaExpanded === "false" ? toggle(item, true) : item.ariaExpanded && focus(shown[at + 1]),
      ArrowLeft: () => (item.ariaExpanded === "true" ? toggle(item, false) : focus(parentOf(item))),
      " ": () => item.ariaExpanded && toggle(item, item.ariaExpanded !== "true"),
    };
    const step =
      steps[event.key] ??
      (event.key.length === 1 &&
        event.key !== "/" &&
        event.key !== "?" &&
        (() => focus(starting(shown, at, event.key))));
    if (!step) return;
    event.preventDefault();
    step();
  });
}

const groupOf = (item) => item.parentElement.querySelector(":scope > [role=group]");
const parentOf = (item) => item.closest("[role=group]")?.parentElement.querySelector(":scope > [role=treeitem]");

function starting(items, at, letter) {
  return [...items.slice(at + 1), ...items.slice(0, at)].find((item) =>
    item.dataset.name.split(".").at(-1).startsWith(letter.toLowerCase()),
  );
}

async function toggle(item, open) {
  const group = groupOf(item);
  if (open && !group.childElementCount) {
    const html = await fetched([["of", item.dataset.name]]);
    if (html === null) return window.location.assign(item.href);
    group.innerHTML = html; // from our own server, which has escaped it
    for (const below of group.querySelectorAll("[role=treeitem]")) below.tabIndex = -1;
  }
  item.ariaExpanded = String(open);
  const within = group.querySelector("[tabindex='0']");
  if (!open && within) {
    within.tabIndex = -1; // what is hidden takes no part in tabbing
    item.tabIndex = 0;
  }
  keep();
}

function keep() {
  const names = [...document.querySelectorAll("#tree-all [aria-expanded=true]")].map((item) => item.dataset.name);
  localStorage.setItem(OPEN, JSON.stringify(names.slice(0, 20)));
}

// What was open on the last page is opened again, in one request, where this page has not brought it along.
async function reopen() {
  const tree = document.querySelector("#tree-all [role=tree]");
  const isOpen = (name) => tree.querySelector(`[aria-expanded=true][data-name="${CSS.escape(name)}"]`);
  const names = stored(OPEN).filter((name) => tree && !isOpen(name));
  if (!names.length) return;
  const opened = [
    ...stored(OPEN),
    ...[...tree.querySelectorAll("[aria-expanded=true]")].map((item) => item.dataset.name),
  ];
  const html = await fetched(opened.map((name) => ["open", name]));
  if (html === null) return;
  tree.innerHTML = html;
  tree.rove();
  keep(); // without the names that are gone, which would be asked for on every page
}

function filter(box, all, found) {
  let asked = 0;
  let timer;
  let answered = ""; // the text that is shown what was found for
  let goes = false; // whether Enter waits for what has just been typed
  const go = () => found.querySelector("[role=treeitem]")?.click();
  const ask = async () => {
    const text = box.value.trim();
    const mine = ++asked;
    const html = text && (await fetched([["filter", text]]));
    if (mine !== asked) return; // what was typed since then has been asked for
    found.innerHTML = html || "";
    found.hidden = !text;
    all.hidden = Boolean(text);
    for (const tree of found.querySelectorAll("[role=tree]")) prepare(tree);
    answered = text;
    if (goes) go();
    goes = false;
  };
  box.addEventListener("input", () => {
    goes = false;
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") (found.hidden ? all : found).querySelector("[role=treeitem][tabindex='0']")?.focus();
    if (event.key === "Enter" && box.value.trim()) {
      event.preventDefault();
      if (answered === box.value.trim()) go();
      else goes = true;
    }
  });
}
