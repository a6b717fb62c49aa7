// Buttons that copy the text of another element; shown only where the browser can do it, also in what htmx brings.
if (navigator.clipboard) {
  reveal(document);
  document.addEventListener("htmx:load", (event) => reveal(event.target));
  document.addEventListener("click", copy);
}

function reveal(part) {
  for (const button of part.querySelectorAll("[data-copy]")) button.hidden = false;
  for (const code of part.querySelectorAll(".prose pre > code")) box(code);
}

// Code in a text that someone has written comes without a button.
function box(code) {
  if (code.id) return;
  code.id = `code-${Math.random().toString(36).slice(2)}`;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link-button copy" });
  button.dataset.copy = code.id;
  button.append(Object.assign(document.createElement("span"), { textContent: "Copy" }));
  const frame = Object.assign(document.createElement("div"), { className: "code-frame" });
  code.parentElement.replaceWith(frame);
  frame.append(code.parentElement, button);
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.querySelector("span");
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  label.textContent = "Copied";
  setTimeout(() => {
    label.textContent = "Copy";
  }, 2000);
}
