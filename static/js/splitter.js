// The bar between tree and page: dragged, or moved with the arrow keys. The width is kept in this browser.
const splitter = document.querySelector(".splitter");

if (splitter) {
  const least = Number(splitter.ariaValueMin);
  const most = Number(splitter.ariaValueMax);
  const set = (width) => {
    const kept = Math.round(Math.min(most, Math.max(least, width)));
    document.documentElement.style.setProperty("--sidebar", `${kept}px`);
    splitter.ariaValueNow = String(kept);
    localStorage.setItem("tree.width", String(kept));
  };
  splitter.hidden = false;
  splitter.ariaValueNow = localStorage.getItem("tree.width") ?? splitter.ariaValueNow;
  splitter.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    splitter.setPointerCapture(event.pointerId);
  });
  splitter.addEventListener("pointermove", (event) => {
    if (splitter.hasPointerCapture(event.pointerId)) set(event.clientX);
  });
  splitter.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (step) set(Number(splitter.ariaValueNow) + step);
    if (event.key === "Home") set(least);
    if (event.key === "End") set(most);
  });
}
