// The drawer of jobs is drawn again while one runs, and on the next page: it stays closed for users who closed it.
const KEY = "drawer.open";
const isNarrow = window.matchMedia("(max-width: 48rem)").matches; // there it would cover the page

function show() {
  const drawer = document.querySelector("#drawer > details");
  if (drawer) drawer.open = (sessionStorage.getItem(KEY) ?? String(!isNarrow)) === "true";
}

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.closest("#drawer")) sessionStorage.setItem(KEY, String(event.target.open));
  },
  true,
);

document.body.addEventListener("htmx:afterSwap", show);
show();
