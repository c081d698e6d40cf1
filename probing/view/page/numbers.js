// From a document's arrays to the numbers that a view draws: words or subwords, with or without special subwords, one
// text of a pair or both. Nothing is rescaled: hidden weight is missing, and the page says how much.

/** The units of an axis: subwords; or words, with each special subword as a unit of its own. */
export function units(header, level) {
  const { tokens, special, word, segment, written } = header;
  const found = { labels: [], special: [], segment: [], members: [], word: [], of: new Int32Array(tokens.length) };
  let last = -1;
  tokens.forEach((label, at) => {
    const same = level === "word" && word[at] >= 0 && word[at] === last;
    last = word[at];
    if (!same) {
      found.labels.push(level === "word" && word[at] >= 0 ? written[word[at]] : label);
      for (const key of ["special", "segment", "word"]) found[key].push(header[key][at]);
      found.members.push([]);
    }
    found.members.at(-1).push(at);
    found.of[at] = found.members.length - 1;
  });
  found.names = distinct(found.labels);
  return found;
}

/** Labels that differ from each other: a label that occurs twice gets its position. Marks keep its writing direction. */
export function distinct(labels) {
  const count = new Map();
  for (const label of labels) count.set(label, (count.get(label) ?? 0) + 1);
  return labels.map((label, at) => `\u2068${label}\u2069` + (count.get(label) > 1 ? ` ·${at + 1}` : ""));
}

/** The units that are rows (queries) and columns (keys) for a state; `mirrored`: columns from right to left. */
export function axes(all, { special, pair, mirrored = false }) {
  const shown = (side) =>
    [...all.labels.keys()].filter(
      (unit) =>
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
  const n = shape.at(-1),
    start = head === null ? 0 : head * n * n;
  const values = new Float32Array(rows.length * columns.length);
  const lost = new Float32Array(rows.length),
    total = new Float32Array(rows.length);
  const sums = new Float32Array(all.labels.length);
  rows.forEach((unit, row) => {
    sums.fill(0);
    for (const query of all.members[unit]) {
      const at = start + query * n;
      for (let key = 0; key < n; key++) sums[all.of[key]] += table[levels[at + key]];
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

/** The largest number of keys drawn per query: the reader's, else one that stays readable and fast (0: all). */
export function readableTop(of, nUnits, nHeads) {
  return of.top || (nUnits * nUnits * nHeads > 20_000 ? Math.max(1, Math.floor(20_000 / (nUnits * nHeads))) : 0);
}

/** A number with as many digits as the page has. */
export function exact(value, bits) {
  return value.toFixed(bits === 16 ? 4 : 3).replace(/^0\./, ".");
}
