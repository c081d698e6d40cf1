// The head view: queries on the left, keys on the right, a line for every weight, in the colour of its head.

import { BAR, colourBar } from "./colourbar.js";
import { built, fullStrength, gridsOf, hiddenMass, KINDS, namesLeftOut, perHead, strengthOf } from "./frame.js";
import { exact, kept, strongestFrom } from "./numbers.js";
import { headColour, mix } from "./palette.js";
import { sentence, tokenTable } from "./readout.js";
import { fitted, scene, textWidth } from "./scene.js";
import { activeHeads } from "./state.js";
import { tokensTip } from "./tips.js";

const ROW = { most: 30, full: 20, least: 4 }, // px
  LETTERS = { most: 14, full: 12, least: 7 }, // px
  TOP = 24,
  SHADES = 24,
  STRIP = 7,
  CALM = { least: 60, each: 3 }, // so many lines, or so many for each query, can be told apart: the strongest are drawn
  FEW = 20_000; // so many can be drawn fast, if a reader asks for more

/** The view of one layer. */
export async function* headView(doc, { state, hover, palette, width, height }) {
  const { header } = doc,
    { layer } = state;
  const heads = perHead(state.weights) ? activeHeads(state, header.n_heads) : [null];
  const { all, axes, grids, largest } = await gridsOf(doc, state, layer, heads);
  const n = Math.max(axes.rows.length, axes.columns.length);
  const strength = strengthOf(largest, state, axes.columns.length);
  const at = focusOf(hover ?? state.pin, all, axes);
  const floor = state.least ? strength.weightAt(state.least) : 0;
  const lowest = lowestDrawn(grids, floor, state.top, at);
  const top = state.top || (at && n * grids.length > FEW ? 1 : 0);
  const row = rowHeight(state, n, height);
  const made = headScene({ all, axes, grids, floor: lowest, strength, top, at, row, width, palette });
  const kind = `${KINDS[state.weights]}, layer ${layer}`;
  const colourOf = (head) => headColour(palette, head).colour;
  const bits = header.arrays[`attention/${layer}`].bits;
  const tip = (key) => tokensTip(header, all, key);
  const table = (key) =>
    /^[qk]\d+$/.test(key) && Number(key.slice(1)) < all.of.length
      ? tokenTable({ key, all, axes, grids, bits, kind, colourOf, note: tip(key) })
      : null;
  const description = [
    `layer ${layer}, ${headsIn(heads, header.n_heads, layer)}${KINDS[state.weights]}: ${made.drawn.toLocaleString("en")} lines` +
      (top ? ` (at most ${top} keys per query and head)` : "") +
      (lowest > floor ? " (the strongest ones; click a token to see all of its own)" : ""),
    ...(lowest > 0 ? [`weights below ${exact(lowest, 8)} are not drawn`] : []),
    fullStrength(`a weight of ${largest.toFixed(2)}`, strength),
  ].join("; ");
  const lost = hiddenMass(
    grids.map((one) => one.grid),
    state,
  );
  yield built(made, description + namesLeftOut(made) + lost, table, { speak: (key) => sentence(table(key)), redraws: true, tip });
}

/** "head 2.8, ", "3 of 12 heads, " or nothing. */
function headsIn(heads, n, layer) {
  if (heads[0] === null || heads.length === n) return "";
  return heads.length === 1 ? `head ${layer}.${heads[0]}, ` : `${heads.length} of ${n} heads, `;
}

/** The smallest weight that is drawn: all from `floor` for a token alone; of a whole text only the strongest. */
function lowestDrawn(grids, floor, top, at) {
  if (at || !grids.length) return floor;
  return strongestFrom(
    grids.map(({ grid }) => grid.values),
    floor,
    top ? FEW : Math.max(CALM.least, CALM.each * grids[0].grid.rows),
  );
}

/** The height of a row: the whole text in the window if it can be read then. */
function rowHeight({ size }, n, height) {
  const fitting = Math.floor((10 * (height - TOP - BAR.height - 14)) / Math.max(1, n)) / 10;
  return size === "window" ? Math.min(ROW.most, Math.max(ROW.least, fitting)) : ROW.full;
}

/** The side (q or k) and the place on the axis of the token that is pointed at or pinned; null if there is none. */
function focusOf(key, all, { rows, columns }) {
  if (!/^[qk]\d+$/.test(key ?? "")) return null;
  const unit = all.of[Number(key.slice(1))];
  const place = (key[0] === "q" ? rows : columns).indexOf(unit);
  return place < 0 ? null : { side: key[0], place };
}

/** The scene. `grids`: [{head, grid}] of the active heads; of a query the `top` keys of at least `floor` are drawn. */
function headScene({ all, axes, grids, floor, strength, top, at, row, width, palette }) {
  const { rows, columns } = axes;
  const size = row > ROW.full ? Math.min(LETTERS.most, row * 0.6) : Math.min(LETTERS.full, Math.max(LETTERS.least, row * 0.8));
  const labelWidth = Math.min(170, 16 + Math.max(76, ...all.labels.map((label) => textWidth(label, size))));
  const strips = grids.length * STRIP;
  const gap = Math.max(140, Math.min(520, width - 2 * labelWidth - 2 * strips - 30));
  const left = 10 + strips + labelWidth,
    right = left + gap;
  const end = TOP + row * Math.max(rows.length, columns.length);
  const made = scene(right + labelWidth + strips + 10, end + BAR.height + 12, palette);
  made.row = row;
  made.letters = size;
  made.marks.push({ text: "query (attends)", x: left - 8, y: 12, size: 11, fill: palette.faint, anchor: "end" });
  made.marks.push({ text: "key (is attended to)", x: right + 8, y: 12, size: 11, fill: palette.faint });
  drawLines(made, { grids, floor, strength, top, at, left, right });
  drawTokens(made, all, rows, "q", at, { x: left - 8, anchor: "end", width: labelWidth, edge: left - labelWidth });
  drawTokens(made, all, columns, "k", at, { x: right + 8, anchor: "start", width: labelWidth, edge: right });
  if (at) drawStrips(made, { grids, strength, at, left: left - labelWidth - strips, right: right + labelWidth });
  const ink = grids.length === 1 ? headColour(palette, grids[0].head).colour : palette.full;
  colourBar(made, { x: left, y: end + 10, strength, colour: (share) => mix(palette.ground, ink, share) });
  return made;
}

const middle = ({ row }, place) => TOP + row * (place + 0.5);

function drawLines(made, { grids, floor, strength, top, at, left, right }) {
  made.drawn = 0;
  for (const { head, grid } of grids) {
    const { colour, dash } = headColour(made.palette, head);
    /** @type {number[][]} */
    const shades = Array.from({ length: SHADES + 1 }, () => []);
    for (let row = 0; row < grid.rows; row++) {
      if (at?.side === "q" && at.place !== row) continue;
      for (const column of kept(grid, row, floor, top)) {
        if (at?.side === "k" && at.place !== column) continue;
        const share = strength.of(grid.values[row * grid.columns + column]);
        const shade = Math.max(1, Math.round(share * SHADES)); // a weight above the threshold is always visible
        shades[shade].push(left, middle(made, row), right, middle(made, column));
      }
    }
    shades.forEach((lines, shade) => {
      made.drawn += lines.length / 4;
      if (lines.length) made.marks.push({ lines, colour, alpha: shade / SHADES, width: 1.6, dash });
    });
  }
}

function drawTokens(made, all, shown, side, at, { x, anchor, width, edge }) {
  const { palette, row, letters } = made;
  const every = (made.every = Math.ceil((letters - 1) / row)); // names that would overlap are left out
  shown.forEach((unit, place) => {
    const here = at?.side === side && at.place === place;
    const [y, fill] = [middle(made, place), all.special[unit] ? palette.faint : palette.ink];
    if (here) made.marks.push({ rect: [edge, y - row / 2, width, row], fill: palette.mark });
    if (here || place % every === 0)
      made.marks.push({ text: fitted(all.labels[unit], width - 10, letters), x, y, anchor, bold: here, fill, size: letters });
    const [key, column, kind] = [side + all.members[unit][0], side === "q" ? 0 : 1, side === "q" ? "query" : "key"];
    const label = `${all.labels[unit]}, ${kind} ${place + 1} of ${shown.length}`;
    made.regions.push({ key, row: place, column, x: edge, y: y - row / 2, w: width, h: row, label });
  });
}

/** Beside every token on the other side: one cell per head, as strong as the weight. */
function drawStrips(made, { grids, strength, at, left, right }) {
  const inset = made.row > 9 ? 1 : 0;
  grids.forEach(({ head, grid }, number) => {
    const { colour } = headColour(made.palette, head);
    const count = at.side === "q" ? grid.columns : grid.rows;
    for (let other = 0; other < count; other++) {
      const [row, column] = at.side === "q" ? [at.place, other] : [other, at.place];
      const share = strength.of(grid.values[row * grid.columns + column]);
      const x = (at.side === "q" ? right : left) + number * STRIP;
      const rect = [x, middle(made, other) - made.row / 2 + inset, STRIP - 1, made.row - 2 * inset];
      if (share > 0.01) made.marks.push({ rect, fill: colour, alpha: share });
    }
  });
}
