// Two maps side by side, and their difference: two heads, two texts, or one text in two models.

import { BAR, colourBar, differenceBar, signed } from "./colourbar.js";
import { built, fullStrength, gridsOf, KINDS, namesLeftOut, perHead, strengthOf, within } from "./frame.js";
import { exact } from "./numbers.js";
import { cellAt, drawMap, roomFor } from "./heatmap.js";
import { fitted, scene, textWidth } from "./scene.js";
import { unitTip } from "./tips.js";

const GAP = 18,
  TITLES = 34; // px

/** The view. */
export async function* compareView(doc, { state, other, palette, width, height }) {
  const first = await sideOf(doc, state, state.layer, state.head);
  const second = await sideOf(other, state, state.layer_2, state.head_2);
  const sides = [first, second];
  const common = commonTokens(first, second);
  if (common) sides.push(difference(first, second, common));
  const n = Math.max(...sides.map(({ axes }) => axes.columns.length));
  const strength = strengthOf(Math.max(first.largest, second.largest), state, n);
  const made = compareScene(sides, { state, strength, palette, width, height });
  const why = common
    ? `on the right the first minus the second${common.said}: blue where the first gives more weight, orange where the second does`
    : "they have no token in common, so no difference is shown";
  const full = fullStrength(`a weight of ${strength.largest.toFixed(2)}`, strength);
  const description = `${KINDS[state.weights]}: ${first.name} compared with ${second.name}; ${why}; ${full}`;
  const table = (key) => cellTable(sides, key);
  yield built(made, description + namesLeftOut(made), table, {
    speak: (key) => table(key)?.caption ?? "",
    click: undefined,
    hit: (x, y) => cellOf(made.maps, x, y),
    next: (key, down, right) => nextOf(made.maps, key, down, right),
    tip: (key) => tipOf(sides, key),
  });
}

/** One side: {header, name, all, axes, grid, largest}. */
async function sideOf(doc, state, layer, head) {
  const { header } = doc;
  const shown = perHead(state.weights) ? head : null;
  if (!doc.has(state.weights)) throw new Error(header.missing[state.weights] ?? `${KINDS[state.weights]} is not in this page`);
  const { all, axes, grids, largest } = await gridsOf(doc, state, layer, [shown]);
  const place = shown === null ? `layer ${layer}` : `${layer}.${shown}`;
  const name = `${header.model} ${place}${header.part ? ` (${header.part})` : ""}`;
  return { header, name, all, axes, grid: grids[0].grid, largest, signed: false };
}

/**
 * The places of two sides that can be compared: all of them, one by one, if both have equally many; else the tokens
 * that both have, in their order. `said`: which, in words; null if there are none.
 */
function commonTokens(first, second) {
  const labels = ({ all, axes }, axis) => axes[axis].map((unit) => all.labels[unit]);
  const pairs = ["rows", "columns"].map((axis) => pairsOf(labels(first, axis), labels(second, axis)));
  if (pairs.some((of) => of.length === 0)) return null;
  const whole = ["rows", "columns"].every((axis) => first.axes[axis].length === second.axes[axis].length);
  const same = whole && ["rows", "columns"].every((axis) => String(labels(first, axis)) === String(labels(second, axis)));
  const said = same ? "" : whole ? ", place by place" : `, for the ${pairs[1].length} tokens that both have`;
  return { rows: pairs[0], columns: pairs[1], said };
}

/**
 * Places [in the first, in the second] of two lists that go together.
 * @param {string[]} first
 * @param {string[]} second
 */
function pairsOf(first, second) {
  if (first.length === second.length) return first.map((_, at) => [at, at]);
  const long = Array.from({ length: first.length + 1 }, () => new Uint16Array(second.length + 1)); // longest common subsequence
  for (let i = first.length - 1; i >= 0; i--)
    for (let j = second.length - 1; j >= 0; j--)
      long[i][j] = first[i] === second[j] ? long[i + 1][j + 1] + 1 : Math.max(long[i + 1][j], long[i][j + 1]);
  const found = [];
  for (let i = 0, j = 0; i < first.length && j < second.length; )
    if (first[i] === second[j]) found.push([i++, j++]);
    else if (long[i + 1][j] >= long[i][j + 1]) i++;
    else j++;
  return found;
}

/** The first side minus the second, over what they have in common. */
function difference(first, second, { rows, columns }) {
  const values = new Float32Array(rows.length * columns.length);
  rows.forEach(([a, b], row) =>
    columns.forEach(([c, d], column) => {
      values[row * columns.length + column] = first.grid.values[a * first.grid.columns + c] - second.grid.values[b * second.grid.columns + d];
    }),
  );
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const axes = { rows: rows.map(([a]) => first.axes.rows[a]), columns: columns.map(([c]) => first.axes.columns[c]) };
  const places = { rows, columns, of: [first, second] };
  const grid = { values, rows: rows.length, columns: columns.length };
  return { ...first, name: "difference", axes, grid, largest, signed: true, places };
}

/** The scene: maps in a row, a title above and a scale below each. */
function compareScene(sides, { state, strength, palette, width, height }) {
  const rooms = sides.map(({ all, axes }) => roomFor(all, axes, { width: width / sides.length, height: height - BAR.height - TITLES }));
  const fitting = Math.min(...rooms.map(({ side }) => side));
  const side = state.size === "window" ? fitting : Math.max(fitting, 30);
  const top = TITLES + Math.max(...rooms.map((room) => room.top)) - 16;
  const made = scene(0, 0, palette);
  made.maps = [];
  let x = 0;
  sides.forEach((one, number) => {
    const { all, axes, grid } = one;
    const map = { all, ...axes, grid, left: x + rooms[number].left, top, side };
    const long = Math.max(side * axes.columns.length, BAR.width);
    const room = rooms[number].left + long - 8;
    const text = one.header.text_b ? `${one.header.text} — ${one.header.text_b}` : one.header.text;
    made.marks.push({ text: fitted(one.name, room, 12), x: x + 6, y: 10, size: 12, fill: palette.ink, bold: true });
    if (!one.signed) made.marks.push({ text: fitted(text, room, 10.5), x: x + 6, y: 25, size: 10.5, fill: palette.faint });
    const below = { x: map.left, y: top + side * axes.rows.length + 12 };
    if (one.signed) {
      drawMap(made, map, { strength, colour: (value) => signed(palette, value / (one.largest || 1)) });
      differenceBar(made, { ...below, largest: one.largest, title: "" });
    } else {
      drawMap(made, map, { strength });
      colourBar(made, { ...below, strength });
    }
    made.maps.push(map);
    x = map.left + Math.max(long, textWidth(one.name, 12, true) - rooms[number].left) + GAP;
    made.height = Math.max(made.height, below.y + BAR.height);
  });
  made.width = x;
  return made;
}

/** Keys are "map:row:column". */
const placed = (key) => key.split(":").map(Number);

function cellOf(maps, x, y) {
  for (const [number, map] of maps.entries()) {
    const found = cellAt(map, x, y);
    if (found) return { ...found, key: `${number}:${found.row}:${found.column}` };
  }
  return null;
}

/** The cell that an arrow key leads to; from the last column of a map to the first of the next one. */
function nextOf(maps, key, down, right) {
  const [from, row, column] = key ? placed(key) : [0, 0, -right];
  const beyond = column + right < 0 ? -1 : Number(column + right >= maps[from].columns.length);
  const number = within(from + beyond, 0, maps.length - 1);
  const { rows, columns, left, top, side } = maps[number];
  const entered = number === from ? column + right : beyond < 0 ? columns.length - 1 : 0;
  const [y, x] = [within(row + down, 0, rows.length - 1), within(entered, 0, columns.length - 1)];
  return { key: `${number}:${y}:${x}`, x: left + side * x, y: top + side * y, w: side, h: side, row: y, column: x };
}

/** The weight of a cell; of a difference also the two weights that it is made from. */
function cellTable(sides, key) {
  if (!/^\d+:\d+:\d+$/.test(key)) return null;
  const [number, row, column] = placed(key);
  const { places } = sides[number];
  const line = (one, r, c) => [`${one.name}: ${pairName(one, r, c)}`, exact(one.grid.values[r * one.grid.columns + c], 16)];
  const parts = places ? places.of.map((one, at) => line(one, places.rows[row][at], places.columns[column][at])) : [];
  return {
    caption: pairName(sides[number], row, column),
    columns: [{ text: "" }, { text: "weight" }],
    rows: [...parts, line(sides[number], row, column)],
    note: tipOf(sides, key),
  };
}

const pairName = ({ all, axes }, row, column) => `${all.names[axes.rows[row]]} → ${all.names[axes.columns[column]]}`;

function tipOf(sides, key) {
  const [number, row, column] = placed(key);
  const { header, all, axes } = sides[number];
  return `${unitTip(header, all, axes.rows[row])} → ${unitTip(header, all, axes.columns[column])}`;
}
