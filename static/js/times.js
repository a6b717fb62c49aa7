// Puts the reader's own time before the exact one that a time has in its title.
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

document.addEventListener("mouseover", (event) => show(event.target));
document.addEventListener("focusin", (event) => show(event.target));

function show(target) {
  const time = target.closest?.("time[title]");
  if (!time || time.dataset.local) return;
  time.dataset.local = "1";
  time.title = `${local.format(new Date(time.dateTime))} (your time)\n${time.title}`;
}
