// The controls: they show the state and change it. Controls that a view does not use are hidden.

import { $, inputOf, selectOf } from "./dom.js";
import { perHead, upTo, within } from "./frame.js";
import { headColour, inkOn } from "./palette.js";
import { bindRemovals, showRemovals } from "./removals.js";
import { activeHeads, change, headChoice, state } from "./state.js";
import { STATISTICS, statisticsOf } from "./statistics.js";

const CHOICES = ["weights", "order", "level", "special", "strength", "size", "pair", "theme"];
const NUMBERS = { layer: "layer", head: "head", document: "text", "layer-2": "layer_2", "head-2": "head_2", "document-2": "text_2" };
let now = state(); // with what is chosen where the state leaves it open

/** Bind every control once. */
export function bindControls() {
  for (const button of tabs()) button.addEventListener("click", () => change({ view: button.dataset.view }));
  $("views").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs().findIndex((tab) => tab === document.activeElement);
    const next = step && tabs()[(at + step + tabs().length) % tabs().length];
    if (next) {
      next.focus();
      next.click();
    }
  });
  for (const key of CHOICES) selectOf(key).addEventListener("change", () => change({ [key]: selectOf(key).value }));
  for (const [id, key] of Object.entries(NUMBERS)) selectOf(id).addEventListener("change", () => select(key, Number(selectOf(id).value)));
  inputOf("least").addEventListener("input", () => change({ least: Number(inputOf("least").value) }));
  inputOf("top").addEventListener("input", () => change({ top: within(Math.floor(Number(inputOf("top").value) || 0), 0, 9999) }));
  bindRemovals();
  $("expand").addEventListener("click", () => change({ expand: state().expand === "yes" ? "no" : "yes" }));
}

/** What a list of numbers changes. A chosen head stays when the layer changes, and it is the one that is drawn. */
function select(key, value) {
  if (key === "text") change({ text: value, pin: "" });
  else if (key === "head") change({ head: value, heads: "one" });
  else if (key === "layer") change({ layer: value, head: now.head });
  else change({ text_2: now.text_2, layer_2: now.layer_2, head_2: now.head_2, [key]: value });
}

const tabs = () => /** @type {HTMLElement[]} */ ([...$("views").children]);

/**
 * Set every control to the state; `chosen`: with the layer and head that are shown; `other`: what is compared.
 * @param {any[]} headers
 * @param {any} header
 */
export function showControls(headers, header, { chosen, other, palette }) {
  now = chosen;
  document.body.dataset.view = now.view;
  for (const button of tabs()) {
    const here = button.dataset.view === now.view;
    button.setAttribute("aria-selected", String(here));
    button.tabIndex = here ? 0 : -1;
  }
  showOnly(headers, header);
  const titles = headers.map((one, at) => [at, `${at + 1}. ${titleOf(one, headers)}`]);
  for (const id of ["document", "document-2"]) fill(id, titles);
  for (const [ending, one] of [["", header], ["-2", other]]) {
    fill(`layer${ending}`, one.layers.map((layer) => [layer, layer]));
    fill(`head${ending}`, upTo(one.n_heads).map((head) => [head, head]));
  }
  for (const option of selectOf("weights").options) {
    const onDemand = option.value === "flow" && document.body.dataset.live; // a server computes it when it is selected
    option.disabled = !onDemand && !(`${option.value}/${header.layers[0]}` in header.arrays);
    option.title = header.missing[option.value] ?? "";
  }
  for (const option of selectOf("order").options) {
    if (option.value in STATISTICS) option.textContent = STATISTICS[option.value].label(header);
    option.hidden = option.value in STATISTICS && !(option.value in statisticsOf(header));
  }
  for (const key of CHOICES) selectOf(key).value = now[key];
  for (const [id, key] of Object.entries(NUMBERS)) selectOf(id).value = String(now[key]);
  inputOf("top").value = String(now.top);
  inputOf("least").value = String(now.least);
  $("least-value").textContent = now.least.toFixed(2);
  $("expand").setAttribute("aria-pressed", String(now.expand === "yes"));
  showHeads(header.n_heads, palette);
  showRemovals(header, now);
  document.body.dataset.columns = activeHeads(now, header.n_heads).length > 3 && perHead(now.weights) ? "many" : "few";
}

/** Hide what the view does not use. */
function showOnly(headers, header) {
  const wanted = {
    documents: headers.length > 1,
    second: now.view === "compare" && headers.length > 1,
    pair: Boolean(header.text_b) && header.n_queries === null && !["neuron", "words", "removal"].includes(now.view),
  };
  const parts = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-for]"));
  for (const part of parts) part.hidden = !part.dataset.for?.split(" ").some((name) => wanted[name] ?? name === now.view);
  const heads = perHead(now.weights);
  const label = (id) => /** @type {HTMLElement} */ ($(id).parentElement);
  label("head").hidden ||= ["heatmap", "compare"].includes(now.view) && !heads;
  label("head-2").hidden ||= !heads;
  $("heads").hidden ||= !heads;
}

/** A document in a list: what tells it from the others comes first. */
function titleOf(one, headers) {
  const differs = (key) => headers.some((other) => other[key] !== headers[0][key]);
  const first = [differs("model") ? one.model : "", one.part ?? ""].filter(Boolean).map((name) => `${name}: `);
  return `${first.join("")}${one.text.slice(0, 60)}`;
}

/** Fill a list with [value, text]. */
function fill(id, choices) {
  const list = selectOf(id),
    wanted = JSON.stringify(choices);
  if (list.dataset.choices === wanted) return;
  list.dataset.choices = wanted;
  list.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
}

const headButtons = () => /** @type {NodeListOf<HTMLButtonElement>} */ ($("heads").querySelectorAll("button"));

function showHeads(n, palette) {
  if (headButtons().length !== n) {
    headButtons().forEach((button) => button.remove());
    $("heads").append(...upTo(n).map((head) => headButton(head, n)));
  }
  const active = activeHeads(now, n);
  headButtons().forEach((button, head) => {
    const { colour } = headColour(palette, head);
    button.style.background = colour;
    button.style.borderColor = colour;
    button.style.color = inkOn(colour);
    button.setAttribute("aria-pressed", String(active.includes(head)));
  });
}

function headButton(head, n) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: String(head) });
  button.setAttribute("aria-label", `head ${head}`);
  const toggled = (active) => (active.includes(head) ? active.filter((one) => one !== head) : [...active, head]);
  const choose = (patch) => change({ layer: now.layer, head: now.head, ...patch });
  const active = () => activeHeads({ ...state(), head: now.head }, n);
  button.addEventListener("click", () => choose(headChoice(toggled(active()), n)));
  const alone = () => choose(active().length === 1 && active()[0] === head ? { heads: "all" } : headChoice([head], n));
  // the two clicks of a double click cancel each other
  button.addEventListener("dblclick", alone);
  button.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "s") alone();
  });
  return button;
}
