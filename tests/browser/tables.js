// What of a page's tables does not hold: read by test_tables.py.
() => {
  const faults = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className} «${element.textContent.trim().slice(0, 60)}»`;
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
    const width = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll("main *")].filter(
      (element) => shown(element) && element.getBoundingClientRect().right > width + 1 && !element.closest(".table-frame, .chart-frame"),
    );
    faults.push(`the page is wider than the screen: ${wide.slice(-1).map(name)}`);
  }
  for (const row of document.querySelectorAll("main table.table:not(.compare) tbody tr")) {
    if (!shown(row) || row.querySelector(".prose-cell, details[open], [colspan]")) continue;
    const { height } = row.getBoundingClientRect();
    if (height > 48.5) faults.push(`a row of ${Math.round(height)} px: ${name(row)}`);
  }
  for (const cell of document.querySelectorAll("main table.table :is(td, th)")) {
    if (!shown(cell)) continue;
    const style = getComputedStyle(cell);
    const cut = cell.scrollWidth > cell.clientWidth + 1;
    if (cut && style.overflowX !== "visible" && style.textOverflow !== "ellipsis") faults.push(`a cut cell: ${name(cell)}`);
  }
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement || !shown(node.parentElement) || node.parentElement.closest("pre, textarea, svg, [data-long]")) continue;
    for (const match of node.data.matchAll(/[\p{L}\p{N}_]+/gu)) {
      const before = node.data.slice(0, match.index).match(/\S*$/)[0];
      const after = node.data.slice(match.index).match(/^\S*/)[0];
      if (before.length + after.length > 30) continue; // what no screen of a phone could hold
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const tops = new Set([...range.getClientRects()].filter((r) => r.width > 0).map((rect) => Math.round(rect.top)));
      if (tops.size > 1) faults.push(`a broken word: ${match[0]} in ${name(node.parentElement)}`);
    }
  }
  return [...new Set(faults)].slice(0, 12);
};
