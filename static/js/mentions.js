// Offers names while somebody types an @ in a comment. Without it a mention is typed out.
const PLAIN = /^[\p{L}\p{N}_.+-]+(@[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)+)?$/u;
const BEGUN = /(?<![\p{L}\p{N}_@`])@`?([\p{L}\p{N}_.+@-]{1,60})$/u;
const NAMED = /(?<![\p{L}\p{N}_@`])@(`[^`\n]{1,255}`|[\p{L}\p{N}_.+@-]{2,255})/gu;
const WAIT = 200; // milliseconds without a key
const MOST = 8;

document.addEventListener("focusin", ({ target }) => {
  if (target.matches("textarea[data-mentions]") && !target.stopMentions) offer(target);
});
document.addEventListener("selectionchange", () => {
  const field = document.activeElement;
  if (field?.stopMentions && !begun(field)) field.stopMentions();
});

function offer(field) {
  const list = document.createElement("ul");
  list.id = `${field.id}-mentions`;
  list.className = "mentions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People and groups");
  list.hidden = true;
  const notice = document.createElement("div"); // who is mentioned and will not be told
  notice.setAttribute("role", "status");
  field.after(list, notice);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let waiting = 0;
  let warning = 0;
  const stop = () => {
    clearTimeout(waiting);
    hide(field, list);
  };
  field.stopMentions = stop;
  field.addEventListener("input", () => {
    stop();
    waiting = setTimeout(() => show(field, list), WAIT);
    clearTimeout(warning);
    warning = setTimeout(() => warn(field, notice), WAIT);
  });
  field.addEventListener("keydown", (event) => steer(event, field, list));
  field.addEventListener("blur", stop);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest("[role=option]");
    if (option) insert(field, list, option);
  });
}

/** What has been typed of a name at the caret; empty, where none has begun. */
function begun(field) {
  return BEGUN.exec(field.value.slice(0, field.selectionStart))?.[1] ?? "";
}

async function show(field, list) {
  const letters = begun(field);
  if (!letters) return;
  const found = await names(field.dataset.mentions, letters);
  if (letters !== begun(field) || document.activeElement !== field || found[0] === letters) return;
  list.replaceChildren(...found.map((name, number) => entry(list, name, number)));
  list.hidden = found.length === 0;
  choose(field, list, list.firstElementChild);
}

/** Says which of the mentioned people cannot read what is discussed. */
async function warn(field, notice) {
  const text = [...new Set(field.value.match(NAMED) ?? [])].join(" ");
  if (text === notice.dataset.of) return;
  notice.dataset.of = text;
  notice.replaceChildren();
  if (!text) return;
  try {
    const query = new URLSearchParams({ text });
    const answer = await fetch(`${field.dataset.mentions}/unreached?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected || notice.dataset.of !== text) return;
    notice.innerHTML = await answer.text(); // from our own server, which has escaped it
    window.htmx.process(notice);
  } catch {
    // offline, say: the preview tells
  }
}

async function names(address, letters) {
  try {
    const query = new URLSearchParams({ principal: letters });
    const answer = await fetch(`${address}?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) return [];
    const options = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("option");
    return [...options].slice(0, MOST).map((option) => option.value);
  } catch {
    return []; // offline, say: an offer may be missed
  }
}

function entry(list, name, number) {
  const option = document.createElement("li");
  option.id = `${list.id}-${number}`;
  option.setAttribute("role", "option");
  option.textContent = name;
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

function steer(event, field, list) {
  if (list.hidden || event.isComposing) return;
  const chosen = list.querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown") choose(field, list, chosen?.nextElementSibling ?? list.firstElementChild);
  else if (event.key === "ArrowUp") choose(field, list, chosen?.previousElementSibling ?? list.lastElementChild);
  else if (event.key === "Enter") insert(field, list, chosen);
  else if (event.key === "Escape") hide(field, list);
  else return;
  event.preventDefault();
  event.stopPropagation(); // Escape closes the list, and not the dialog around it
}

function insert(field, list, option) {
  const name = option.textContent;
  const before = field.value.slice(0, field.selectionStart);
  const start = before.length - BEGUN.exec(before)[0].length;
  field.setRangeText(`@${PLAIN.test(name) ? name : `\`${name}\``} `, start, field.selectionStart, "end");
  hide(field, list);
}
