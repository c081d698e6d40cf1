// From a document's arrays to the numbers that a view draws: words or subwords, with or without special subwords, one
// side of a pair or both. Nothing is ever rescaled: what is hidden is missing, and said to be.

/** What stands on an axis: subwords, or words with special subwords on their own. */
export function units(header, level) {
  const { tokens, special, word, segment, forms } = header;
  const found = { labels: [], special: [], segment: [], members: [], word: [], of: new Int32Array(tokens.length) };
  let last = -1;
  tokens.forEach((label, at) => {
    const same = level === "word" && word[at] >= 0 && word[at] === last;
    last = word[at];
    if (!same) {
      found.labels.push(level === "word" && word[at] >= 0 ? forms[word[at]] : label);
      for (const key of ["special", "segment", "word"]) found[key].push(header[key][at]);
      found.members.push([]);
    }
    found.members.at(-1).push(at);
    found.of[at] = found.members.length - 1;
  });
  found.names = distinct(found.labels);
  return found;
}

/** Labels that cannot be taken for each other: one that occurs twice bears its place; a script's direction stays in it. */
export function distinct(labels) {
  const count = new Map();
  for (const label of labels) count.set(label, (count.get(label) ?? 0) + 1);
  return labels.map((label, at) => `\u2068${label}\u2069` + (count.get(label) > 1 ? ` ·${at + 1}` : ""));
}

/** Which units are rows (queries) and columns (keys) under a state. */
export function axes(all, { special, pair }) {
  const shown = (side) =>
    [...all.labels.keys()].filter(
      (unit) =>
        (special === "shown" || !all.special[unit]) &&
        (pair === "all" || all.segment[unit] === "ab".indexOf(pair[side])),
    );
  return { rows: shown(0), columns: shown(1) };
}

/**
 * Weights of one head (null: of what has no heads) as the view shows them.
 * A word's weight as a key is the sum over its subwords, as a query the mean over them (Clark et al., 2019).
 * Returns values (rows × columns), and per row how much went to special keys that are hidden and to all keys.
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

/** Share of the rows' weight that hidden special subwords held, over some grids. */
export function lostShare(grids) {
  const sum = (name) => grids.reduce((all, one) => all + one[name].reduce((a, b) => a + b, 0), 0);
  const total = sum("total");
  return total > 0 ? sum("lost") / total : 0;
}

/** Columns drawn for a row: at least `floor`, and the `top` largest (0: all of them). */
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

/** Keys per query that stay readable and quick, where the reader has not set a number. */
export function readableTop(of, nUnits, nHeads) {
  return of.top || (nUnits * nUnits * nHeads > 20_000 ? Math.max(1, Math.floor(20_000 / (nUnits * nHeads))) : 0);
}

/** A number as exact as the page holds it. */
export function exact(value, bits) {
  return value.toFixed(bits === 16 ? 4 : 3).replace(/^0\./, ".");
}
