// The keys of one character, and their list. Speech input types such characters by mistake: who uses it turns them off.
const KEY = "keys.off";
const WAIT = 1500; // ms in which a second key belongs to the first
const ROWS = "main .table tbody tr, main .list > li";
const list = document.getElementById("keys");
let gone = 0; // when g was pressed

const actions = {
  "/": () => document.getElementById("search-box")?.focus(),
  "?": () => list.showModal(),
  g: () => {
    gone = Date.now();
  },
  j: () => step(1),
  k: () => step(-1),
};

// A box that says so is sent with Ctrl and Enter.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("[data-send]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

if (list) {
  const box = list.querySelector("[data-keys-on]");
  box.checked = localStorage.getItem(KEY) === null;
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(KEY) : localStorage.setItem(KEY, "1")));
  document.querySelector("[data-keys]").addEventListener("click", (event) => {
    event.target.closest("dialog").close();
    list.showModal();
  });
  document.addEventListener("keydown", press);
}

function press(event) {
  if (
    localStorage.getItem(KEY) ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector("dialog[open]")
  )
    return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
  if (event.target.closest("[role=treeitem]") && !"/?".includes(event.key)) return; // letters go to names there
  const place = Date.now() - gone < WAIT && list.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  gone = 0;
  const act = place ? () => place.click() : actions[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

const linkOf = (row) => row.querySelector("th > a") ?? row.querySelector("a");

/** Go to the row after or before the one that has the focus; to the first, if none has. */
function step(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter(linkOf);
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  if (next) linkOf(next).focus();
}
