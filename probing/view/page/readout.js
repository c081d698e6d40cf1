// The exact numbers of a region, as a table that can be read, copied and read aloud.

import { contextOf } from "./dom.js";
import { distinct, exact } from "./numbers.js";
import { paint } from "./scene.js";

const SIDES = { q: "as query: where it attends", k: "as key: what attends to it" };
const MOST = 100; // rows; the others are counted

/**
 * Show {caption, columns: [{text, colour}], rows: [[text, …]], note, scene}, a row's first text naming it; else `hint`.
 * A scene is painted below the table.
 */
export function showTable(element, table, hint) {
  if (!table) return void element.replaceChildren(paragraph(hint));
  const made = document.createElement("table");
  made.createCaption().textContent = table.caption;
  const head = made.createTHead().insertRow();
  for (const { text, colour } of table.columns) {
    const cell = head.appendChild(document.createElement("th"));
    cell.scope = "col";
    cell.textContent = text;
    if (colour) cell.style.borderBottomColor = colour;
  }
  const body = made.createTBody();
  for (const row of table.rows.slice(0, MOST)) {
    const line = body.insertRow();
    row.forEach((text, at) => {
      const cell = line.appendChild(document.createElement(at ? "td" : "th"));
      if (!at) cell.scope = "row";
      cell.textContent = text.text ?? text;
      if (text.wrong) cell.className = "wrong";
    });
  }
  const left = table.rows.length - MOST;
  const note = [left > 0 ? `${left} more rows${table.sorted ? " with smaller weights" : ""}` : "", table.note ?? ""]
    .filter(Boolean)
    .join("; ");
  element.replaceChildren(made, ...(note ? [paragraph(note)] : []), ...(table.scene ? [picture(table.scene)] : []));
}

/** A scene as an element of the page; what it shows is in the table as well. */
function picture(of) {
  const canvas = document.createElement("canvas"),
    ratio = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(of.width * ratio), Math.round(of.height * ratio)];
  canvas.style.width = `${of.width}px`;
  canvas.setAttribute("aria-hidden", "true");
  const context = contextOf(canvas);
  context.scale(ratio, ratio);
  paint(context, of, [0, 0, of.width, of.height]);
  return canvas;
}

const paragraph = (text) => Object.assign(document.createElement("p"), { textContent: text });

/** Weights of one token to or from all others, per head. */
export function tokenTable({ key, all, axes: { rows, columns }, grids, colourOf, bits, kind, note }) {
  const side = key[0],
    unit = all.of[Number(key.slice(1))];
  const place = (side === "q" ? rows : columns).indexOf(unit);
  if (place < 0 || !grids.length) return null;
  const others = side === "q" ? columns : rows;
  const value = (grid, other) =>
    grid.values[side === "q" ? place * grid.columns + other : other * grid.columns + place];
  const found = others
    .map((other, at) => {
      const values = grids.map(({ grid }) => value(grid, at));
      return { label: all.names[other], values, mean: values.reduce((a, b) => a + b, 0) / values.length };
    })
    .sort((a, b) => b.mean - a.mean);
  const several = grids.length > 1;
  return {
    caption: `${all.names[unit]} ${SIDES[side]} (${kind})`,
    columns: [
      { text: side === "q" ? "key" : "query" },
      ...(several ? [{ text: "mean" }] : []),
      ...grids.map(({ head }) => ({ text: head === null ? "weight" : String(head), colour: colourOf(head) })),
    ],
    rows: found.map((one) => [
      one.label,
      ...(several ? [exact(one.mean, bits)] : []),
      ...one.values.map((v) => exact(v, bits)),
    ]),
    sorted: true,
    note,
  };
}

/** The first rows of a table as a sentence, to be read aloud. */
export function sentence(table) {
  if (!table) return "";
  return `${table.caption}: ${table.rows
    .slice(0, 3)
    .map((row) => `${row[0]} ${row[1].text ?? row[1]}`)
    .join(", ")}`;
}

/** One pair of tokens in every head of a layer. */
export function pairTable({ key, all, axes: { rows, columns }, grids, bits, layer, note }) {
  const [query, other] = key.split(",").map((part) => all.of[Number(part.slice(1))]);
  const [row, column] = [rows.indexOf(query), columns.indexOf(other)];
  if (row < 0 || column < 0) return null;
  return {
    caption: `${all.names[query]} → ${all.names[other]}, layer ${layer}`,
    columns: [{ text: "head" }, { text: "weight" }],
    rows: grids.map(({ head, grid }) => [
      head === null ? "–" : `${layer}.${head}`,
      exact(grid.values[row * grid.columns + column], bits),
    ]),
    note,
  };
}

/** The statistics of one head. */
export function headTable(name, numbers, names, header) {
  return {
    caption: name,
    columns: [{ text: "statistic" }, { text: "value" }, { text: "unit" }],
    rows: Object.entries(names).map(([key, { label, unit }]) => [
      label(header),
      numbers[key].toFixed(4),
      unit || "share",
    ]),
    note: "means over all queries of this text, special tokens included",
  };
}

/** One key of the neuron view. */
export function neuronTable(header, found, query, key) {
  const names = distinct(header.tokens);
  const { score, weight, rest, product } = found.rows[key];
  const plain = product.reduce((a, b) => a + b, 0);
  return {
    caption: `${names[query]} → ${names[key]}`,
    columns: [{ text: "" }, { text: "value" }],
    rows: [
      ["q · k", plain.toFixed(4)],
      ["scale", header.scale.toFixed(4)],
      ["score", score.toFixed(4)],
      ...(found.hasRest
        ? [["other terms, up to a constant", rest === null ? "not known, since the weight is below .001" : rest.toFixed(4)]]
        : []),
      ["weight (softmax)", weight.toFixed(4)],
    ],
  };
}

/** The prediction of a probe as text. */
export function predictionText(value) {
  return value === null ? "" : typeof value === "number" ? value.toFixed(1) : String(value);
}

/** Whether a prediction is wrong; a number is wrong if it differs from gold by more than a half. */
export function misses(value, gold) {
  if (gold === null || gold === undefined || value === null) return false;
  return typeof value === "number" ? Math.abs(value - gold) > 0.5 : value !== gold;
}

const dot = (value) => (Number.isFinite(value) ? value.toFixed(2).replace(/^(-?)0\./, "$1.") : "–");

/** The score of a layer's probe on the test split of its own run, with its interval, and its control if it has one. */
export function scoreText(probe, at) {
  const control = Number.isFinite(probe.control[at]) ? `, control ${dot(probe.control[at])}` : "";
  return `${dot(probe.score[at])} [${dot(probe.low[at])}, ${dot(probe.high[at])}]${control}`;
}

/** The predictions of every probe for one word, layer by layer. */
export function wordTable(header, word) {
  const probes = header.probes;
  if (!probes.length) return null;
  const layers = [...new Set(probes.flatMap((probe) => probe.layers))].sort((a, b) => a - b);
  const cell = (probe, layer) => {
    const at = probe.layers.indexOf(layer),
      i = probe.level === "word" ? word : 0;
    if (at < 0) return "";
    const share = probe.probability?.[at][i];
    return {
      text: predictionText(probe.predicted[at][i]) + (share == null ? "" : ` ${share.toFixed(2)}`),
      wrong: misses(probe.predicted[at][i], probe.gold?.[i]),
    };
  };
  return {
    caption: `${header.forms[word]}: predicted from each layer, with the probe's probability`,
    columns: [
      { text: "layer" },
      ...probes.flatMap(({ task, level, metric }) => [
        { text: level === "word" ? task : `${task} (whole text)` },
        { text: `${metric} on test` },
      ]),
    ],
    rows: layers.map((layer) => [
      String(layer),
      ...probes.flatMap((probe) => [cell(probe, layer), scoreText(probe, probe.layers.indexOf(layer))]),
    ]),
    note: "A probe shows what can be read from a layer. It does not show what the model uses.",
  };
}
