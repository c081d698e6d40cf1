// The neuron view: one query against every key, from the vectors to the weight.
// score = scale × Σ q×k; the weight is the softmax over keys of the score plus what else the model adds (mask, position
// terms).

import { built, within } from "./frame.js";
import { units } from "./numbers.js";
import { headColour, mix } from "./palette.js";
import { neuronTable } from "./readout.js";
import { fitted, scene, textWidth } from "./scene.js";
import { change } from "./state.js";
import { tokensTip } from "./tips.js";

const ROW = { least: 13, most: 20 }, // px
  TOP = 52,
  BAR = { least: 36, most: 90 },
  LINES = { least: 36, most: 120 },
  CELL = { least: 2, most: 7 },
  NUMBER = 54;

/** The view of one query in one head. */
export async function* neuronView(doc, { state, palette, width, height }) {
  const { header } = doc,
    { tokens } = header;
  const { layer, head } = state;
  const kinds = ["queries", "keys", "attention"];
  const [queries, keys, attention] = await Promise.all(kinds.map((kind) => doc.load(kind, layer)));
  const pinned = /^q(\d+)$/.exec(state.pin);
  const query = pinned ? within(Number(pinned[1]), 0, tokens.length - 1) : Math.max(0, header.special.indexOf(false));
  const found = neurons({ queries, keys, attention }, head, query, header);
  const made = neuronScene({ header, found, head, query, expanded: state.expand === "yes", width, height, palette });
  const description =
    `head ${layer}.${head}: from the vectors to the weights of the query ${tokens[query]}; score = ${header.scale.toFixed(4)} × query · key` +
    (found.hasRest ? "; * what else the model adds to a score (see About these numbers), up to one constant per query" : "");
  const all = units(header, "subword");
  const table = (key) => (key[0] === "k" ? neuronTable(header, found, query, Number(key.slice(1))) : null);
  yield built(made, description, table, {
    click: (key) => change({ pin: `q${key.slice(1)}` }),
    tip: (key) => tokensTip(header, all, key),
  });
}

/** The numbers of one query: q (d); per key k (d), product (d), score, weight, and what else the model adds. */
function neurons({ queries, keys, attention }, head, query, { scale, adds }) {
  const [, n, d] = queries.shape;
  const vector = ({ levels, table }, at) => Array.from({ length: d }, (_, i) => table[levels[(head * n + at) * d + i]]);
  const q = vector(queries, query);
  const rows = Array.from({ length: n }, (_, key) => {
    const k = vector(keys, key),
      product = k.map((value, i) => value * q[i]);
    const weight = attention.table[attention.levels[(head * n + query) * n + key]];
    const rest = /** @type {number | null} */ (null);
    return { k, product, score: scale * product.reduce((a, b) => a + b, 0), weight, rest };
  });
  // log weight = score + rest - a constant of the query, so the rest is known up to that constant
  const seen = rows.filter((row) => row.weight > 1e-3);
  const mean = seen.reduce((sum, row) => sum + Math.log(row.weight) - row.score, 0) / Math.max(1, seen.length);
  for (const row of rows) row.rest = row.weight > 1e-3 ? Math.log(row.weight) - row.score - mean : null;
  return { q, rows, hasRest: adds && seen.some((row) => Math.abs(row.rest ?? 0) > 0.1) };
}

/** The scene. `found`: the result of `neurons`; `query`: the number of its subword. */
function neuronScene({ header, found, head, query, expanded, width, height, palette }) {
  const labelWidth = Math.min(150, 16 + Math.max(30, ...header.tokens.map((label) => textWidth(label))));
  const place = layout({ labelWidth, d: expanded ? found.q.length : 0, rest: found.hasRest ? NUMBER + 30 : 0, width });
  const row = within(Math.floor((height - TOP - 12) / header.tokens.length), ROW.least, ROW.most);
  const made = scene(place.end, TOP + row * header.tokens.length + 12, palette);
  captions(made, place, { expanded, hasRest: found.hasRest });
  const largest = {
    q: most(found.q),
    k: most(found.rows.flatMap((row) => row.k)),
    product: most(found.rows.flatMap((row) => row.product)),
    score: most(found.rows.map((row) => row.score)),
  };
  if (expanded) {
    strip(made, found.q, place.vector, TOP - 22, place.cell, largest.q, ROW.most);
    const text = `query ${fitted(header.tokens[query], 100)}`;
    made.marks.push({ text, x: place.vector - 8, y: TOP - 12, size: 11, fill: palette.ink, anchor: "end" });
  }
  const shared = { header, found, head, query, expanded, place, row, largest, labelWidth };
  header.tokens.forEach((_, at) => drawRow(made, { ...shared, at }));
  return made;
}

/**
 * Where the columns begin, so that all fit into `width` if they can: vectors, bars and lines become narrower, down to
 * what can be seen. `d`: numbers of a vector (0: none is shown); `rest`: width of the column of other terms.
 */
function layout({ labelWidth, d, rest, width }) {
  const room = width - 2 * labelWidth - 2 * NUMBER - rest - (d ? 62 : 30);
  const cell = d ? within(Math.floor((room - LINES.most - 2 * BAR.most) / (2 * d)), CELL.least, CELL.most) : 0;
  const bar = within(Math.floor(0.3 * (room - 2 * d * cell)), BAR.least, BAR.most);
  const lines = within(room - 2 * d * cell - 2 * bar, LINES.least, LINES.most);
  const tokens = 10 + labelWidth,
    keys = tokens + lines,
    vector = keys + labelWidth + 10;
  const product = vector + d * cell + 16,
    score = d ? product + d * cell + 16 : vector;
  const after = score + bar + NUMBER,
    weight = after + rest;
  return { tokens, keys, vector, product, score, rest: after, weight, end: weight + bar + NUMBER + 10, bar, cell };
}

const most = (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);

function captions(made, place, { expanded, hasRest }) {
  const say = (text, x) => made.marks.push({ text, x, y: 12, size: 11, fill: made.palette.faint });
  say("query", place.tokens - 36);
  say("key", place.keys + 8);
  if (expanded) {
    say("key vector", place.vector);
    say("q × k", place.product);
  }
  const short = (long, brief) => (textWidth(long, 11) < place.bar + NUMBER - 4 ? long : brief);
  say(short("score = scale × Σ q×k", "score"), place.score);
  if (hasRest) say("+ other*", place.rest);
  say(short("weight (after softmax)", "weight"), place.weight);
}

function strip(made, values, x, y, cell, largest, row) {
  const { palette } = made;
  values.forEach((value, i) => {
    const fill = mix(palette.ground, value < 0 ? palette.minus : palette.plus, Math.abs(value) / largest);
    made.marks.push({ rect: [x + i * cell, y, cell, row - 4], fill });
  });
  made.marks.push({ rect: [x - 1, y - 1, values.length * cell + 2, row - 2], stroke: palette.rule });
}

function drawRow(made, { header, found, head, query, at, expanded, place, row, largest, labelWidth }) {
  const { palette } = made,
    { k, product, score, weight, rest } = found.rows[at];
  const y = TOP + row * at,
    middle = y + row / 2,
    size = Math.min(12, row - 3);
  const fill = header.special[at] ? palette.faint : palette.ink;
  const label = fitted(header.tokens[at], labelWidth - 12, size);
  const { colour } = headColour(palette, head);
  if (at === query) made.marks.push({ rect: [place.tokens - labelWidth, y, labelWidth, row], fill: palette.mark });
  made.marks.push({ text: label, x: place.tokens - 8, y: middle, size, anchor: "end", fill, bold: at === query });
  made.marks.push({ text: label, x: place.keys + 8, y: middle, size, fill });
  made.marks.push({
    lines: [place.tokens, TOP + row * (query + 0.5), place.keys, middle],
    colour,
    alpha: weight,
    width: 2,
  });
  made.regions.push(
    {
      key: `q${at}`,
      row: at,
      column: 0,
      x: place.tokens - labelWidth,
      y,
      w: labelWidth,
      h: row,
      label: `${header.tokens[at]}, query ${at + 1} of ${header.tokens.length}`,
    },
    {
      key: `k${at}`,
      row: at,
      column: 1,
      x: place.keys,
      y,
      w: made.width - place.keys,
      h: row,
      label: `${header.tokens[at]} as a key: score ${score.toFixed(2)}, weight ${weight.toFixed(3)}`,
    },
  );
  if (expanded) {
    strip(made, k, place.vector, y + 2, place.cell, largest.k, row);
    strip(made, product, place.product, y + 2, place.cell, largest.product, row);
  }
  const hidden = header.causal && at > query; // a later subword has a score, but the mask makes its weight 0
  const side = score < 0 ? palette.minus : palette.plus;
  const box = { y, row, most: place.bar };
  bar(made, score / largest.score, { ...box, x: place.score }, side, score.toFixed(2), hidden);
  if (found.hasRest) {
    const text = rest === null ? "·" : rest.toFixed(2);
    made.marks.push({ text, x: place.rest + NUMBER, y: middle, size: 11, fill: palette.ink, anchor: "end" });
  }
  bar(made, weight, { ...box, x: place.weight }, colour, hidden ? "masked" : weight.toFixed(3), hidden);
}

function bar(made, share, { x, y, row, most: full }, colour, text, faint = false) {
  made.marks.push({ rect: [x, y + 4, full * Math.abs(share), row - 8], fill: colour, alpha: faint ? 0.2 : 0.8 });
  const fill = faint ? made.palette.faint : made.palette.ink;
  made.marks.push({ text, x: x + full + NUMBER - 8, y: y + row / 2, size: Math.min(11, row - 3), fill, anchor: "end" });
}
