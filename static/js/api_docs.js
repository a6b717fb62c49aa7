// Swagger UI is dark where its page has a class: where the reader has chosen that, or where the system is dark.
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

function paint() {
  const isDark = root.dataset.theme === "dark" || (root.dataset.theme !== "light" && system.matches);
  root.classList.toggle("dark-mode", isDark);
}

system.addEventListener("change", paint);
paint();
