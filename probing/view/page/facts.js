// The document in words: its title, and what a reader must know about its numbers.

const $ = (id) => document.getElementById(id);

/** "3 layers × 12 heads", or the numbers of the blocks that have attention if others have none. */
const headsOf = (layers, heads) =>
  layers.at(-1) === layers.length
    ? `${layers.length} layers × ${heads} heads`
    : `${heads} heads in block${layers.length > 1 ? "s" : ""} ${layers.join(", ")}`;

/** Write the title, the line below it and the list of facts of a document. */
export function headlines(header) {
  const { text, text_b: second, model, corpus, layers, n_heads: heads } = header;
  $("title").textContent = second ? `\u2068${text}\u2069 — \u2068${second}\u2069` : text;
  $("title").title = $("title").textContent; // shown in full as a tooltip if it is cut
  const from = corpus ? `, ${corpus.name} ${corpus.split} ${corpus.id}` : "";
  $("about").textContent = `${model}${from}: ${headsOf(layers, heads)}, ${header.tokens.length} subwords`;
  document.title = `${model}: ${text.slice(0, 80)}`;
  const facts = [
    [
      "weights",
      "rows are queries, columns keys; layer 1 is the attention inside the first block. Attention to a word does not " +
        "mean that the model uses it: only an intervention shows what the model depends on.",
    ],
    ["exactness", header.precision],
    ["size", `${(header.bytes / 1e6).toFixed(2)} MB of packed numbers`],
    [
      "norm-based",
      header.missing.norm ??
        "‖α f(x)‖, the length of the vector that a head takes from a subword (Kobayashi et al., 2020); for words: sums " +
          "over keys, means over queries",
    ],
    ["rollout", "from this layer down to the input, with the residual connection (Abnar and Zuidema, 2020)"],
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
