// What the views share: their axes and numbers, computed once, and how what is pointed at is told.

import { axes, grid, lostShare, units } from "./numbers.js";
import { showTable } from "./readout.js";
import { neighbour } from "./scene.js";
import { change, state } from "./state.js";

export const KINDS = { attention: "raw attention", norm: "norm-based", rollout: "rollout", flow: "flow" };
const HINT = "Point at the picture for exact numbers, or focus it and use the arrow keys; click to keep them.";
const remembered = new WeakMap(); // document -> what was computed from it
const latest = new WeakMap(); // document -> the grids of the layer that is shown, which are large

/** Show a table of exact numbers, or what to do to get one. */
export const show = (table) => showTable(document.getElementById("readout"), table, HINT);

export const perHead = (weights) => weights === "attention" || weights === "norm";
export const within = (value, low, high) => Math.min(high, Math.max(low, value));
export const upTo = (n) => [...Array(n).keys()];

/** The number that full strength stands for: 1 for attention, so that layers compare; else the layer's largest. */
export function fullOf(doc, array, { weights, level }, layer) {
  if (weights === "attention") return 1;
  if (level === "subword") return array.largest;
  const { all, axes: sides } = frame(doc, { level, special: "shown", pair: "all" }); // words sum over keys
  const heads = perHead(weights) ? upTo(doc.header.n_heads) : [null];
  return remember(doc, `largest ${weights} ${layer} ${level}`, () =>
    heads.reduce(
      (most, head) => grid(array, head, all, sides, false).values.reduce((a, b) => (a > b ? a : b), most),
      0,
    ),
  );
}

/** How strongly a weight is drawn, 0 to 1; a square root brings out small ones. */
export function strengthOf(largest, { strength }) {
  const share = (value) => Math.min(1, Math.max(0, value / largest));
  return strength === "root" ? (value) => Math.sqrt(share(value)) : share;
}

/** What full strength stands for, in words. */
export const fullStrength = (number, { strength }) =>
  `full strength is ${number}` + (strength === "root" ? ", square roots are drawn" : "");

/** What `make` made for this key of a document, once. */
export function remember(doc, key, make) {
  if (!remembered.has(doc)) remembered.set(doc, new Map());
  const found = remembered.get(doc);
  if (!found.has(key)) {
    if (found.size > 64 + 4 * doc.header.n_layers * doc.header.n_heads) found.clear(); // four looks at every head fit
    found.set(key, make());
  }
  return found.get(key);
}

/** What stands on the axes of a document under a state. */
export function frame(doc, { level, special, pair }) {
  const all = remember(doc, `units ${level}`, () => units(doc.header, level));
  const side = doc.header.text_b ? pair : "all"; // what a link to a pair says means nothing for one text
  return { all, axes: remember(doc, `axes ${level} ${special} ${side}`, () => axes(all, { special, pair: side })) };
}

/** Grids of some heads of a layer under a state: {all, axes, grids: [{head, grid}], largest}. */
export async function gridsOf(doc, now, layer, heads) {
  const array = await doc.load(now.weights, layer);
  const key = [now.weights, layer, heads, now.level, now.special, now.pair].join(" ");
  if (latest.get(doc)?.key !== key) {
    const { all, axes: sides } = frame(doc, now);
    const grids = heads.map((head) => ({ head, grid: grid(array, head, all, sides, now.special === "hidden") }));
    latest.set(doc, { key, all, axes: sides, grids, largest: fullOf(doc, array, now, layer) });
  }
  return latest.get(doc);
}

/** What to say of the weight that hidden special subwords held. */
export function hiddenMass(grids, { special }) {
  if (special !== "hidden" || !grids.length) return "";
  const share = (100 * lostShare(grids)).toFixed(1);
  return `; special subwords are hidden, and with them ${share} % of these queries' weight (nothing is rescaled)`;
}

/**
 * A scene with what pointing at it does: `table(key)` gives exact numbers. A region is spoken by its label and kept by
 * a click, unless `rest` says otherwise (speak, next, click, hit, redraws).
 */
export function built(scene, said, table, rest = {}) {
  const { pin } = state();
  return {
    scene,
    said,
    pinned: pin,
    tell: (key) => show(key ? table(key) : null),
    speak: (key) => scene.regions.find((region) => region.key === key)?.label ?? "",
    next: (key, down, right) => neighbour(scene, key, down, right),
    click: (key) => change({ pin: key === state().pin ? "" : key }),
    ...rest,
  };
}
