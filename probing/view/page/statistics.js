// One number per head, to order them by: over all subwords, special and hidden ones included.

export const STATISTICS = {
  entropy: { label: () => "entropy", unit: "nats" },
  distance: { label: () => "distance", unit: "tokens", within: true }, // only where queries and keys are one text
  largest: { label: () => "largest weight", unit: "" },
  special: { label: (header) => `weight on ${separator(header) ?? "special tokens"}`, unit: "" },
};

/** The statistics that a document has. */
export const statisticsOf = (header) =>
  Object.fromEntries(Object.entries(STATISTICS).filter(([, { within }]) => !within || header.n_queries === null));

/** The special subword at the end of a text, such as [SEP]; undefined if the model has none. */
function separator(header) {
  return header.tokens.findLast((_, at) => header.special[at]);
}

/** {entropy, distance, largest, special} of one head: means over queries, whose weights are first made to sum to 1. */
export function statistics(array, head, header) {
  const { levels, table, shape } = array;
  const closing = separator(header);
  const [nQueries, nKeys] = shape.slice(-2);
  const start = head === null ? 0 : head * nQueries * nKeys,
    firstKey = header.n_queries ?? 0;
  const found = { entropy: 0, distance: 0, largest: 0, special: 0 };
  for (let query = 0; query < nQueries; query++) {
    const at = start + query * nKeys;
    let total = 0,
      logs = 0,
      far = 0,
      most = 0,
      special = 0;
    for (let key = 0; key < nKeys; key++) {
      const weight = table[levels[at + key]];
      if (weight <= 0) continue;
      total += weight;
      logs += weight * Math.log(weight);
      far += weight * Math.abs(query - key);
      if (weight > most) most = weight;
      if (header.special[firstKey + key] && header.tokens[firstKey + key] === closing) special += weight;
    }
    if (total <= 0) continue;
    found.entropy += Math.log(total) - logs / total;
    found.distance += far / total;
    found.largest += most / total;
    found.special += special / total;
  }
  for (const key of Object.keys(found)) found[key] /= nQueries;
  return found;
}
