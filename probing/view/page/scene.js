// A view turns the state into a scene: a flat list of marks in pixels, and the regions that can be pointed at. The same
// scene is painted on the canvas and written as SVG, so that an export equals the picture on the page.
//
// Marks: {text, x, y, size, fill, anchor, bold, turn, alpha} · {rect: [x, y, w, h], fill, alpha, stroke} ·
// {lines: [x1, y1, x2, y2, …], colour, alpha, width, dash} · {image: canvas, x, y, w, h} ·
// {arc: [x1, y1, x2, y2, height], colour, width, alpha}. Regions: {key, row, column, x, y, w, h, label}.

import { contextOf } from "./dom.js";

export const FONT = 'ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

/**
 * @typedef {{key: string, row: number, column: number, x: number, y: number, w: number, h: number, label?: string}} Region
 * @typedef {{width: number, height: number, palette: any, marks: any[], regions: Region[], [more: string]: any}} Scene
 */

/**
 * An empty scene.
 * @param {number} width
 * @param {number} height
 * @returns {Scene}
 */
export function scene(width, height, palette) {
  return { width, height, palette, marks: [], regions: [] };
}

/** The region at a point, or null. */
export function regionAt(of, x, y) {
  return of.regions.find((r) => x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h) ?? null;
}

/** The next region in the direction of an arrow key. */
export function neighbour(of, key, down, right) {
  const from = of.regions.find((r) => r.key === key);
  if (!from) return of.regions[0] ?? null;
  const ahead = of.regions.filter((r) =>
    down
      ? r.column === from.column && (r.row - from.row) * down > 0
      : (r.column - from.column) * right > 0 && r.row === from.row,
  );
  const distance = (r) => Math.abs(r.row - from.row) + Math.abs(r.column - from.column);
  return ahead.sort((a, b) => distance(a) - distance(b))[0] ?? from;
}

/** Paint the part of a scene inside a window [x, y, width, height]. */
export function paint(context, of, [left, top, width, height]) {
  context.fillStyle = of.palette.ground;
  context.fillRect(0, 0, width, height);
  context.save();
  context.translate(-left, -top);
  const box = [left, top, left + width, top + height];
  for (const mark of of.marks) {
    context.globalAlpha = mark.alpha ?? 1;
    if (mark.text !== undefined) paintText(context, mark, box);
    else if (mark.rect) paintRect(context, mark, box);
    else if (mark.lines) paintLines(context, mark, box);
    else if (mark.arc) paintArc(context, mark);
    else paintImage(context, mark, box);
  }
  context.restore();
}

function outside(x, y, w, h, box) {
  return x > box[2] || y > box[3] || x + w < box[0] || y + h < box[1];
}

function paintText(context, { text, x, y, size = 12, fill, anchor = "start", bold, turn }, box) {
  if (outside(x - 400, y - 400, 800, 800, box)) return;
  context.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
  context.fillStyle = fill;
  context.textAlign = anchor === "middle" ? "center" : anchor;
  context.textBaseline = "middle";
  if (!turn) return void context.fillText(text, x, y);
  context.save();
  context.translate(x, y);
  context.rotate((turn * Math.PI) / 180);
  context.fillText(text, 0, 0);
  context.restore();
}

function paintRect(context, { rect: [x, y, w, h], fill, stroke }, box) {
  if (outside(x, y, w, h, box)) return;
  if (fill) {
    context.fillStyle = fill;
    context.fillRect(x, y, w, h);
  }
  if (stroke) {
    context.strokeStyle = stroke;
    context.lineWidth = 1;
    context.setLineDash([]);
    context.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
  }
}

function paintLines(context, { lines, colour, width = 1, dash = [] }, box) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  for (let i = 0; i < lines.length; i += 4) {
    const [y1, y2] = [lines[i + 1], lines[i + 3]];
    if ((y1 < box[1] && y2 < box[1]) || (y1 > box[3] && y2 > box[3])) continue;
    context.moveTo(lines[i], y1);
    context.lineTo(lines[i + 2], y2);
  }
  context.stroke();
}

function paintArc(context, { arc: [x1, y1, x2, y2, height], colour, width = 1 }) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x1, y1);
  context.bezierCurveTo(x1, y1 - height, x2, y2 - height, x2, y2);
  context.stroke();
}

function paintImage(context, { image, x, y, w, h }, box) {
  if (outside(x, y, w, h, box)) return;
  context.imageSmoothingEnabled = image.width > w;
  context.drawImage(image, x, y, w, h);
}

let ruler = null;

/** Width of a text in pixels. */
export function textWidth(text, size = 12, bold = false) {
  ruler ??= contextOf(document.createElement("canvas"));
  ruler.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
  return ruler.measureText(text).width;
}

/** A text as lines that fit into a width, broken between words. */
export function wrapped(text, width, size = 12, bold = false) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && textWidth(longer, size, bold) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** A text cut to a width, with an ellipsis. */
export function fitted(text, width, size = 12) {
  if (textWidth(text, size) <= width) return text;
  let end = text.length;
  while (end > 1 && textWidth(text.slice(0, end) + "…", size) > width) end--;
  return text.slice(0, end) + "…";
}
