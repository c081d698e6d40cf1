// The view that the state selects, or the reason why it cannot be shown.

import { compareView } from "./compare.js";
import { built, KINDS } from "./frame.js";
import { headView } from "./head.js";
import { heatmapView } from "./heatmap.js";
import { modelView } from "./model.js";
import { neuronView } from "./neuron.js";
import { removalView } from "./removal.js";
import { scene } from "./scene.js";
import { wordsView } from "./words.js";

const VIEWS = {
  head: headView,
  model: modelView,
  heatmap: heatmapView,
  neuron: neuronView,
  words: wordsView,
  compare: compareView,
  removal: removalView,
};

/** The view of a document, again whenever more of it is unpacked; each as `built` returns it. */
export async function* buildView(doc, now) {
  const absent = reason(doc.header, now.state);
  if (absent) yield notice(absent, now);
  else yield* VIEWS[now.state.view](doc, now);
}

function reason(header, { view, weights }) {
  if (view === "neuron") return header.missing.neurons;
  if (["words", "removal"].includes(view) || `${weights}/${header.layers[0]}` in header.arrays) return null;
  return header.missing[weights] ?? `${KINDS[weights]} is not in this page`;
}

/** A view that says why there is nothing to see. */
function notice(text, { palette, width }) {
  const made = scene(width, 60, palette);
  made.marks.push({ text, x: 12, y: 30, size: 13, fill: palette.ink });
  return built(made, text, () => null);
}
