// The state of the page, kept in the fragment of the address, so that a link restores it. The fragment has only what
// differs from how the page opens. It is checked when it is read, since anyone may have written the link.

/** @typedef {typeof DEFAULTS} State */

const DEFAULTS = {
  text: 0, // which document of the page
  view: "head",
  weights: "attention",
  layer: 0, // 0: the layer that the page chooses (its header's `telling`)
  head: -1, // -1: the head that the page chooses in this layer
  heads: "one", // of the head view: one (the chosen head), all, none, or a list
  level: "subword",
  special: "shown",
  pair: "all",
  strength: "auto", // how a weight becomes darkness or opacity: auto (by the length of the text), weight, root
  size: "window", // window: the whole text fits into the window as far as it can be read; full: rows of full height
  least: 0.03, // share of full strength below which the head view draws no line
  top: 0, // largest number of keys drawn per query; 0: the strongest lines of all
  order: "layer",
  pin: "", // the pinned region: q4 a query, k4 a key (numbers of subwords), q4,k5 a pair, w3 a word
  expand: "no",
  theme: "auto",
  text_2: -1, // what the compare view shows on the right; -1, 0, -1: chosen by the page
  layer_2: 0,
  head_2: -1,
  removal: "", // the property that is removed, as task/property; "" and -1: chosen by the page
  removed_at: -1,
  method: "leace",
  input: "", // the text in the box of a live page, and its second text
  input_b: "",
};
const CHOICES = {
  view: ["head", "model", "heatmap", "neuron", "words", "compare", "removal"],
  weights: ["attention", "norm", "rollout", "flow"],
  level: ["subword", "word"],
  special: ["shown", "hidden"],
  strength: ["auto", "weight", "root"],
  size: ["window", "full"],
  pair: ["all", "aa", "ab", "ba", "bb"],
  order: ["layer", "entropy", "distance", "largest", "special"],
  expand: ["no", "yes"],
  theme: ["auto", "light", "dark"],
  method: ["mean_projection", "leace", "inlp", "probe_subspace"],
};
const WHOLE = ["text", "layer", "head", "top", "text_2", "layer_2", "head_2", "removed_at"];
const FORMS = {
  least: /^(0(\.\d+)?|1(\.0+)?|\.\d+)$/,
  heads: /^(one|all|none|\d+(,\d+)*)$/,
  pin: /^(w\d{1,4}|[qk]\d{1,4}|q\d{1,4},k\d{1,4})$/,
  removal: /^[\w.-]+\/[\w.-]+$/,
  input: /^/,
  input_b: /^/,
};

const opening = parsed(document.body?.dataset.opens ?? "", DEFAULTS); // how this page opens
let current = { ...opening };
/** @type {((now: State) => void)[]} */
const listeners = [];

/** The state; only `change` may change it. */
export const state = () => current;

/**
 * Call `listener` after every change.
 * @param {(now: State) => void} listener
 */
export function onChange(listener) {
  listeners.push(listener);
}

/**
 * Set some keys, write the fragment and call the listeners.
 * @param {Partial<State>} patch
 */
export function change(patch) {
  current = { ...current, ...patch };
  write();
  for (const listener of listeners) listener(current);
}

/**
 * The state that a fragment describes; `otherwise` says the keys that are missing or not valid.
 * @param {string} text
 * @param {State} otherwise
 * @returns {State}
 */
function parsed(text, otherwise) {
  /** @type {{[key: string]: string | number}} */
  const found = { ...otherwise };
  for (const [key, value] of new URLSearchParams(text.replace(/^#/, ""))) {
    if (CHOICES[key]?.includes(value)) found[key] = value;
    else if (WHOLE.includes(key) && /^\d{1,4}$/.test(value)) found[key] = Number(value);
    else if (FORMS[key]?.test(value)) found[key] = key === "least" ? Number(value) : value;
  }
  return /** @type {State} */ (found);
}

/**
 * The fragment that describes a state.
 * @param {State} of
 */
export function fragment(of) {
  const changed = Object.keys(DEFAULTS).filter((key) => String(of[key]) !== String(opening[key]));
  return new URLSearchParams(changed.map((key) => [key, of[key]])).toString().replaceAll("%2C", ",");
}

/** Read the address now, and whenever its fragment changes. */
export function followAddress() {
  current = parsed(location.hash, opening);
  addEventListener("hashchange", () => {
    if (location.hash.replace(/^#/, "") !== fragment(current)) change(parsed(location.hash, opening));
  });
}

function write() {
  const text = fragment(current);
  if (location.hash.replace(/^#/, "") === text) return;
  try {
    history.replaceState(null, "", "#" + text);
  } catch {
    // a page inside a notebook has no address of its own and works without it
  }
}

/** The heads that the head view draws, of `n`; `head` is the chosen one. */
export function activeHeads({ heads, head }, n) {
  if (heads === "one") return [head];
  if (heads === "all") return [...Array(n).keys()];
  return heads === "none" ? [] : [...new Set(heads.split(",").map(Number))].filter((one) => one < n);
}

/** The part of the state that makes `heads` the heads that are drawn; one head alone becomes the chosen one. */
export function headChoice(heads, n) {
  if (heads.length === 1) return { heads: "one", head: heads[0] };
  if (heads.length === n) return { heads: "all" };
  return { heads: heads.length ? [...heads].sort((a, b) => a - b).join(",") : "none" };
}
