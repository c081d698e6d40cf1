// What the state leaves open, chosen: the layer and the head that a page opens with, and what is compared with them.

import { nearest, within } from "./frame.js";

let first = null; // of a live page, so that the head does not jump while somebody types

/** The layer and head of a document for what the state says of them (0 and -1: what tells most). */
function place(header, layer, head) {
  first ??= header.telling;
  const telling = document.body.dataset.live ? first : header.telling;
  const at = nearest(layer || telling.layer, header.layers);
  const own = telling.heads[header.layers.indexOf(at)] ?? 0;
  return { layer: at, head: within(head < 0 ? own : head, 0, header.n_heads - 1) };
}

/**
 * The state with text, layer and head that exist, also of what is compared.
 * @param {{header: any}[]} documents
 * @param {import("./state.js").State} state
 * @returns {import("./state.js").State}
 */
export function chosen(documents, state) {
  const last = documents.length - 1;
  const text = within(state.text, 0, last);
  const here = place(documents[text].header, state.layer, state.head);
  const text_2 = state.text_2 < 0 ? Number(text === 0 && last > 0) : within(state.text_2, 0, last);
  const next = (here.head + 1) % documents[text].header.n_heads; // one text is compared between two heads
  const head_2 = state.head_2 < 0 ? (text_2 === text ? next : here.head) : state.head_2;
  const other = place(documents[text_2].header, state.layer_2 || here.layer, head_2);
  return { ...state, text, ...here, text_2, layer_2: other.layer, head_2: other.head };
}

/** What of the state is out of range, in range; null if nothing is. */
export function outOfRange(state, now) {
  const named = Object.keys(now).filter((key) => now[key] !== state[key] && !leftOpen(key, state[key]));
  return named.length ? Object.fromEntries(named.map((key) => [key, now[key]])) : null;
}

const leftOpen = (key, value) => value < 0 || (key.startsWith("layer") && value === 0);
