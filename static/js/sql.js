// Offers words and names while someone types a statement. Without it they are typed out.
import { optionsOf, suggest } from "./suggestions.js";

const BEGUN = /(?<![\p{L}\p{N}_@.`'"-])`?([\p{L}\p{N}_.@-]{2,100})$/u;
const field = document.querySelector("textarea[data-names]");

if (field) {
  suggest(field, {
    label: "Words and names",
    begun: () => BEGUN.exec(field.value.slice(0, field.selectionStart))?.[1] ?? "",
    found: (letters) => optionsOf(field.dataset.names, { letters }),
    insert: (_, text) => {
      const before = field.value.slice(0, field.selectionStart);
      field.setRangeText(`${text} `, before.length - BEGUN.exec(before)[0].length, field.selectionStart, "end");
    },
  });
}
