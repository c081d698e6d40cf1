// The model view: every head of every layer as a small map, in the order of layers or of a statistic.

import { mix } from "./palette.js";
import { scene } from "./scene.js";

const LABEL = 46, TITLE = 26, CAPTION = 15, GAP = 6;

/** A map as pixels, at most `side` of them per side: the largest weight of the pairs that share a pixel. */
export function thumbnail(grid, largest, side, palette) {
  const width = Math.min(side, grid.columns), height = Math.min(side, grid.rows);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, width), Math.max(1, height)];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  const ramp = Array.from({ length: 256 }, (_, i) => mix(palette.ground, palette.full, i / 255))
    .map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const most = new Float32Array(width * height);
  for (let row = 0; row < grid.rows; row++) {
    const line = Math.floor((row * height) / grid.rows) * width;
    for (let column = 0; column < grid.columns; column++) {
      const place = line + Math.floor((column * width) / grid.columns);
      most[place] = Math.max(most[place], grid.values[row * grid.columns + column]);
    }
  }
  most.forEach((value, place) => {
    const [r, g, b] = ramp[Math.round(Math.min(1, value / largest) * 255)];
    pixels.data.set([r, g, b, 255], place * 4);
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** The scene. `cells`: [{layer, head, image, value}] in their order; `perRow`: heads, where rows are layers, else 0. */
export function modelScene({ cells, perRow, nLayers, statistic, focus, width, palette }) {
  const across = perRow || Math.max(1, Math.floor((width - LABEL) / 84));
  const side = Math.max(40, Math.min(perRow === 1 ? 150 : 110, Math.floor((width - LABEL - 16) / across) - GAP));
  const pitch = side + GAP + (statistic || perRow <= 1 ? CAPTION : 0);
  const lines = perRow === 1 ? Math.ceil(nLayers / perLine(width, side)) : Math.ceil(cells.length / across);
  const made = scene(LABEL + across * (side + GAP) + 10, TITLE + lines * pitch + 12, palette);
  if (perRow === 1) made.width = Math.max(made.width, LABEL + Math.min(nLayers, perLine(width, side)) * (side + GAP) + 10);
  if (perRow > 1) for (let head = 0; head < perRow; head++) {
    made.marks.push({ text: `head ${head}`.slice(side < 50 ? 5 : 0), x: LABEL + head * (side + GAP) + side / 2, y: 14, size: 11, fill: palette.faint, anchor: "middle" });
  }
  cells.forEach((cell, place) => drawCell(made, cell, spot(cell, place, { perRow, across, width, side }), { side, pitch, perRow, statistic, focus }));
  return made;
}

const perLine = (width, side) => Math.max(1, Math.floor((width - LABEL - 16) / (side + GAP)));

function spot(cell, place, { perRow, across, width, side }) {
  const wide = perRow === 1 ? perLine(width, side) : across;
  return perRow > 1 ? [cell.layer - 1, cell.head] : [Math.floor(place / wide), place % wide];
}

function drawCell(made, cell, [row, column], { side, pitch, perRow, statistic, focus }) {
  const { palette } = made;
  const x = LABEL + column * (side + GAP), y = TITLE + row * pitch;
  const key = cell.head === null ? String(cell.layer) : `${cell.layer}.${cell.head}`;
  if (perRow > 1 && column === 0) made.marks.push({ text: `layer ${cell.layer}`, x: LABEL - 6, y: y + side / 2, size: 11, fill: palette.faint, anchor: "end" });
  if (cell.image) made.marks.push({ image: cell.image, x, y, w: side, h: side });
  made.marks.push({ rect: [x - 1, y - 1, side + 2, side + 2], stroke: focus === key ? palette.accent : palette.rule });
  const name = cell.head === null ? `layer ${cell.layer}` : key;
  const value = cell.value === undefined ? "" : cell.value.toFixed(2);
  const caption = perRow > 1 ? value : `${name}  ${value}`.trim();
  if (caption && (statistic || perRow <= 1)) {
    made.marks.push({ text: caption, x: x + side / 2, y: y + side + 9, size: 10.5, fill: palette.ink, anchor: "middle" });
  }
  made.regions.push({ key, row, column, x, y, w: side, h: side, label: `${cell.head === null ? "" : "head "}${name}${value ? `, ${statistic} ${value}` : ""}` });
}
