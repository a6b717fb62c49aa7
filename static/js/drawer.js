// The drawer of copies is drawn anew while a copy runs: it stays closed for who has closed it.
let isOpen = true;

document.addEventListener("toggle", (event) => {
  if (event.target.closest("#drawer")) isOpen = event.target.open;
}, true);

document.body.addEventListener("htmx:afterSwap", () => {
  const drawer = document.querySelector("#drawer > details");
  if (drawer) drawer.open = isOpen;
});
