// The heatmap of one head: a cell for each query and key, with its number if there is room.

import { built, fullStrength, gridsOf, hiddenMass, KINDS, nearest, perHead, strengthOf, upTo, within } from "./frame.js";
import { inkOn, mix } from "./palette.js";
import { pairTable } from "./readout.js";
import { fitted, scene, textWidth } from "./scene.js";
import { thumbnail } from "./thumbnail.js";

const NUMBERS = 30,
  MANY = 4000; // px of a cell with a number; with more cells the map becomes an image

/** The view of one head; of one layer for weights without heads. */
export async function* heatmapView(doc, { state, palette, width }) {
  const { header } = doc,
    layer = nearest(state.layer, header.layers);
  const head = perHead(state.weights) ? within(state.head, 0, header.n_heads - 1) : null;
  const { all, axes, grids, largest } = await gridsOf(doc, state, layer, head === null ? [null] : upTo(header.n_heads));
  const { grid } = grids.find((one) => one.head === head);
  const name = `${KINDS[state.weights]}, ${head === null ? `layer ${layer}` : `head ${layer}.${head}`}`;
  const made = heatmapScene({
    all,
    axes,
    grid,
    strength: strengthOf(largest, state),
    focus: state.pin,
    width,
    palette,
    name,
  });
  const bits = header.arrays[`attention/${layer}`].bits;
  const table = (key) => (/^q\d+,k\d+$/.test(key) ? pairTable({ key, all, axes, grids, bits, layer }) : null);
  yield built(made, `${name}; ${fullStrength(largest.toFixed(2), state)}${hiddenMass([grid], state)}`, table, {
    speak: (key) => (table(key) ? `${table(key).caption}: ${table(key).rows[head ?? 0][1]}` : ""),
    hit: (x, y) => cellAt(made, x, y),
    next: (key, down, right) => nextCell(made, key, down, right),
  });
}

/** The scene. `grid`, `strength`: as shown; `focus`: "q3,k5" of a cell. */
function heatmapScene({ all, axes: { rows, columns }, grid, strength, focus, width, palette, name }) {
  const labels = (shown) => Math.min(150, 14 + Math.max(20, ...shown.map((unit) => textWidth(all.labels[unit]))));
  const left = labels(rows),
    top = labels(columns) + 16;
  const cell = Math.max(3, Math.min(36, Math.floor((width - left - 20) / Math.max(1, columns.length))));
  const side = cell < NUMBERS && columns.length <= 40 ? NUMBERS : cell;
  const made = scene(left + side * columns.length + 14, top + side * rows.length + 14, palette);
  made.marks.push({ text: `${name}: rows are queries, columns keys`, x: 4, y: 9, size: 11, fill: palette.faint });
  const place = { left, top, side };
  if (rows.length * columns.length > MANY) {
    const image = thumbnail(grid, strength, Infinity, palette);
    made.marks.push({ image, x: left, y: top, w: side * columns.length, h: side * rows.length });
  }
  names(made, all, rows, columns, place);
  rows.forEach((query, row) =>
    columns.forEach((key, column) => {
      const value = grid.values[row * grid.columns + column];
      const [x, y] = [left + side * column, top + side * row];
      if (rows.length * columns.length <= MANY) drawCell(made, { value, share: strength(value), x, y, side });
    }),
  );
  made.cells = { left, top, side, all, rows, columns };
  const [row, column] = placeOf(made.cells, focus);
  if (row >= 0 && column >= 0) {
    const rect = [left + side * column - 1, top + side * row - 1, side + 2, side + 2];
    made.marks.push({ rect, stroke: palette.minus });
  }
  return made;
}

function drawCell(made, { value, share, x, y, side }) {
  const fill = mix(made.palette.ground, made.palette.full, share);
  made.marks.push({ rect: [x, y, side, side], fill });
  if (side >= NUMBERS && value >= 0.005) {
    const text = value.toFixed(2).replace(/^0/, "");
    made.marks.push({ text, x: x + side / 2, y: y + side / 2, size: 10.5, fill: inkOn(fill), anchor: "middle" });
  }
}

function names(made, all, rows, columns, { left, top, side }) {
  const every = Math.ceil(11 / side); // labels that would overlap are left out
  const write = (unit, place, mark) => {
    if (place % every) return;
    const fill = all.special[unit] ? made.palette.faint : made.palette.ink;
    made.marks.push({ text: fitted(all.labels[unit], 136, 11.5), size: 11.5, fill, ...mark });
  };
  rows.forEach((unit, row) => write(unit, row, { x: left - 6, y: top + side * (row + 0.5), anchor: "end" }));
  columns.forEach((unit, column) => write(unit, column, { x: left + side * (column + 0.5), y: top - 6, turn: -90 }));
}

/** Row and column of a pair of subwords, "q3,k5", or of their words; -1 for one that is not shown. */
function placeOf({ all, rows, columns }, key) {
  const found = /^q(\d+),k(\d+)$/.exec(key ?? "");
  return found ? [rows.indexOf(all.of[found[1]]), columns.indexOf(all.of[found[2]])] : [-1, -1];
}

/** A cell as a region, made when it is needed: there may be too many to list. */
function region({ left, top, side, all, rows, columns }, row, column) {
  const key = `q${all.members[rows[row]][0]},k${all.members[columns[column]][0]}`;
  return { key, row, column, x: left + side * column, y: top + side * row, w: side, h: side };
}

/** The cell at a point, or null. */
function cellAt({ cells }, x, y) {
  const [row, column] = [Math.floor((y - cells.top) / cells.side), Math.floor((x - cells.left) / cells.side)];
  return row in cells.rows && column in cells.columns ? region(cells, row, column) : null;
}

/** The cell that an arrow key leads to. */
function nextCell({ cells }, key, down, right) {
  const [row, column] = placeOf(cells, key);
  if (row < 0 || column < 0) return region(cells, 0, 0);
  const { rows, columns } = cells;
  return region(cells, within(row + down, 0, rows.length - 1), within(column + right, 0, columns.length - 1));
}
