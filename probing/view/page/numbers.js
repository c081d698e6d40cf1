// From a document's arrays to the numbers that a view draws: words or subwords, with or without special subwords, one
// text of a pair or both. Nothing is rescaled: hidden weight is missing, and the page says how much.

/**
 * The units of an axis: subwords; or words, with each special subword as a unit of its own.
 * @typedef {{labels: string[], names: string[], special: boolean[], segment: number[], members: number[][],
 *   word: number[], of: Int32Array, nQueries: number | null}} Units
 * @param {any} header
 * @param {string} level
 * @returns {Units}
 */
export function units(header, level) {
  const { tokens, word, written, n_queries: nQueries } = header;
  /** @type {Units} */
  const found = {
    labels: [],
    names: [],
    special: [],
    segment: [],
    members: [],
    word: [],
    of: new Int32Array(tokens.length),
    nQueries,
  };
  let last = -1;
  tokens.forEach((label, at) => {
    const same = level === "word" && word[at] >= 0 && word[at] === last;
    last = word[at];
    if (!same) {
      found.labels.push(level === "word" && word[at] >= 0 ? written[word[at]] : label);
      for (const key of ["special", "segment", "word"]) found[key].push(header[key][at]);
      found.members.push([]);
    }
    found.members[found.members.length - 1].push(at);
    found.of[at] = found.members.length - 1;
  });
  found.names = distinct(found.labels);
  return found;
}

/**
 * Labels that differ from each other: a label that occurs twice gets its position. Marks keep its writing direction.
 * @param {string[]} labels
 */
export function distinct(labels) {
  const count = new Map();
  for (const label of labels) count.set(label, (count.get(label) ?? 0) + 1);
  return labels.map((label, at) => `\u2068${label}\u2069` + (count.get(label) > 1 ? ` ·${at + 1}` : ""));
}

/**
 * The units that are rows (queries) and columns (keys) for a state; `mirrored`: columns from right to left. In
 * cross-attention the first units are the queries, the others the keys.
 * @param {Units} all
 * @returns {{rows: number[], columns: number[]}}
 */
export function axes(all, { special, pair, mirrored = false }) {
  const own = (unit, side) => all.nQueries === null || all.members[unit][0] < all.nQueries === (side === 0);
  const shown = (side) =>
    [...all.labels.keys()].filter(
      (unit) =>
        own(unit, side) &&
        (special === "shown" || !all.special[unit]) &&
        (pair === "all" || all.segment[unit] === "ab".indexOf(pair[side])),
    );
  return { rows: shown(0), columns: mirrored ? shown(1).reverse() : shown(1) };
}

/**
 * Weights of one head (null: weights without heads) as the view shows them.
 * A word's weight is the sum over its subwords as keys, and the mean over them as queries (Clark et al., 2019).
 * Returns values (rows × columns), and per row the weight on hidden special keys (lost) and on all keys (total).
 */
export function grid(array, head, all, { rows, columns }, hidden) {
  const { levels, table, shape } = array;
  const [nQueries, nKeys] = shape.slice(-2);
  const start = head === null ? 0 : head * nQueries * nKeys,
    firstKey = all.nQueries ?? 0; // of cross-attention, whose keys come after the queries
  const values = new Float32Array(rows.length * columns.length);
  const lost = new Float32Array(rows.length),
    total = new Float32Array(rows.length);
  const sums = new Float32Array(all.labels.length);
  rows.forEach((unit, row) => {
    sums.fill(0);
    for (const query of all.members[unit]) {
      const at = start + query * nKeys;
      for (let key = 0; key < nKeys; key++) sums[all.of[firstKey + key]] += table[levels[at + key]];
    }
    const share = 1 / all.members[unit].length;
    for (let key = 0; key < sums.length; key++) {
      total[row] += sums[key] * share;
      if (hidden && all.special[key]) lost[row] += sums[key] * share;
    }
    columns.forEach((key, column) => (values[row * columns.length + column] = sums[key] * share));
  });
  return { values, rows: rows.length, columns: columns.length, lost, total };
}

/** The share of the rows' weight on hidden special subwords, over some grids. */
export function lostShare(grids) {
  const sum = (name) => grids.reduce((all, one) => all + one[name].reduce((a, b) => a + b, 0), 0);
  const total = sum("total");
  return total > 0 ? sum("lost") / total : 0;
}

/** The columns that are drawn for a row: weights of at least `floor`, and of these the `top` largest (0: all). */
export function kept(one, row, floor, top) {
  const start = row * one.columns,
    chosen = [];
  for (let column = 0; column < one.columns; column++) {
    const value = one.values[start + column];
    if (value <= 0 || value < floor) continue;
    if (!top || chosen.length < top) chosen.push(column);
    else {
      let least = 0;
      for (let i = 1; i < top; i++) if (one.values[start + chosen[i]] < one.values[start + chosen[least]]) least = i;
      if (value > one.values[start + chosen[least]]) chosen[least] = column;
    }
  }
  return chosen;
}

const BINS = 4096; // between 0 and the largest weight, on a scale of square roots

/**
 * The smallest weight that is drawn if of all weights of at least `floor` only the `most` strongest are. Weights that
 * are alike are drawn together or not at all, except that the strongest ones always are.
 * @param {Float32Array[]} all
 * @param {number} floor
 * @param {number} most
 */
export function strongestFrom(all, floor, most) {
  const largest = all.reduce((top, values) => values.reduce((a, b) => (a > b ? a : b), top), 0);
  if (largest <= 0) return floor;
  const bin = (value) => Math.min(BINS - 1, Math.floor(BINS * Math.sqrt(value / largest)));
  const count = new Uint32Array(BINS);
  for (const values of all) for (const value of values) if (value > 0 && value >= floor) count[bin(value)]++;
  let drawn = 0,
    at = BINS;
  while (at > 0 && (drawn === 0 || drawn + count[at - 1] <= most)) drawn += count[--at];
  return Math.max(floor, largest * (at / BINS) ** 2);
}

/** A number with as many digits as the page has. */
export function exact(value, bits) {
  return value.toFixed(bits === 16 ? 4 : 3).replace(/^0\./, ".");
}
