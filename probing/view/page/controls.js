// The controls: they show the state and change it. Controls that a view does not use are hidden.

import { perHead, within } from "./frame.js";
import { headColour, inkOn } from "./palette.js";
import { activeHeads, change, headList, state } from "./state.js";
import { STATISTICS } from "./statistics.js";

const $ = (id) => document.getElementById(id);

/** Bind every control once. */
export function bindControls() {
  for (const button of $("views").children)
    button.addEventListener("click", () => change({ view: button.dataset.view }));
  $("views").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = [...$("views").children];
    const next = step && tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    if (next) {
      next.focus();
      next.click();
    }
  });
  for (const key of ["weights", "order", "level", "special", "strength", "pair", "theme"]) {
    $(key).addEventListener("change", () => change({ [key]: $(key).value }));
  }
  for (const key of ["layer", "head"]) $(key).addEventListener("change", () => change({ [key]: Number($(key).value) }));
  $("document").addEventListener("change", () => change({ text: Number($("document").value), pin: "" }));
  $("least").addEventListener("input", () => change({ least: Number($("least").value) }));
  $("top").addEventListener("input", () => change({ top: within(Math.floor(Number($("top").value) || 0), 0, 9999) }));
  $("expand").addEventListener("click", () => change({ expand: state().expand === "yes" ? "no" : "yes" }));
}

/** Set every control to the state. */
export function showControls(headers, header, palette) {
  const now = state();
  document.body.dataset.view = now.view;
  for (const button of $("views").children) {
    const chosen = button.dataset.view === now.view;
    button.setAttribute("aria-selected", chosen);
    button.tabIndex = chosen ? 0 : -1;
  }
  const wanted = {
    documents: headers.length > 1,
    pair: Boolean(header.text_b) && now.view !== "neuron" && now.view !== "words",
  };
  for (const element of document.querySelectorAll("[data-for]")) {
    element.hidden = !element.dataset.for.split(" ").some((name) => wanted[name] ?? name === now.view);
  }
  const heads = perHead(now.weights);
  $("head").closest("label").hidden ||= now.view === "heatmap" && !heads;
  $("heads").hidden ||= !heads;
  fill(
    $("document"),
    headers.map((one, at) => [at, `${at + 1}. ${one.text.slice(0, 60)}`]),
  );
  fill(
    $("layer"),
    header.layers.map((layer) => [layer, layer]),
  );
  fill(
    $("head"),
    range(0, header.n_heads - 1).map((head) => [head, head]),
  );
  for (const option of $("weights").options) {
    const onDemand = option.value === "flow" && document.body.dataset.live; // a server computes it when it is selected
    option.disabled = !onDemand && !(`${option.value}/${header.layers[0]}` in header.arrays);
    option.title = header.missing[option.value] ?? "";
  }
  for (const option of $("order").options)
    if (option.value in STATISTICS) option.textContent = STATISTICS[option.value].label(header);
  for (const key of [
    "weights",
    "order",
    "level",
    "special",
    "strength",
    "pair",
    "theme",
    "layer",
    "head",
    "top",
    "least",
  ])
    $(key).value = now[key];
  $("document").value = now.text;
  $("least-value").textContent = now.least.toFixed(2);
  $("expand").setAttribute("aria-pressed", now.expand === "yes");
  showHeads(header.n_heads, palette);
}

const range = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

function fill(select, choices) {
  const wanted = JSON.stringify(choices);
  if (select.dataset.choices === wanted) return;
  select.dataset.choices = wanted;
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
}

function showHeads(n, palette) {
  const field = $("heads");
  if (field.querySelectorAll("button").length !== n) {
    field.querySelectorAll("button").forEach((button) => button.remove());
    field.append(...range(0, n - 1).map((head) => headButton(head, n)));
  }
  const active = activeHeads(state(), n);
  field.querySelectorAll("button").forEach((button, head) => {
    const { colour } = headColour(palette, head);
    button.style.background = colour;
    button.style.borderColor = colour;
    button.style.color = inkOn(colour);
    button.setAttribute("aria-pressed", active.includes(head));
  });
}

function headButton(head, n) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: String(head) });
  button.setAttribute("aria-label", `head ${head}`);
  const toggled = (active) => (active.includes(head) ? active.filter((one) => one !== head) : [...active, head]);
  button.addEventListener("click", () => change({ heads: headList(toggled(activeHeads(state(), n)), n) }));
  // the two clicks of a double click cancel each other
  button.addEventListener("dblclick", () => solo(head, n));
  button.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "s") solo(head, n);
  });
  return button;
}

/** Show only this head; all heads if it is the only one already. */
function solo(head, n) {
  const active = activeHeads(state(), n);
  change({ heads: active.length === 1 && active[0] === head ? "all" : headList([head], n) });
}
