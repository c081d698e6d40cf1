// What removals there are to choose from, and their numbers: in the document, or from the server of a live page.

import { selectOf } from "./dom.js";
import { change } from "./state.js";

/**
 * @typedef {{task: string, properties: string[], layers: number[]}} Run
 * @typedef {{runs: Run[], methods: string[], missing: string | null, stage: string | null}} Offer
 * @typedef {{task: string, property: string, layer: number, method: string}} Choice
 * @typedef {{found?: any, said?: string}} Answer
 */

export const METHODS = {
  mean_projection: "mean projection",
  leace: "LEACE",
  inlp: "INLP",
  probe_subspace: "probe subspace",
};
const NONE = 'No removal is in this page. Type remove=pos, for example: python -m pipelines.view text="The cat sat" remove=pos';
const POLL_MS = 500,
  KEPT = 200; // answers of the server
/** @type {Offer | null} */
let offer = null;
/** @type {Map<string, Promise<Answer>>} */
const answers = new Map();

/** Take what the server says of removals: `remove` of GET /api/model. */
export function offerRemovals(/** @type {Offer | null} */ found) {
  offer = found;
}

/** What can be chosen: of a page on disk what its document has. */
function offered({ removals = [] }) {
  if (document.body.dataset.live) return offer;
  const tasks = [...new Set(removals.map((one) => one.task))];
  const of = (task, key) => [...new Set(removals.filter((one) => one.task === task).map((one) => one[key]))];
  const runs = tasks.map((task) => ({ task, properties: of(task, "property"), layers: of(task, "layer") }));
  const methods = [...new Set(removals.map((one) => one.method))];
  return { runs, methods, missing: removals.length ? null : NONE, stage: null };
}

/**
 * What of the offer is chosen; where the state leaves it open, the first property and the second layer (which
 * stays when a run is loaded and the layers turn out to be fewer).
 * @param {Offer} of
 * @returns {Choice}
 */
function chosenOf(of, { removal, removed_at: layer, method }) {
  const [task, name] = removal.split("/");
  const run = of.runs.find((one) => one.task === task) ?? of.runs[0];
  return {
    task: run.task,
    property: run.properties.includes(name) ? name : run.properties[0],
    layer: run.layers.includes(layer) ? layer : run.layers[Math.min(1, run.layers.length - 1)],
    method: of.methods.includes(method) ? method : of.methods[0],
  };
}

/** Bind the lists once. */
export function bindRemovals() {
  selectOf("removal").addEventListener("change", () => change({ removal: selectOf("removal").value, pin: "" }));
  selectOf("removed-at").addEventListener("change", () => change({ removed_at: Number(selectOf("removed-at").value) }));
  selectOf("method").addEventListener("change", () => change({ method: selectOf("method").value }));
}

/** Set the lists to the state. */
export function showRemovals(header, state) {
  const of = offered(header);
  for (const id of ["removal", "removed-at", "method"]) selectOf(id).disabled = !of?.runs.length;
  if (!of?.runs.length) return;
  const now = chosenOf(of, state),
    run = of.runs.find((one) => one.task === now.task) ?? of.runs[0];
  const groups = of.runs.map(({ task, properties }) => {
    const group = Object.assign(document.createElement("optgroup"), { label: `run of ${task}` });
    group.append(...properties.map((name) => new Option(name, `${task}/${name}`)));
    return group;
  });
  selectOf("removal").replaceChildren(...groups);
  selectOf("removed-at").replaceChildren(...run.layers.map((layer) => new Option(String(layer), String(layer))));
  selectOf("method").replaceChildren(...of.methods.map((name) => new Option(METHODS[name] ?? name, name)));
  selectOf("removal").value = `${now.task}/${now.property}`;
  selectOf("removed-at").value = String(now.layer);
  selectOf("method").value = now.method;
}

/**
 * The removal that the state chooses, as {found}; before it is there, and where it cannot be made, {said}: why.
 * @returns {AsyncGenerator<Answer>}
 */
export async function* removalOf(header, state) {
  const of = offered(header);
  if (!of) yield { said: "The model is loading." };
  else if (of.missing) yield { said: of.missing };
  else if (header.text_b) yield { said: "A property is removed from one text at a time: leave the second text out." };
  else yield* answered(header, chosenOf(of, state), state);
}

async function* answered(header, /** @type {Choice} */ choice, state) {
  if (!document.body.dataset.live) {
    const same = (one) => Object.keys(choice).every((key) => one[key] === choice[key]);
    const found = header.removals.find(same);
    yield found ? { found } : { said: "This page does not have this removal; choose another layer or property." };
    return;
  }
  const request = JSON.stringify({ text: header.text, ...choice });
  const before = offer;
  if (!answers.has(request)) {
    if (answers.size >= KEPT) answers.clear();
    answers.set(request, ask(request));
  }
  const answer = /** @type {Promise<Answer>} */ (answers.get(request));
  while (!(await Promise.race([answer.then(() => true), pause()]))) yield { said: `removing ${choice.property}: ${await stageNow()}` };
  const { found, said } = await answer;
  if (said) answers.delete(request); // so that it can be asked again
  if (offer !== before) showRemovals(header, state); // what the run has is known exactly now
  yield found ? { found } : { said };
}

const pause = () => new Promise((done) => setTimeout(() => done(false), POLL_MS));

/** @returns {Promise<Answer>} */
async function ask(/** @type {string} */ request) {
  try {
    const came = await fetch("/api/remove", { method: "POST", headers: { "Content-Type": "application/json" }, body: request });
    const found = await came.json();
    if (came.ok) await stageNow();
    return came.ok ? { found } : { said: found.error };
  } catch {
    return { said: "The explorer does not answer. Start it with python -m pipelines.explore, and choose again." };
  }
}

/** What the server is doing, in words; what it offers is taken too. */
async function stageNow() {
  try {
    offer = (await (await fetch("/api/model", { cache: "no-store" })).json()).remove ?? offer;
  } catch {
    // the request itself will say that the server is gone
  }
  return offer?.stage ?? "waiting";
}
