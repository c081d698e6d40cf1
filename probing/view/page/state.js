// The state of the page, kept in the fragment of the address, so that a link restores it. The fragment has only what
// differs from the default. It is checked when it is read, since anyone may have written the link.

const DEFAULTS = {
  text: 0, // which document of the page
  view: "head",
  weights: "attention",
  layer: 1,
  head: 0, // of the heatmap and the neuron view
  heads: "all", // of the head view: all, or a list
  level: "subword",
  special: "shown",
  pair: "all",
  strength: "weight", // darkness and opacity are proportional to the weight, or to its square root
  least: 0.03, // share of full strength below which the head view draws no line
  top: 0, // largest number of keys drawn per query; 0: as many as stay readable
  order: "layer",
  pin: "", // the pinned region: q4 a query, k4 a key (numbers of subwords), q4,k5 a pair, w3 a word
  expand: "no",
  theme: "auto",
  input: "", // the text in the box of a live page, and its second text
  input_b: "",
};
const CHOICES = {
  view: ["head", "model", "heatmap", "neuron", "words"],
  weights: ["attention", "norm", "rollout", "flow"],
  level: ["subword", "word"],
  special: ["shown", "hidden"],
  strength: ["weight", "root"],
  pair: ["all", "aa", "ab", "ba", "bb"],
  order: ["layer", "entropy", "distance", "largest", "special"],
  expand: ["no", "yes"],
  theme: ["auto", "light", "dark"],
};
const WHOLE = ["text", "layer", "head", "top"];

let current = { ...DEFAULTS };
const listeners = [];

/** The state; only `change` may change it. */
export const state = () => current;

/** Call `listener` after every change. */
export function onChange(listener) {
  listeners.push(listener);
}

/** Set some keys, write the fragment and call the listeners. */
export function change(patch) {
  current = { ...current, ...patch };
  write();
  for (const listener of listeners) listener(current);
}

/** The state that a fragment describes, with the default for keys that are missing or not valid. */
export function parse(fragment) {
  const found = { ...DEFAULTS };
  for (const [key, value] of new URLSearchParams(fragment.replace(/^#/, ""))) {
    if (CHOICES[key]?.includes(value)) found[key] = value;
    else if (WHOLE.includes(key) && /^\d{1,4}$/.test(value)) found[key] = Number(value);
    else if (key === "least" && value >= 0 && value <= 1) found.least = Number(value);
    else if (key === "input" || key === "input_b") found[key] = value;
    else if (key === "heads" && /^(all|none|\d+(,\d+)*)$/.test(value)) found.heads = value;
    else if (key === "pin" && /^(w\d{1,4}|[qk]\d{1,4}|q\d{1,4},k\d{1,4})$/.test(value)) found.pin = value;
  }
  return found;
}

/** The fragment that describes a state. */
export function fragment(of) {
  const changed = Object.keys(DEFAULTS).filter((key) => String(of[key]) !== String(DEFAULTS[key]));
  return new URLSearchParams(changed.map((key) => [key, of[key]])).toString().replaceAll("%2C", ",");
}

/** Read the address now, and whenever its fragment changes. */
export function followAddress() {
  current = parse(location.hash);
  addEventListener("hashchange", () => {
    if (location.hash.replace(/^#/, "") !== fragment(current)) change(parse(location.hash));
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

/** The heads that the head view draws, of `n`. */
export function activeHeads(of, n) {
  if (of.heads === "all") return [...Array(n).keys()];
  return of.heads === "none" ? [] : [...new Set(of.heads.split(",").map(Number))].filter((head) => head < n);
}

/** `heads` in the form of the state. */
export function headList(heads, n) {
  if (heads.length === n) return "all";
  return heads.length ? [...heads].sort((a, b) => a - b).join(",") : "none";
}
