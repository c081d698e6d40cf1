// The head view: queries on the left, keys on the right, a line for every weight, in the colour of its head.

import { built, fullStrength, gridsOf, hiddenMass, KINDS, nearest, perHead, strengthOf } from "./frame.js";
import { exact, kept, readableTop } from "./numbers.js";
import { headColour } from "./palette.js";
import { sentence, tokenTable } from "./readout.js";
import { fitted, scene, textWidth } from "./scene.js";
import { activeHeads } from "./state.js";

const ROW = 20,
  TOP = 30,
  SHADES = 24,
  STRIP = 7;

/** The view of one layer. */
export async function* headView(doc, { state, hover, palette, width }) {
  const { header } = doc,
    layer = nearest(state.layer, header.layers);
  const heads = perHead(state.weights) ? activeHeads(state, header.n_heads) : [null];
  const { all, axes, grids, largest } = await gridsOf(doc, state, layer, heads);
  const top = readableTop(state, Math.max(axes.rows.length, axes.columns.length), Math.max(1, heads.length));
  const made = headScene({
    all,
    axes,
    grids,
    floor: state.least * largest,
    strength: strengthOf(largest, state),
    top,
    focus: hover ?? state.pin,
    width,
    palette,
  });
  const kind = `${KINDS[state.weights]}, layer ${layer}`;
  const colourOf = (head) => headColour(palette, head).colour;
  const bits = header.arrays[`attention/${layer}`].bits;
  const table = (key) =>
    /^[qk]\d+$/.test(key) && Number(key.slice(1)) < all.of.length
      ? tokenTable({ key, all, axes, grids, bits, kind, colourOf })
      : null;
  const description = [
    `layer ${layer}, ${KINDS[state.weights]}: ${made.drawn.toLocaleString("en")} lines` +
      (top ? ` (at most ${top} keys per query and head)` : ""),
    ...(state.least ? [`weights below ${exact(state.least * largest, 8)} are not drawn`] : []),
    fullStrength(largest.toFixed(2), state),
  ].join("; ");
  const speak = (key) => sentence(table(key));
  yield built(
    made,
    description +
      hiddenMass(
        grids.map((one) => one.grid),
        state,
      ),
    table,
    { speak, redraws: true },
  );
}

/** The side (q or k) and the place on the axis of the token that is pointed at or pinned; null if there is none. */
function focusOf(key, all, { rows, columns }) {
  if (!/^[qk]\d+$/.test(key ?? "")) return null;
  const unit = all.of[Number(key.slice(1))];
  const place = (key[0] === "q" ? rows : columns).indexOf(unit);
  return place < 0 ? null : { side: key[0], place };
}

/** The scene. `grids`: [{head, grid}] of the active heads; of a query the `top` keys of at least `floor` are drawn. */
function headScene({ all, axes, grids, floor, strength, top, focus, width, palette }) {
  const { rows, columns } = axes;
  const labelWidth = Math.min(170, 16 + Math.max(30, ...all.labels.map((label) => textWidth(label))));
  const strips = grids.length * STRIP;
  const gap = Math.max(140, Math.min(520, width - 2 * labelWidth - 2 * strips - 30));
  const left = 10 + strips + labelWidth,
    right = left + gap;
  const made = scene(right + labelWidth + strips + 10, TOP + ROW * Math.max(rows.length, columns.length) + 12, palette);
  const at = focusOf(focus, all, axes);
  made.marks.push({ text: "query: attends", x: left - 8, y: 14, size: 11, fill: palette.faint, anchor: "end" });
  made.marks.push({ text: "key: is attended to", x: right + 8, y: 14, size: 11, fill: palette.faint });
  drawLines(made, { grids, floor, strength, top, at, left, right });
  drawTokens(made, all, rows, "q", at, { x: left - 8, anchor: "end", width: labelWidth, edge: left - labelWidth });
  drawTokens(made, all, columns, "k", at, { x: right + 8, anchor: "start", width: labelWidth, edge: right });
  if (at) drawStrips(made, { grids, strength, at, left: left - labelWidth - strips, right: right + labelWidth });
  return made;
}

const middle = (place) => TOP + ROW * place + ROW / 2;

function drawLines(made, { grids, floor, strength, top, at, left, right }) {
  made.drawn = 0;
  for (const { head, grid } of grids) {
    const { colour, dash } = headColour(made.palette, head);
    const shades = Array.from({ length: SHADES + 1 }, () => []);
    for (let row = 0; row < grid.rows; row++) {
      if (at?.side === "q" && at.place !== row) continue;
      for (const column of kept(grid, row, floor, top)) {
        if (at?.side === "k" && at.place !== column) continue;
        const share = strength(grid.values[row * grid.columns + column]);
        const shade = Math.max(1, Math.round(share * SHADES)); // a weight above the threshold is always visible
        shades[shade].push(left, middle(row), right, middle(column));
      }
    }
    shades.forEach((lines, shade) => {
      made.drawn += lines.length / 4;
      if (lines.length) made.marks.push({ lines, colour, alpha: shade / SHADES, width: 1.6, dash });
    });
  }
}

function drawTokens(made, all, shown, side, at, { x, anchor, width, edge }) {
  const { palette } = made;
  shown.forEach((unit, place) => {
    const here = at?.side === side && at.place === place;
    if (here) made.marks.push({ rect: [edge, middle(place) - ROW / 2, width, ROW], fill: palette.mark });
    made.marks.push({
      text: fitted(all.labels[unit], width - 10),
      x,
      y: middle(place),
      anchor,
      bold: here,
      fill: all.special[unit] ? palette.faint : palette.ink,
    });
    made.regions.push({
      key: side + all.members[unit][0],
      row: place,
      column: side === "q" ? 0 : 1,
      x: edge,
      y: middle(place) - ROW / 2,
      w: width,
      h: ROW,
      label: `${all.labels[unit]}, ${side === "q" ? "query" : "key"} ${place + 1} of ${shown.length}`,
    });
  });
}

/** Beside every token on the other side: one cell per head, as strong as the weight. */
function drawStrips(made, { grids, strength, at, left, right }) {
  grids.forEach(({ head, grid }, number) => {
    const { colour } = headColour(made.palette, head);
    const count = at.side === "q" ? grid.columns : grid.rows;
    for (let other = 0; other < count; other++) {
      const [row, column] = at.side === "q" ? [at.place, other] : [other, at.place];
      const share = strength(grid.values[row * grid.columns + column]);
      const x = (at.side === "q" ? right : left) + number * STRIP;
      const rect = [x, middle(other) - ROW / 2 + 1, STRIP - 1, ROW - 2];
      if (share > 0.01) made.marks.push({ rect, fill: colour, alpha: share });
    }
  });
}
