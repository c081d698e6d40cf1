// What the views share: axes and numbers, computed once, and the exact numbers of what is pointed at.

import { $ } from "./dom.js";
import { axes, grid, lostShare, units } from "./numbers.js";
import { showTable } from "./readout.js";
import { neighbour } from "./scene.js";
import { change, state } from "./state.js";

export const KINDS = { attention: "raw attention", norm: "norm-based", rollout: "rollout", flow: "flow" };
const HINT = "Point at the picture to see its exact numbers. Click to keep them. By keyboard: Tab to the picture, then arrow keys.";
const remembered = new WeakMap(); // document -> what was computed from it
const latest = new WeakMap(); // document -> the grids of the layer that is shown; only one layer, since they are large

/** Show a table of exact numbers, or a hint how to get one. */
export const show = (table) => showTable($("readout"), table, HINT);

export const perHead = (weights) => weights === "attention" || weights === "norm";
export const within = (value, low, high) => Math.min(high, Math.max(low, value));
/** The layer that has attention and is closest to this number. */
export const nearest = (layer, layers) =>
  layers.reduce((best, one) => (Math.abs(one - layer) < Math.abs(best - layer) ? one : best));
export const upTo = (n) => [...Array(n).keys()];

/** The number that full strength means: 1 for attention, so that layers can be compared; else the layer's largest. */
export function fullOf(doc, array, { weights, level }, layer) {
  if (weights === "attention") return 1;
  if (level === "subword") return array.largest;
  const { all, axes: sides } = frame(doc, { level, special: "shown", pair: "all", view: "" }); // a word's weight is a sum over its subwords as keys
  const heads = perHead(weights) ? upTo(doc.header.n_heads) : [null];
  return remember(doc, `largest ${weights} ${layer} ${level}`, () => {
    let most = 0;
    for (const head of heads) most = largestOf(grid(array, head, all, sides, false).values, most);
    return most;
  });
}

/**
 * The largest of some weights, or `most` if that is larger.
 * @param {Float32Array} values
 * @param {number} most
 */
const largestOf = (values, most) => values.reduce((a, b) => (a > b ? a : b), most);

const JUST_VISIBLE = 0.08; // of full strength: how strongly a weight of 1 / n is drawn at least, of n subwords

/**
 * How strongly weights are drawn: `of(weight)` is 0 to 1, `weightAt(share)` its inverse. The longer a text, the smaller
 * its weights: "auto" draws a power of them that makes an even spread just visible, for n subwords.
 * @typedef {{of: (weight: number) => number, weightAt: (share: number) => number, power: number, largest: number}} Strength
 * @param {number} largest
 * @param {{strength: string}} state
 * @param {number} n
 * @returns {Strength}
 */
export function strengthOf(largest, { strength }, n) {
  const automatic = n > 1 ? Math.min(1, Math.log(JUST_VISIBLE) / Math.log(1 / n)) : 1;
  const power = { auto: automatic, root: 0.5, weight: 1 }[strength] ?? 1;
  const of = (weight) => Math.min(1, Math.max(0, weight / largest)) ** power;
  return { of, weightAt: (share) => largest * share ** (1 / power), power, largest };
}

/** What the strongest colour means, in words. */
export function fullStrength(number, { power }) {
  const grows = power === 1 ? "" : ` and colours grow with weight^${power.toFixed(2)}, so that small weights show`;
  return `the strongest colour stands for ${number}${grows}`;
}

/** What to say where only every so many names of tokens are drawn. */
export function namesLeftOut(/** @type {import("./scene.js").Scene} */ { every = 1 }) {
  return every > 1 ? `; of every ${every} names one is shown, because the others would overlap (Size: large shows more)` : "";
}

/** The result of `make` for this key of a document, computed once. */
export function remember(doc, key, make) {
  if (!remembered.has(doc)) remembered.set(doc, new Map());
  const found = remembered.get(doc);
  if (!found.has(key)) {
    if (found.size > 64 + 4 * doc.header.layers.length * doc.header.n_heads) found.clear(); // enough for four settings of every head
    found.set(key, make());
  }
  return found.get(key);
}

/** The units of a document and those on each axis, for a state; maps of a text from right to left have mirrored columns. */
export function frame(doc, { level, special, pair, view }) {
  const all = remember(doc, `units ${level}`, () => units(doc.header, level));
  const paired = doc.header.text_b && doc.header.n_queries === null;
  const side = paired ? pair : "all"; // a link to a pair does not apply to one text, or to queries of another text
  const mirrored = doc.header.right_to_left && ["heatmap", "model", "compare"].includes(view); // there keys run from side to side
  const key = `axes ${level} ${special} ${side} ${mirrored}`;
  return { all, axes: remember(doc, key, () => axes(all, { special, pair: side, mirrored })) };
}

/** Grids of some heads of a layer for a state: {all, axes, grids: [{head, grid}], largest}. */
export async function gridsOf(doc, now, layer, heads) {
  const array = await doc.load(now.weights, layer);
  const key = [now.weights, layer, heads, now.level, now.special, now.pair, now.view].join(" ");
  if (latest.get(doc)?.key !== key) {
    const { all, axes: sides } = frame(doc, now);
    const grids = heads.map((head) => ({ head, grid: grid(array, head, all, sides, now.special === "hidden") }));
    latest.set(doc, { key, all, axes: sides, grids, largest: fullOf(doc, array, now, layer) });
  }
  return latest.get(doc);
}

/** How much weight went to hidden special subwords, in words. */
export function hiddenMass(grids, { special }) {
  if (special !== "hidden" || !grids.length) return "";
  const share = (100 * lostShare(grids)).toFixed(1);
  return `; special tokens are hidden, and with them ${share} % of the weight of these queries (nothing is rescaled)`;
}

/**
 * A scene, and what pointing at it does: `table(key)` gives exact numbers. By default a region's label is read aloud, and
 * a click pins it; `rest` overrides this (speak, next, click, hit, redraws), and `tip(key)` is shown at the pointer.
 */
export function built(scene, description, table, rest = {}) {
  const { pin } = state();
  return {
    scene,
    description,
    pinned: pin,
    showNumbers: (key) => show(key ? table(key) : null),
    speak: (key) => scene.regions.find((region) => region.key === key)?.label ?? "",
    next: (key, down, right) => neighbour(scene, key, down, right),
    click: (key) => change({ pin: key === state().pin ? "" : key }),
    ...rest,
  };
}
