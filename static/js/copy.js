// Buttons that copy the text of another element; shown only where the browser can do it, also in what htmx brings.
if (navigator.clipboard) {
  reveal(document);
  document.addEventListener("htmx:load", (event) => reveal(event.target));
  document.addEventListener("click", copy);
}

function reveal(part) {
  for (const button of part.querySelectorAll("[data-copy]")) button.hidden = false;
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
