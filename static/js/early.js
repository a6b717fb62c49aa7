// Before the first paint: the tree is as wide as it was left, and opened by its button where the page is narrow.
document.documentElement.dataset.script = "";
const width = Number(localStorage.getItem("tree.width"));
if (width >= 180 && width <= 640) document.documentElement.style.setProperty("--sidebar", `${width}px`);

// Where MLflow's own pages are, behind a #: its client prints such addresses, and no server sees what is there.
const behind = /^#\/experiments\/(\d+)(\/runs\/[\w-]+|\/models\/[\w-]+)?/.exec(location.hash);
if (behind) location.replace(`/ml/experiments/${behind[1]}${behind[2] ?? ""}`);
