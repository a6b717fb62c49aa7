// Tables that fit their frame leave the scrolling to the page; what is cut with an ellipsis is shown in a title.
const frames = new ResizeObserver((entries) => {
  for (const { target } of entries) measure(target.closest(".table-frame"));
});

watch(document);
document.addEventListener("htmx:load", (event) => watch(event.target));
document.addEventListener("mouseover", (event) => explain(event.target));

function watch(root) {
  for (const table of root.querySelectorAll(".table-frame > .table")) {
    frames.observe(table);
    frames.observe(table.parentElement);
  }
}

function measure(frame) {
  frame.classList.toggle("fits", frame.firstElementChild.scrollWidth <= frame.clientWidth);
}

function explain(target) {
  for (const part of [target, target.closest?.("td, th")]) {
    if (part?.title === "" && part.closest(".table") && part.scrollWidth > part.clientWidth && part.clientWidth) {
      part.title = part.textContent.replace(/\s+/g, " ").trim();
    }
  }
}
