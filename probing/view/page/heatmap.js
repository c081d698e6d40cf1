// The heatmap of one head: a cell for each query and key, with its number where there is room.

import { inkOn, mix } from "./palette.js";
import { fitted, scene, textWidth } from "./scene.js";
import { thumbnail } from "./model.js";

const NUMBERS = 30, MANY = 4000; // px of a cell that holds a number; cells beyond which the map becomes an image

/** The scene. `grid`, `largest`: as shown; `focus`: "q3,k5" of a cell. */
export function heatmapScene({ all, axes: { rows, columns }, grid, largest, focus, width, palette, said }) {
  const labels = (shown) => Math.min(150, 14 + Math.max(20, ...shown.map((unit) => textWidth(all.labels[unit]))));
  const left = labels(rows), top = labels(columns) + 16;
  const cell = Math.max(3, Math.min(36, Math.floor((width - left - 20) / Math.max(1, columns.length))));
  const side = cell < NUMBERS && columns.length <= 40 ? NUMBERS : cell;
  const made = scene(left + side * columns.length + 14, top + side * rows.length + 14, palette);
  made.marks.push({ text: said, x: 4, y: 9, size: 11, fill: palette.faint });
  const place = { left, top, side };
  if (rows.length * columns.length > MANY) {
    made.marks.push({ image: thumbnail(grid, largest, 4096, palette), x: left, y: top, w: side * columns.length, h: side * rows.length });
  }
  names(made, all, rows, columns, place);
  rows.forEach((query, row) => columns.forEach((key, column) => {
    const value = grid.values[row * grid.columns + column];
    const [x, y] = [left + side * column, top + side * row];
    if (rows.length * columns.length <= MANY) drawCell(made, { value, share: value / largest, x, y, side });
    const name = `q${all.members[query][0]},k${all.members[key][0]}`;
    if (name === focus) made.marks.push({ rect: [x - 1, y - 1, side + 2, side + 2], stroke: palette.minus });
  }));
  made.cells = { left, top, side, rows: rows.map((u) => all.members[u][0]), columns: columns.map((u) => all.members[u][0]) };
  return made;
}

function drawCell(made, { value, share, x, y, side }) {
  const fill = mix(made.palette.ground, made.palette.full, share);
  made.marks.push({ rect: [x, y, side, side], fill });
  if (side >= NUMBERS && value >= 0.005) {
    made.marks.push({ text: value.toFixed(2).replace(/^0/, ""), x: x + side / 2, y: y + side / 2, size: 10.5, fill: inkOn(fill), anchor: "middle" });
  }
}

function names(made, all, rows, columns, { left, top, side }) {
  const every = Math.ceil(11 / side); // labels that would overlap are left out
  const label = (unit) => fitted(all.labels[unit], 136, 11.5);
  const fill = (unit) => (all.special[unit] ? made.palette.faint : made.palette.ink);
  rows.forEach((unit, row) => row % every || made.marks.push({ text: label(unit), x: left - 6, y: top + side * (row + 0.5), size: 11.5, fill: fill(unit), anchor: "end" }));
  columns.forEach((unit, column) => column % every || made.marks.push({ text: label(unit), x: left + side * (column + 0.5), y: top - 6, size: 11.5, fill: fill(unit), turn: -90 }));
}

/** The cell at a point as a region, or null: there may be too many to list. */
export function cellAt({ cells }, x, y) {
  const [row, column] = [Math.floor((y - cells.top) / cells.side), Math.floor((x - cells.left) / cells.side)];
  if (!(row in cells.rows) || !(column in cells.columns)) return null;
  return { key: `q${cells.rows[row]},k${cells.columns[column]}`, row, column };
}

/** The cell that an arrow key leads to. */
export function nextCell({ cells }, key, down, right) {
  const found = /^q(\d+),k(\d+)$/.exec(key ?? "");
  const row = found ? cells.rows.indexOf(Number(found[1])) + down : 0;
  const column = found ? cells.columns.indexOf(Number(found[2])) + right : 0;
  const within = (place, list) => Math.min(list.length - 1, Math.max(0, place));
  return { key: `q${cells.rows[within(row, cells.rows)]},k${cells.columns[within(column, cells.columns)]}` };
}
