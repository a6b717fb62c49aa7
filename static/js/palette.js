// The command palette (Ctrl-K or ⌘K). Its entries come from the server.
const palette = document.getElementById("palette");
const box = palette?.querySelector("input");
const list = palette?.querySelector("[role=listbox]");
let asked = 0;
let answered; // the text that the list is for
let goes = false; // whether Enter waits for the list of what has just been typed

if (palette) {
  document.addEventListener("keydown", keys);
  for (const button of document.querySelectorAll("[data-palette]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
  let timer;
  box.addEventListener("input", () => {
    goes = false;
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  box.addEventListener("keydown", move);
  list.addEventListener("click", choose);
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
}

function keys(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) open();
  }
}

function open() {
  palette.showModal();
  box.value = "";
  answered = undefined;
  goes = false;
  ask();
}

async function ask() {
  const mine = ++asked;
  const text = box.value;
  const query = new URLSearchParams({
    q: text,
    page: location.pathname,
    path: document.querySelector("[data-object]") ? document.getElementById("tree").dataset.path : "",
  });
  const answer = await fetch(`${palette.dataset.from}?${query}`, { headers: { "HX-Request": "true" } });
  if (mine !== asked || !palette.open) return;
  if (!answer.ok || answer.redirected || answer.headers.has("HX-Redirect")) return window.location.reload();
  list.innerHTML = await answer.text(); // from our own server, which has escaped it
  answered = text;
  mark(options()[0]);
  if (answered !== box.value) return; // the user went on typing: a list for that is on its way, and Enter waits for it
  if (goes) options()[0]?.click();
  goes = false;
}

const options = () => [...list.querySelectorAll("[role=option]")];

function mark(option) {
  for (const other of options()) other.ariaSelected = String(other === option);
  box.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

function move(event) {
  const all = options();
  const at = all.findIndex((option) => option.ariaSelected === "true");
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
  if (to !== undefined && all.length) {
    event.preventDefault();
    mark(all[(to + all.length) % all.length]);
  }
  if (event.key === "Enter") {
    event.preventDefault();
    if (answered === box.value) all[at]?.click();
    else goes = true;
  }
}

// A form opens as a dialog, where this page shows dialogs.
function choose(event) {
  const link = event.target.closest("a");
  palette.close();
  if (!link?.hasAttribute("data-dialog") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.getAttribute("href"), { target: "#dialog" });
}
