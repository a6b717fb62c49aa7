// Opens the forms that htmx fetches as a modal dialog. Without this module they are pages of their own.
const dialog = document.getElementById("dialog");

dialog.addEventListener("htmx:afterSwap", () => {
  if (!dialog.open) dialog.showModal();
  const field = dialog.querySelector(".field input, .field select, .field textarea");
  if (field) field.focus();
});

// A press that begins inside (to select text, say) and ends outside does not close.
let pressedOutside = false;
dialog.addEventListener("pointerdown", (event) => (pressedOutside = isOutside(event)));
dialog.addEventListener("click", (event) => {
  const leaves = pressedOutside && isOutside(event);
  if (!leaves && !event.target.closest("[data-close]")) return;
  event.preventDefault();
  dialog.close();
});

dialog.addEventListener("close", () => dialog.replaceChildren());

// What cannot be fetched or sent (gone, not allowed, a form that has expired) is asked for as a page, which says why.
document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.target !== dialog) return; // a fragment that asks again later, or an offer that may be missed
  if (event.detail.requestConfig.verb === "get") window.location.assign(event.detail.pathInfo.requestPath);
  else window.location.reload();
});

function isOutside(event) {
  const box = dialog.getBoundingClientRect();
  const within = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return event.target === dialog && !within;
}
