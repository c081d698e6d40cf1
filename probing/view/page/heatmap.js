// The heatmap of one head: a cell for each query and key, with its number if there is room.

import { BAR, colourBar } from "./colourbar.js";
import { built, fullStrength, gridsOf, hiddenMass, KINDS, namesLeftOut, perHead, strengthOf, upTo, within } from "./frame.js";
import { inkOn, mix } from "./palette.js";
import { pairTable } from "./readout.js";
import { fitted, scene, textWidth } from "./scene.js";
import { thumbnail } from "./thumbnail.js";
import { tokensTip } from "./tips.js";

const NUMBERS = 25, // px of a cell with a number
  LARGEST = 48,
  MANY = 4000; // with more cells the map becomes an image

/** The view of one head; of one layer for weights without heads. */
export async function* heatmapView(doc, { state, palette, width, height }) {
  const { header } = doc,
    { layer } = state;
  const head = perHead(state.weights) ? state.head : null;
  const { all, axes, grids, largest } = await gridsOf(doc, state, layer, head === null ? [null] : upTo(header.n_heads));
  const { grid } = grids.find((one) => one.head === head);
  const name = `${KINDS[state.weights]}, ${head === null ? `layer ${layer}` : `head ${layer}.${head}`}`;
  const strength = strengthOf(largest, state, axes.columns.length);
  const room = roomFor(all, axes, { width, height: height - BAR.height });
  const side = state.size === "window" ? room.side : Math.max(room.side, NUMBERS + 5);
  const made = scene(room.left + side * axes.columns.length + 14, room.top + side * axes.rows.length + BAR.height + 24, palette);
  made.width = Math.max(made.width, BAR.width + 20);
  made.marks.push({ text: `${name}: rows are queries, columns keys`, x: 4, y: 9, size: 11, fill: palette.faint });
  colourBar(made, { x: 6, y: room.top + side * axes.rows.length + 14, strength });
  const map = { all, ...axes, grid, left: room.left, top: room.top, side };
  drawMap(made, map, { strength, focus: state.pin });
  const bits = header.arrays[`attention/${layer}`].bits;
  const tip = (key) => tokensTip(header, all, key);
  const table = (key) =>
    /^q\d+,k\d+$/.test(key) ? pairTable({ key, all, axes, grids, bits, layer, note: tip(key) }) : null;
  const full = fullStrength(`a weight of ${largest.toFixed(2)}`, strength);
  yield built(made, `${name}; ${full}${namesLeftOut(made)}${hiddenMass([grid], state)}`, table, {
    speak: (key) => spoken(table(key), head ?? 0),
    hit: (x, y) => cellAt(map, x, y),
    next: (key, down, right) => nextCell(map, key, down, right),
    tip,
  });
}

/** A cell's name, and its weight in the head that is shown. */
const spoken = (table, head) => (table ? `${table.caption}: ${table.rows[head][1]}` : "");

/** The space for labels, and the side of a cell with which the whole map fits into a width and a height. */
export function roomFor(all, { rows, columns }, { width, height }) {
  const labels = (shown) => Math.min(150, 14 + Math.max(20, ...shown.map((unit) => textWidth(all.labels[unit]))));
  const left = labels(rows),
    top = labels(columns) + 16;
  const side = Math.min((width - left - 20) / Math.max(1, columns.length), (height - top - 14) / Math.max(1, rows.length));
  return { left, top, side: Math.max(2, Math.min(LARGEST, Math.floor(side))) };
}

/**
 * Draw a map: labels and cells. `map`: {all, rows, columns, grid, left, top, side}; `colour(share, value)` of a cell,
 * else darker for more weight; `focus`: "q3,k5" of a cell that gets a frame.
 * @param {import("./scene.js").Scene} made
 * @param {any} map
 * @param {{strength: import("./frame.js").Strength, focus?: string, colour?: ((value: number) => string) | null,
 *   rowLabels?: boolean, numbers?: boolean}} how
 */
export function drawMap(made, map, { strength, focus = "", colour = null, rowLabels = true, numbers = true }) {
  const { rows, columns, grid, left, top, side } = map,
    { palette } = made;
  const asImage = rows.length * columns.length > MANY && !colour;
  if (asImage) {
    const image = thumbnail(grid, strength.of, Infinity, palette);
    made.marks.push({ image, x: left, y: top, w: side * columns.length, h: side * rows.length });
  }
  names(made, map, rowLabels);
  const fill = colour ?? ((value) => mix(palette.ground, palette.full, strength.of(value)));
  for (let place = 0; !asImage && place < rows.length * columns.length; place++) {
    const [row, column] = [Math.floor(place / columns.length), place % columns.length];
    drawCell(made, { value: grid.values[place], fill, x: left + side * column, y: top + side * row, side, numbers });
  }
  const [row, column] = placeOf(map, focus);
  if (row < 0 || column < 0) return;
  const rect = [left + side * column - 1, top + side * row - 1, side + 2, side + 2];
  made.marks.push({ rect, stroke: palette.minus });
}

function drawCell(made, { value, fill, x, y, side, numbers }) {
  const colour = fill(value);
  made.marks.push({ rect: [x, y, side, side], fill: colour });
  if (numbers && side >= NUMBERS && Math.abs(value) >= 0.005) {
    const text = value.toFixed(2).replace(/^(-?)0/, "$1");
    made.marks.push({ text, x: x + side / 2, y: y + side / 2, size: side < 30 ? 9 : 10.5, fill: inkOn(colour), anchor: "middle" });
  }
}

function names(made, { all, rows, columns, left, top, side }, rowLabels) {
  const every = Math.ceil(11 / side); // labels that would overlap are left out
  made.every = every;
  const write = (unit, place, mark) => {
    if (place % every) return;
    const fill = all.special[unit] ? made.palette.faint : made.palette.ink;
    made.marks.push({ text: fitted(all.labels[unit], 136, 11.5), size: Math.min(11.5, Math.max(9, side)), fill, ...mark });
  };
  const middle = (place) => side * (place + 0.5);
  if (rowLabels) rows.forEach((unit, row) => write(unit, row, { x: left - 6, y: top + middle(row), anchor: "end" }));
  columns.forEach((unit, column) => write(unit, column, { x: left + middle(column), y: top - 6, turn: -90 }));
}

/** Row and column of a pair of subwords, "q3,k5", or of their words; -1 for one that is not shown. */
function placeOf({ all, rows, columns }, key) {
  const found = /^q(\d+),k(\d+)$/.exec(key ?? "");
  return found ? [rows.indexOf(all.of[Number(found[1])]), columns.indexOf(all.of[Number(found[2])])] : [-1, -1];
}

/** A cell as a region, made when it is needed: there may be too many to list. */
function region({ left, top, side, all, rows, columns }, row, column) {
  const key = `q${all.members[rows[row]][0]},k${all.members[columns[column]][0]}`;
  return { key, row, column, x: left + side * column, y: top + side * row, w: side, h: side };
}

/** The cell of a map at a point, or null. */
export function cellAt(map, x, y) {
  const [row, column] = [Math.floor((y - map.top) / map.side), Math.floor((x - map.left) / map.side)];
  return row in map.rows && column in map.columns ? region(map, row, column) : null;
}

/** The cell that an arrow key leads to. */
export function nextCell(map, key, down, right) {
  const [row, column] = placeOf(map, key);
  if (row < 0 || column < 0) return region(map, 0, 0);
  const { rows, columns } = map;
  return region(map, within(row + down, 0, rows.length - 1), within(column + right, 0, columns.length - 1));
}
