// A lineage graph as a file of its own: an SVG that needs no style sheet, in the colors of the page.
import { shown } from "./lineage_kinds.js";

const SVG = "http://www.w3.org/2000/svg";

/** Offers the drawing as a download. */
export function saveSvg(lineage, name) {
  const text = new XMLSerializer().serializeToString(pictureOf(lineage));
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

function pictureOf(lineage) {
  const edges = lineage.querySelector(".lineage-edges");
  const [width, height] = [edges.getAttribute("width"), edges.getAttribute("height")];
  const surface = getComputedStyle(lineage.closest("section")).backgroundColor;
  const picture = svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  picture.append(svgElement("rect", { width, height, fill: surface }), ...[...edges.children].map(edgeOf));
  const origin = edges.getBoundingClientRect();
  for (const node of shown(lineage)) picture.append(nodeOf(node, origin));
  return picture;
}

function edgeOf(path) {
  return svgElement("path", { d: path.getAttribute("d"), fill: "none", stroke: getComputedStyle(path).stroke });
}

function nodeOf(node, origin) {
  const { left, top, width, height } = node.getBoundingClientRect();
  const style = getComputedStyle(node);
  const place = { x: left - origin.left, y: top - origin.top, width, height, rx: 6 };
  const dashes = style.borderTopStyle === "dashed" ? { "stroke-dasharray": "4 3" } : {};
  const group = svgElement("g", {});
  group.append(svgElement("rect", { ...place, ...dashes, fill: style.backgroundColor, stroke: style.borderTopColor }));
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const start = left + Number.parseFloat(style.paddingLeft); // of every line: icons are left out
  while (walker.nextNode())
    for (const line of linesOf(walker.currentNode))
      group.append(textOf(walker.currentNode.parentElement, { ...line, left: start }, origin));
  return group;
}

/** The lines into which the browser has broken a text, each with its place. */
function linesOf(text) {
  const lines = [];
  const range = document.createRange();
  for (let at = 0; at < text.length; at += 1) {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const { bottom, width } = range.getBoundingClientRect();
    if (width === 0) continue;
    if (lines.at(-1)?.bottom !== bottom) lines.push({ bottom, words: "" });
    lines.at(-1).words += text.data[at];
  }
  return lines;
}

function textOf(parent, { left, bottom, words }, origin) {
  const { color, fontSize, fontFamily } = getComputedStyle(parent);
  const place = { x: left - origin.left, y: bottom - origin.top - 0.25 * Number.parseFloat(fontSize) };
  const text = svgElement("text", { ...place, fill: color, "font-size": fontSize, "font-family": fontFamily });
  text.textContent = words;
  return text;
}

/** An element of an SVG, with its attributes. */
export function svgElement(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
