// A preset ticks what it grants, and is left as soon as one of those is not wanted.
// Without this module the server adds it.
document.addEventListener("change", ({ target }) => {
  const presets = target.form?.querySelector("[data-presets]");
  if (!presets) return;
  const granted = JSON.parse(presets.dataset.presets)[presets.value] ?? [];
  if (target === presets && target.value)
    for (const box of target.form.querySelectorAll("[name=privileges]")) box.checked = granted.includes(box.value);
  if (target.name === "privileges" && !target.checked && granted.includes(target.value)) presets.value = "";
});
