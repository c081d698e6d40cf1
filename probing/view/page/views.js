// From a document and the state to what is drawn: the scene, the words below it, and what pointing at it tells.

import { headScene } from "./head.js";
import { cellAt, heatmapScene, nextCell } from "./heatmap.js";
import { modelScene, thumbnail } from "./model.js";
import { neurons, neuronScene } from "./neuron.js";
import { axes, exact, grid, lostShare, readableTop, units } from "./numbers.js";
import { headColour } from "./palette.js";
import { headTable, neuronTable, pairTable, showTable, tokenTable, wordTable } from "./readout.js";
import { neighbour, scene } from "./scene.js";
import { activeHeads, change } from "./state.js";
import { statistics, STATISTICS } from "./statistics.js";
import { wordsScene } from "./words.js";

const KINDS = { attention: "raw attention", norm: "norm-based", rollout: "rollout", flow: "flow" };
const THUMBNAIL = 96; // pixels per side
const PATIENCE_MS = 250; // after which a picture that is still growing is shown as far as it is
const remembered = new WeakMap(); // document -> what was computed from it

/** Views of a state, one after the other while more of the document is unpacked: {scene, said, tell, next, click …}. */
export async function* buildView(doc, now) {
  const absent = reason(doc.header, now.state);
  if (absent) yield notice(absent, now);
  else yield* BUILDERS[now.state.view](doc, now);
}

function reason(header, { view, weights }) {
  if (view === "neuron") return header.missing.neurons;
  if (view === "words" || `${weights}/1` in header.arrays) return null;
  return header.missing[weights] ?? `${KINDS[weights]} is not in this page`;
}

function notice(text, { palette, width }) {
  const made = scene(width, 60, palette);
  made.marks.push({ text, x: 12, y: 30, size: 13, fill: palette.ink });
  return { scene: made, said: text, tell: () => show(null), next: () => null, speak: () => text };
}

const HINT = "Point at the picture for exact numbers, or focus it and use the arrow keys; click to keep them.";
const show = (table) => showTable(document.getElementById("readout"), table, HINT);
const bitsOf = (header) => header.arrays["attention/1"].bits;
const perHead = (weights) => weights === "attention" || weights === "norm";
const within = (value, low, high) => Math.min(high, Math.max(low, value));

/** The largest number that full strength stands for: 1 for attention, so that layers compare; else the layer's own. */
const fullOf = (array, weights) => (weights === "attention" ? 1 : array.largest);

function remember(doc, key, make) {
  if (!remembered.has(doc)) remembered.set(doc, new Map());
  const found = remembered.get(doc);
  if (!found.has(key)) {
    if (found.size > 400) found.clear(); // thumbnails of 12 x 12 heads in two forms fit
    found.set(key, make());
  }
  return found.get(key);
}

function frame(doc, { level, special, pair }) {
  const all = remember(doc, `units ${level}`, () => units(doc.header, level));
  return { all, ax: remember(doc, `axes ${level} ${special} ${pair}`, () => axes(all, { special, pair })) };
}

/** Grids of some heads of a layer under a state. */
async function gridsOf(doc, state, layer, heads) {
  const { all, ax } = frame(doc, state);
  const array = await doc.load(state.weights, layer);
  const made = heads.map((head) => ({ head, grid: grid(array, head, all, ax, state.special === "hidden") }));
  return { all, ax, grids: made, largest: fullOf(array, state.weights) };
}

function hiddenMass(grids, state) {
  if (state.special !== "hidden") return "";
  const share = (100 * lostShare(grids.map((one) => one.grid))).toFixed(1);
  return `; special subwords are hidden, and with them ${share} % of these queries' weight (nothing is rescaled)`;
}

async function* headView(doc, { state, hover, palette, width }) {
  const { header } = doc, layer = within(state.layer, 1, header.n_layers);
  const heads = perHead(state.weights) ? activeHeads(state, header.n_heads) : [null];
  const { all, ax, grids, largest } = await gridsOf(doc, state, layer, heads);
  const top = readableTop(state, Math.max(ax.rows.length, ax.columns.length), Math.max(1, heads.length));
  const made = headScene({
    all, axes: ax, grids, largest, least: state.least, top, focus: hover ?? state.pin, width, palette,
    said: { rows: "query: attends", columns: "key: is attended to" },
  });
  const table = (key) => key && /^[qk]\d+$/.test(key) && Number(key.slice(1)) < all.of.length
    ? tokenTable({ key, all, axes: ax, grids, bits: bitsOf(header), kind: `${KINDS[state.weights]}, layer ${layer}`, colourOf: (head) => headColour(palette, head).colour })
    : null;
  yield {
    scene: made, pinned: state.pin, redraws: true,
    said: `layer ${layer}, ${KINDS[state.weights]}: ${made.drawn.toLocaleString("en")} lines` +
      (top ? ` (at most ${top} keys per query and head)` : "") +
      (state.least ? `; weights below ${exact(state.least * largest, 8)} are not drawn` : "") + `; full strength is ${largest.toFixed(2)}` + hiddenMass(grids, state),
    tell: (key) => show(table(key)),
    speak: (key) => sentence(table(key)),
    next: (key, down, right) => neighbour(made, key, down, right),
    click: (key) => change({ pin: key === state.pin ? "" : key }),
  };
}

const sentence = (table) => table ? `${table.caption}: ${table.rows.slice(0, 3).map((row) => `${row[0]} ${row[1].text ?? row[1]}`).join(", ")}` : "";

async function* modelView(doc, { state, palette, width }) {
  const { header } = doc, heads = perHead(state.weights) ? [...Array(header.n_heads).keys()] : [null];
  const cells = [];
  for (let layer = 1; layer <= header.n_layers; layer++) for (const head of heads) cells.push({ layer, head, image: null });
  const statistic = state.order === "layer" ? "" : state.order;
  let grids = [], shown = performance.now();
  for (let layer = 1; layer <= header.n_layers; layer++) {
    grids = grids.concat(await thumbnails(doc, state, layer, cells.filter((cell) => cell.layer === layer), palette));
    if (layer < header.n_layers && performance.now() - shown < PATIENCE_MS) continue;
    yield modelBuilt(doc, { state, palette, width, statistic, heads, cells, grids });
    await new Promise((resolve) => setTimeout(resolve)); // the reader may have gone on
    shown = performance.now();
  }
}

function modelBuilt(doc, { state, palette, width, statistic, heads, cells, grids }) {
  const { header } = doc;
  const there = cells.filter((cell) => cell.image);
  if (statistic) for (const cell of there) cell.value = numbersOf(doc, state.weights, cell)[statistic];
  const sorted = statistic ? there.sort((a, b) => b.value - a.value) : cells;
  const name = statistic && STATISTICS[statistic].label(header);
  const made = modelScene({ cells: sorted, perRow: statistic ? 0 : heads.length, nLayers: header.n_layers, statistic: name, width, palette });
  const find = (key) => cells.find((cell) => cell.image && key === (cell.head === null ? String(cell.layer) : `${cell.layer}.${cell.head}`));
  return {
    scene: made,
    said: `${KINDS[state.weights]} of every ${heads[0] === null ? "layer" : "head"}` + (statistic ? `, by ${name}, largest first` : "") +
      (state.weights === "attention" ? "; full strength is 1" : "; full strength is each layer's largest weight") + hiddenMass(grids, state),
    tell: (key) => show(find(key) ? headTable(`${heads[0] === null ? "layer" : "head"} ${key}`, numbersOf(doc, state.weights, find(key)), STATISTICS, header) : null),
    speak: (key) => made.regions.find((region) => region.key === key)?.label ?? "",
    next: (key, down, right) => neighbour(made, key, down, right),
    click: (key) => change({ view: "heatmap", layer: find(key)?.layer ?? 1, head: find(key)?.head ?? 0, pin: "" }),
  };
}

const numbersOf = (doc, weights, { layer, head }) =>
  remember(doc, `statistics ${weights} ${layer} ${head}`, () => statistics(doc.array(weights, layer), head, doc.header));

async function thumbnails(doc, state, layer, cells, palette) {
  const { level, special, pair, weights } = state;
  const array = await doc.load(weights, layer);
  const { all, ax } = frame(doc, state);
  return cells.map((cell) => {
    const kept = remember(doc, `thumbnail ${weights} ${layer} ${cell.head} ${level} ${special} ${pair} ${palette.name}`, () => {
      const made = grid(array, cell.head, all, ax, special === "hidden");
      const image = thumbnail(made, fullOf(array, weights), THUMBNAIL, palette);
      return { image, grid: { lost: made.lost, total: made.total } };
    });
    cell.image = kept.image;
    return kept;
  });
}

async function* heatmapView(doc, { state, palette, width }) {
  const { header } = doc, layer = within(state.layer, 1, header.n_layers);
  const head = perHead(state.weights) ? within(state.head, 0, header.n_heads - 1) : null;
  const heads = head === null ? [null] : [...Array(header.n_heads).keys()];
  const { all, ax, grids, largest } = await gridsOf(doc, state, layer, heads);
  const shown = grids.find((one) => one.head === head);
  const name = head === null ? `${KINDS[state.weights]}, layer ${layer}` : `${KINDS[state.weights]}, head ${layer}.${head}`;
  const made = heatmapScene({ all, axes: ax, grid: shown.grid, largest, focus: state.pin, width, palette, said: `${name}: rows are queries, columns keys` });
  const table = (key) => /^q\d+,k\d+$/.test(key ?? "") ? pairTable({ key, all, axes: ax, grids, bits: bitsOf(header), layer }) : null;
  const label = (cell) => cell && { ...cell, x: made.cells.left + made.cells.side * cell.column, y: made.cells.top + made.cells.side * cell.row, w: made.cells.side, h: made.cells.side };
  yield {
    scene: made, pinned: state.pin,
    said: `${name}; full strength is ${largest.toFixed(2)}` + hiddenMass([shown], state),
    tell: (key) => show(table(key)),
    speak: (key) => spokenPair(table(key), head),
    hit: (x, y) => label(cellAt(made, x, y)),
    next: (key, down, right) => label(nextCell(made, key, down, right)),
    click: (key) => change({ pin: key === state.pin ? "" : key }),
  };
}

const spokenPair = (table, head) => (table ? `${table.caption}: ${table.rows[head ?? 0][1]}` : "");

async function* neuronView(doc, { state, palette, width }) {
  const { header } = doc, layer = within(state.layer, 1, header.n_layers), head = within(state.head, 0, header.n_heads - 1);
  const [queries, keys, attention] = await Promise.all(["queries", "keys", "attention"].map((kind) => doc.load(kind, layer)));
  const first = Math.max(0, header.special.indexOf(false));
  const pinned = /^q(\d+)$/.exec(state.pin);
  const query = pinned ? within(Number(pinned[1]), 0, header.tokens.length - 1) : first;
  const found = neurons({ queries, keys, attention }, head, query, header.scale);
  const made = neuronScene({ header, found, head, query, expanded: state.expand === "yes", width, palette });
  const table = (key) => (key?.[0] === "k" ? neuronTable(header, found, query, Number(key.slice(1))) : null);
  yield {
    scene: made, pinned: state.pin,
    said: `head ${layer}.${head}: scores of the query ${header.tokens[query]}; scale ${header.scale.toFixed(4)}` +
      (found.hasRest ? "; * what the model adds to q·k (position terms), known up to a constant per query" : ""),
    tell: (key) => show(table(key)),
    speak: (key) => made.regions.find((region) => region.key === key)?.label ?? "",
    next: (key, down, right) => neighbour(made, key, down, right),
    click: (key) => change({ pin: `q${key.slice(1)}` }),
  };
}

async function* wordsView(doc, { state, palette }) {
  const { header } = doc;
  const made = wordsScene({ header, focus: state.pin, palette });
  const table = (key) => (/^w\d+$/.test(key ?? "") && Number(key.slice(1)) < header.forms.length ? wordTable(header, Number(key.slice(1))) : null);
  yield {
    scene: made, pinned: state.pin,
    said: (header.gold.heads ? "gold dependencies above the words" : "no gold trees for this text") +
      (header.probes.length ? "; below them what probes decode from each layer, fainter where unsure, red where gold differs (numbers: by more than a half)" : ""),
    tell: (key) => show(table(key)),
    speak: (key) => made.regions.find((region) => region.key === key)?.label ?? "",
    next: (key, down, right) => neighbour(made, key, down, right),
    click: (key) => change({ pin: key === state.pin ? "" : key }),
  };
}

const BUILDERS = { head: headView, model: modelView, heatmap: heatmapView, neuron: neuronView, words: wordsView };
