// The document in words: its title, and what a reader must know about its numbers.

import { $ } from "./dom.js";

/** "3 layers × 12 heads", or the numbers of the layers if the page does not have all of them. */
const headsOf = ({ layers, n_blocks: blocks, n_heads: heads }) =>
  layers.length === blocks
    ? `${blocks} layers × ${heads} heads`
    : `${heads} heads in ${layers.length > 1 ? "layers" : "layer"} ${layers.join(", ")} of ${blocks}`;

/** How layers and heads are counted, here and elsewhere; in an example that the document has. */
function counting({ layers, n_heads: heads }) {
  const layer = layers[Math.min(1, layers.length - 1)],
    head = Math.min(8, heads - 1);
  const name = `${layer}.${head}`;
  return {
    here: `${name} = layer ${layer} (counted from 1), head ${head} (counted from 0)`,
    elsewhere:
      `head ${name} is head ${head} in the attention of layer ${layer}: layers count from 1 (0 is the embedding), heads ` +
      `from 0. BertViz and TransformerLens count both from 0 (there: layer ${layer - 1}, head ${head}); Clark et al. ` +
      `(2019) count both from 1 (there: ${layer}-${head + 1}).`,
  };
}

/** Write the title, the line below it and the list of facts of a document. */
export function headlines(header) {
  const { text, text_b: second, model, corpus, part } = header;
  $("title").textContent = second ? `\u2068${text}\u2069 — \u2068${second}\u2069` : text;
  $("title").title = $("title").textContent; // shown in full as a tooltip if it is cut
  const from = corpus ? `, ${corpus.name} ${corpus.split} ${corpus.id}` : "";
  const named = `${model}${part ? `, ${part}` : ""}${from}`;
  $("about").textContent = `${named}: ${headsOf(header)}, ${header.tokens.length} tokens · ${counting(header).here}`;
  document.title = `${model}: ${text.slice(0, 80)}`;
  const facts = [
    [
      "weights",
      "A query is the token that attends, a key the token that it attends to. A high weight does not show that the " +
        "model uses the key: only an intervention, such as ablation, can show that.",
    ],
    ["counting", counting(header).elsewhere],
    [
      "tokens",
      "as in the tokenizer's vocabulary; in byte-level vocabularies ␣ is a space (written Ġ there), and \\x… a byte that " +
        "is no whole character. Point at a token to see its text.",
    ],
    [
      "opening",
      "The page opens with the head in which each query most clearly attends to a different key: a token of the text, " +
        "but not a neighbour, that gets more weight from this query than from the others.",
    ],
    ["exactness", header.precision],
    ["size", `${(header.bytes / 1e6).toFixed(2)} MB of numbers (compressed)`],
    [
      "norm-based",
      header.missing.norm ??
        "‖α f(x)‖, the length of the vector that a head takes from a token (Kobayashi et al., 2020); for words: sums " +
          "over keys, means over queries",
    ],
    [
      "rollout",
      header.missing.rollout ?? "from this layer down to the input, with the residual connection (Abnar and Zuidema, 2020)",
    ],
    [
      "flow",
      header.missing.flow ?? "maximum flow from this layer down to the input (Abnar and Zuidema, 2020), as shares",
    ],
    ...(header.missing.neurons ? [["neurons", header.missing.neurons]] : []),
    ...header.notes.map((note) => ["note", note]),
    ...header.probes.flatMap(({ task, notes = [] }) => notes.map((note) => [`probe of ${task}`, note])),
    ["checkpoint", header.checkpoint],
    ...Object.entries(header.provenance ?? {}).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ];
  $("facts").replaceChildren(
    ...facts.flatMap(([name, value]) => [
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
}
