// Rows that are selected: all at once, how many, and what can be done with that many.
// Without this module the server says.
const form = document.querySelector("[data-selection]");
const all = document.querySelector("[data-select-all]");

if (form) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  document.addEventListener("change", (event) => event.target.form === form && show());
  window.addEventListener("pageshow", show); // a page that comes back has its boxes as they were
  show();
}

function boxes() {
  return [...form.elements].filter((element) => element.type === "checkbox");
}

function show() {
  const count = boxes().filter((box) => box.checked).length;
  all.checked = count > 0 && count === boxes().length;
  all.indeterminate = count > 0 && !all.checked;
  for (const button of form.querySelectorAll("button")) {
    const { least = 1, most = Infinity } = button.dataset;
    button.disabled = count < least || count > most;
  }
  form.querySelector("[data-selected]").textContent = count ? `${count} selected` : form.dataset.hint;
}
