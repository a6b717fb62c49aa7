// The nodes of a lineage graph as the rows of a table: to be sorted by eye, and copied to a sheet.
import { shown } from "./lineage_kinds.js";

/** Fills the table with the nodes that are shown, in the order of the page. */
export function fillTable(lineage, table) {
  table.tBodies[0].replaceChildren(...shown(lineage).flatMap(row));
}

function row(node) {
  const column = node.closest("[data-side]");
  if (column.dataset.side === "centre") return []; // what the page is about
  const side = column.querySelector("h3").textContent;
  const name = node.querySelector(".break").cloneNode(true);
  const cells = [side, String(stepsOf(node)), node.querySelector(".node-kind").textContent.trim(), name];
  const how = [...node.querySelectorAll(".node-how")].map((words) => words.textContent.trim()).join("; ");
  const tr = document.createElement("tr");
  for (const content of [...cells, how]) tr.insertCell().append(content);
  return [tr];
}

/** How many steps it is away from what the page is about. */
function stepsOf(node) {
  let steps = 0;
  for (let item = node.closest("li"); item; item = item.parentElement.closest("li")) steps += 1;
  return steps;
}
