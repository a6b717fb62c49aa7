// Before the first paint: the tree is as wide as it was left, and opened by its button where the page is narrow.
document.documentElement.dataset.script = "";
const width = Number(localStorage.getItem("tree.width"));
if (width >= 180 && width <= 640) document.documentElement.style.setProperty("--sidebar", `${width}px`);
