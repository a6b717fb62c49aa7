// Lays the lineage lists out as a graph from left to right. Without it they stay three columns of the same nodes.
import { Graph, layout } from "../vendor/dagre-3.1.3.esm.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 740; // of three nodes and two gaps, in pixels

for (const lineage of document.querySelectorAll("[data-lineage]")) if (lineage.clientWidth >= WIDTH) draw(lineage);

function draw(lineage) {
  const nodes = (side) => [...lineage.querySelectorAll(`[data-side=${side}] [data-node]`)];
  const [centre] = nodes("centre");
  const edges = [
    ...nodes("upstream").map((node) => [node, centre]),
    ...nodes("downstream").map((node) => [centre, node]),
  ];
  lineage.classList.add("lineage-drawn");
  const graph = arranged(lineage, edges);
  for (const id of graph.nodes()) place(graph.node(id));
  const { width, height } = graph.graph();
  lineage.style.height = `${height}px`;
  lineage.prepend(drawing(graph, width, height));
}

function arranged(lineage, edges) {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", ranksep: 40, nodesep: 20, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const all = [...lineage.querySelectorAll("[data-node]")];
  all.forEach((element, id) => graph.setNode(String(id), { element, width: element.offsetWidth, height: element.offsetHeight }));
  for (const [from, to] of edges) graph.setEdge(String(all.indexOf(from)), String(all.indexOf(to)));
  layout(graph);
  return graph;
}

function place({ element, x, y, width, height }) {
  element.style.left = `${x - width / 2}px`;
  element.style.top = `${y - height / 2}px`;
}

function drawing(graph, width, height) {
  const svg = document.createElementNS(SVG, "svg");
  svg.classList.add("lineage-edges");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  for (const edge of graph.edges()) {
    const from = graph.node(edge.v);
    const to = graph.node(edge.w);
    const [x1, x2] = [from.x + from.width / 2, to.x - to.width / 2];
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", `M${x1},${from.y} C${(x1 + x2) / 2},${from.y} ${(x1 + x2) / 2},${to.y} ${x2},${to.y} m-6,-4 l6,4 l-6,4`);
    svg.append(path);
  }
  return svg;
}
