// Offers names while someone types an @ in a comment, and says whom a mention does not reach. Without it a mention is
// typed out, and the preview says so.
import { optionsOf, suggest } from "./suggestions.js";

const PLAIN = /^[\p{L}\p{N}_.+-]+(@[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)+)?$/u;
const BEGUN = /(?<![\p{L}\p{N}_@`])@`?([\p{L}\p{N}_.+@-]{1,60})$/u;
const NAMED = /(?<![\p{L}\p{N}_@`])@(`[^`\n]{1,255}`|[\p{L}\p{N}_.+@-]{2,255})/gu;
const WAIT = 200; // milliseconds without a key

document.addEventListener("focusin", ({ target }) => {
  if (target.matches("textarea[data-mentions]") && !target.suggestions) offer(target);
});

function offer(field) {
  const notice = document.createElement("div"); // who is mentioned and will not be notified
  notice.setAttribute("role", "status");
  field.after(notice);
  suggest(field, {
    label: "People and groups",
    begun,
    found: (letters) => optionsOf(field.dataset.mentions, { principal: letters }),
    insert,
  });
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => warn(field, notice), WAIT);
  });
}

/** What has been typed of a name at the caret; empty, where none has begun. */
function begun(field) {
  return BEGUN.exec(field.value.slice(0, field.selectionStart))?.[1] ?? "";
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
    // offline, say: the preview shows it
  }
}

function insert(field, name) {
  const before = field.value.slice(0, field.selectionStart);
  const start = before.length - BEGUN.exec(before)[0].length;
  field.setRangeText(`@${PLAIN.test(name) ? name : `\`${name}\``} `, start, field.selectionStart, "end");
}
