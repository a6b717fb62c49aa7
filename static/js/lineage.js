// Lays the lineage lists out as a graph from left to right. Without it they stay three columns of the same nodes.
import { Graph, layout } from "../vendor/dagre-3.1.3.esm.js";
import { offerKinds, shown } from "./lineage_kinds.js";
import { saveSvg, svgElement } from "./lineage_svg.js";
import { fillTable } from "./lineage_table.js";

const WIDTH = 740; // of three nodes and two gaps, in pixels

for (const lineage of document.querySelectorAll("[data-lineage]")) prepare(lineage);

function prepare(lineage) {
  const isDrawn = () => lineage.classList.contains("lineage-drawn");
  const { menu, table, save } = parts(lineage);
  const redraw = () => {
    if (isDrawn() || lineage.clientWidth >= WIDTH) draw(lineage);
    save.hidden = !isDrawn();
    fillTable(lineage, table);
  };
  redraw();
  if (isDrawn()) showCentre(lineage);
  offerKinds(lineage, menu, redraw);
  offerTools(lineage, redraw);
  for (const kind of ["mouseover", "focusin"])
    lineage.addEventListener(kind, (event) => highlight(lineage, event.target.closest("[data-node]")));
  lineage.addEventListener("mouseleave", () => highlight(lineage, null));
  lineage.addEventListener("htmx:afterSwap", (event) => {
    const more = event.detail.requestConfig.elt;
    const node = more.closest("[data-node]");
    more.remove();
    showNotes(node);
    find(lineage);
    offerKinds(lineage, menu, redraw);
    redraw();
    const next = node.nextElementSibling.querySelector("a") ?? node;
    if (next === node) node.tabIndex = -1;
    next.focus({ preventScroll: true });
  });
}

function parts(lineage) {
  const card = lineage.closest("section");
  const [menu, table, save] = ["kinds", "lineage-table", "save-svg"].map((name) =>
    card.querySelector(`[data-${name}]`),
  );
  return { menu, table, save };
}

/** A large graph is higher than its window: that begins at what the page is about. */
function showCentre(lineage) {
  const centre = lineage.querySelector("[data-side=centre] [data-node]");
  lineage.scrollTop = centre.offsetTop - (lineage.clientHeight - centre.offsetHeight) / 2;
}

/** What a branch says of itself (nothing known, say) is shown in its node: in the drawing a note has no place. */
function showNotes(node) {
  for (const note of node.nextElementSibling.querySelectorAll(":scope > .node-none")) {
    const words = document.createElement("span");
    words.className = "node-how";
    words.textContent = note.textContent;
    node.append(words);
    note.remove();
  }
}

function find(lineage) {
  const words = lineage.closest("section").querySelector("[data-find]").value.trim().toLowerCase();
  for (const node of lineage.querySelectorAll("[data-node]"))
    node.classList.toggle("node-other", !node.textContent.toLowerCase().includes(words));
}

function offerTools(lineage, redraw) {
  const card = lineage.closest("section");
  const full = card.querySelector("[data-fullscreen]");
  card.querySelector("[data-lineage-tools]").hidden = false;
  full.hidden = !document.fullscreenEnabled;
  full.addEventListener("click", () =>
    document.fullscreenElement ? document.exitFullscreen() : card.requestFullscreen(),
  );
  document.addEventListener("fullscreenchange", redraw);
  card.querySelector("[data-find]").addEventListener("input", () => find(lineage));
  const { table, save } = parts(lineage);
  const asTable = card.querySelector("[data-as-table]");
  save.addEventListener("click", () => saveSvg(lineage, save.dataset.saveSvg));
  asTable.addEventListener("click", () => {
    table.hidden = !table.hidden;
    asTable.setAttribute("aria-pressed", String(!table.hidden));
  });
}

/** The node that is one step nearer to the center; null for the center itself. */
function nearer(lineage, node) {
  const outer = node.parentElement.closest("li")?.parentElement.closest("li");
  if (outer) return outer.querySelector("[data-node]");
  return node.closest("[data-side=centre]") ? null : lineage.querySelector("[data-side=centre] [data-node]");
}

function draw(lineage) {
  lineage.querySelector(".lineage-edges")?.remove();
  lineage.classList.add("lineage-drawn");
  const graph = arranged(lineage);
  for (const id of graph.nodes()) place(graph.node(id));
  const { width, height } = graph.graph();
  lineage.style.height = `${height}px`;
  lineage.prepend(drawing(graph, width, height));
}

function arranged(lineage) {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", ranksep: 40, nodesep: 20, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const all = shown(lineage);
  all.forEach((element, id) => {
    graph.setNode(String(id), { element, width: element.offsetWidth, height: element.offsetHeight });
  });
  all.forEach((element, id) => {
    const inner = String(all.indexOf(nearer(lineage, element)));
    if (inner === "-1") return;
    if (element.closest("[data-side=upstream]")) graph.setEdge(String(id), inner);
    else graph.setEdge(inner, String(id));
  });
  layout(graph);
  return graph;
}

function place({ element, x, y, width, height }) {
  element.style.left = `${x - width / 2}px`;
  element.style.top = `${y - height / 2}px`;
}

function drawing(graph, width, height) {
  const svg = svgElement("svg", { class: "lineage-edges", "aria-hidden": "true", width, height });
  for (const edge of graph.edges()) {
    const from = graph.node(edge.v);
    const to = graph.node(edge.w);
    const [x1, x2] = [from.x + from.width / 2, to.x - to.width / 2];
    const middle = (x1 + x2) / 2;
    const d = `M${x1},${from.y} C${middle},${from.y} ${middle},${to.y} ${x2},${to.y} m-6,-4 l6,4 l-6,4`;
    const path = svgElement("path", { d });
    path.ends = [from.element, to.element];
    svg.append(path);
  }
  return svg;
}

/** Marks the edges between a node and the center; none, where there is no node. */
function highlight(lineage, node) {
  const way = new Set();
  for (let at = node; at; at = nearer(lineage, at)) way.add(at);
  for (const path of lineage.querySelectorAll(".lineage-edges path"))
    path.classList.toggle(
      "edge-marked",
      path.ends.every((end) => way.has(end)),
    );
}
