// Opens the forms that htmx fetches as a modal dialog. Without this module they are pages of their own.
const dialog = document.getElementById("dialog");

// After htmx has bound what it fetched, not before: a choice made in between would do nothing.
dialog.addEventListener("htmx:load", (event) => {
  if (event.target.parentElement !== dialog) return; // something within it: offers of names, say
  if (!dialog.open) dialog.showModal();
  const field = dialog.querySelector(".field input, .field select, .field textarea");
  if (field) field.focus();
});

// A press that begins inside (to select text, say) and ends outside does not close.
let pressedOutside = false;
dialog.addEventListener("pointerdown", (event) => {
  pressedOutside = isOutside(event);
});
dialog.addEventListener("click", (event) => {
  const outside = pressedOutside && isOutside(event);
  if (!(outside || event.target.closest("[data-close]"))) return;
  event.preventDefault();
  if (!outside || mayClose()) dialog.close();
});
dialog.addEventListener("cancel", (event) => {
  if (event.target === dialog && !mayClose()) event.preventDefault();
});

dialog.addEventListener("close", () => dialog.replaceChildren());

// Text that was typed is not thrown away by Esc, or by a click outside, without asking.
function mayClose() {
  const typed = [...dialog.querySelectorAll("input[type=text], textarea")];
  const isChanged = typed.some((field) => field.value.trim() && field.value !== field.defaultValue);
  return !isChanged || window.confirm("Discard what you typed?");
}

// What cannot be fetched (gone, not allowed) is asked for as a page, which says why. What cannot be sent says why in
// the dialog: what has been typed stays.
document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.target !== dialog) return; // a fragment that asks again later, or an offer that may be missed
  if (event.detail.requestConfig.verb === "get") window.location.assign(event.detail.pathInfo.requestPath);
  else fail(event.detail.xhr.responseText);
});
document.body.addEventListener("htmx:sendError", (event) => {
  if (event.detail.target === dialog && dialog.open) fail("");
});

function fail(answer) {
  const told = new DOMParser().parseFromString(answer, "text/html").querySelector("[data-error]");
  const note = dialog.querySelector("[data-failure]") ?? document.createElement("p");
  note.className = "form-error";
  note.role = "alert";
  note.dataset.failure = "";
  note.textContent = told?.textContent ?? "The server cannot be reached. Try again.";
  (dialog.querySelector("form") ?? dialog).prepend(note);
}

function isOutside(event) {
  const box = dialog.getBoundingClientRect();
  const within =
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return event.target === dialog && !within;
}
