// Opens the forms that htmx fetches as a modal dialog. Without this module they are pages of their own.
const dialog = document.getElementById("dialog");

dialog.addEventListener("htmx:afterSwap", () => {
  if (!dialog.open) dialog.showModal();
  const field = dialog.querySelector(".field input, .field select, .field textarea");
  if (field) field.focus();
});

dialog.addEventListener("click", (event) => {
  const outside = event.target === dialog && !inside(event, dialog.getBoundingClientRect());
  if (!outside && !event.target.closest("[data-close]")) return;
  event.preventDefault();
  dialog.close();
});

dialog.addEventListener("close", () => dialog.replaceChildren());

// A form that cannot be fetched (signed out, gone, not allowed) is opened as a page, which says why.
document.body.addEventListener("htmx:responseError", (event) => {
  const path = event.detail.requestConfig.verb === "get" && event.detail.pathInfo.requestPath;
  if (path && event.detail.target === dialog) window.location.assign(path);
});

function inside(event, box) {
  return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
}
