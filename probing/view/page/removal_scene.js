// The picture of a removal: its effect on the output beside its controls, and what probes say after it.

import { METHODS } from "./removals.js";
import { fitted, scene, textWidth, wrapped } from "./scene.js";

const ROW = 18,
  LEFT = 12,
  NAMES = 206; // px: of the names of rows
export const ASSOCIATION = "what can be read from the vectors (an association): it does not show what the model uses";

export const formOf = (header, word) => (word < 0 ? "the whole text" : header.forms[word]);
const mean = (values) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const share = (n, all) => `${Number.isInteger(n) ? n : n.toFixed(1)} of ${all}`;
const changedIn = (after, before) => after.filter((value, at) => value !== before[at]).length;

/** The changes of a removal by name: the property itself, random ones, the control task's; each a list of draws. */
export function rowsOf({ property, output }) {
  const of = (against) => output.after.flatMap((one, at) => (one.against === against ? [at] : []));
  const random = of("random");
  return [
    { name: `${property} removed`, short: property, draws: of("") },
    { name: `random directions${random.length > 1 ? `, mean of ${random.length}` : ""}`, short: "random directions", draws: random },
    { name: "control task's directions", short: "control task's directions", draws: of("control") },
  ];
}

/** The scene; `focus`: the pinned region. */
export function removalScene(header, found, { palette, width, focus }) {
  const { output, property, layer, method } = found;
  const made = scene(Math.max(width, 640), 0, palette);
  made.room = made.width; // of what has no column for each word
  const rank = output.after[0].rank;
  const title = `${property} removed from layer ${layer} of ${header.model}: ${METHODS[method] ?? method}, ${rank} ${rank === 1 ? "dimension" : "dimensions"}`;
  let y = paragraphIn(made, title, { y: 22, size: 14, bold: true });
  y = paragraphIn(made, aboutOutput(found), { y: y + 2, faint: true }) + 8;
  y = drawSummary(made, found, y) + 14;
  y = drawOutput(made, header, found, { y, focus }) + 16;
  y = drawProbes(made, found, y) + 14;
  y = drawAgain(made, header, found, { y, focus });
  for (const note of found.notes) y = paragraphIn(made, note, { y: y + 4, faint: true });
  made.height = y + 12;
  return made;
}

/** What is read, what is scored, and what is known from more than this one text. */
function aboutOutput({ output, measured, built_on: n, task }) {
  const what = output.own_head ? `Output: ${output.name}.` : `Output: ${output.name}, which stands in for a head of the model's own.`;
  const scored = output.gold ? "the gold label" : "the label that it gives before";
  const found = measured?.used.length ? `found it used on layers ${measured.used.join(", ")}` : "did not show it to be used on any layer";
  const known = measured ? ` On ${measured.sample}, analysis=usage ${found}.` : "";
  const one = ` This is one text: for a claim type analysis=usage.`;
  return `${what} Scored: ${scored}. The subspace was found on ${n} items of train of the run of ${task}.${known || one}`;
}

function drawSummary(made, found, start) {
  const { output } = found,
    n = output.words.length;
  let y = row(made, start, "effect of removing", ["nats lost, mean", "other label than before"], { faint: true });
  for (const { name, draws } of rowsOf(found)) {
    const nats = mean(draws.map((at) => mean(output.after[at].nats)));
    const changed = mean(draws.map((at) => changedIn(output.after[at].predicted, output.before)));
    y = row(made, y, name, [signed(nats), share(changed, n)], { bold: draws[0] === 0 });
  }
  return y;
}

const signed = (value) => (Math.abs(value) < 0.005 ? "0.00" : value.toFixed(2));

/** A row of a table without word columns. */
function row(made, y, name, cells, { faint = false, bold = false, step = 170 } = {}) {
  const fill = faint ? made.palette.faint : made.palette.ink;
  made.marks.push({ text: name, x: LEFT, y, size: 11.5, fill, bold });
  cells.forEach((cell, at) => {
    const { value = cell, wrong = false } = cell;
    made.marks.push({ text: value, x: NAMES + at * step, y, size: 11.5, fill: wrong ? made.palette.wrong : fill, bold: bold || wrong });
  });
  return y + ROW;
}

/** Columns of words: their centres, wide enough for what stands in them; the scene grows with them. */
function columns(made, names, rows) {
  const widest = (at) => Math.max(...[names, ...rows].map((values) => textWidth(String(values[at] ?? ""), 11.5, true)));
  let end = NAMES;
  const centres = names.map((_, at) => {
    const wide = Math.max(36, widest(at) + 14);
    end += wide;
    return end - wide / 2;
  });
  made.width = Math.max(made.width, end + LEFT);
  return centres;
}

function drawWords(made, header, { words, centres, y, focus, regions, line }) {
  words.forEach((word, at) => {
    const key = `w${Math.max(word, 0)}`,
      form = formOf(header, word),
      label = `${form}, place ${at + 1} of ${words.length}`;
    if (focus === key) made.marks.push({ rect: [centres[at] - 18, y - 10, 36, 20], fill: made.palette.mark });
    made.marks.push({ text: fitted(form, 160, 12), x: centres[at], y, size: 12, fill: made.palette.ink, anchor: "middle", bold: true });
    if (regions) made.regions.push({ key, row: line, column: at, x: centres[at] - 20, y: y - 11, w: 40, h: 22, label });
  });
  return y + ROW;
}

/** A line of labels below words; red and bold where they differ from `before`. */
function labels(made, name, values, { centres, y, before = values, faint = false }) {
  made.marks.push({ text: name, x: LEFT, y, size: 11.5, fill: faint ? made.palette.faint : made.palette.ink });
  values.forEach((value, at) => {
    const wrong = value !== before[at];
    const fill = wrong ? made.palette.wrong : faint ? made.palette.faint : made.palette.ink;
    made.marks.push({ text: String(value), x: centres[at], y, size: 11.5, fill, anchor: "middle", bold: wrong });
  });
  return y + ROW;
}

function drawOutput(made, header, found, { y: start, focus }) {
  const { output } = found,
    { words, before, after } = output;
  const centres = columns(made, words.map((word) => formOf(header, word)), [before, output.scored, ...after.map((one) => one.predicted)]);
  let y = drawWords(made, header, { words, centres, y: start, focus, regions: true, line: 0 });
  if (output.gold) y = labels(made, "gold label", output.scored, { centres, y, faint: true });
  y = labels(made, "output before", before, { centres, y });
  for (const { name, short, draws } of rowsOf(found)) {
    const lost = words.map((_, at) => signed(mean(draws.map((draw) => after[draw].nats[at]))));
    const first = draws.length > 1 ? `${short}, the first` : name;
    y = labels(made, first, after[draws[0]].predicted, { centres, y: y + 4, before });
    y = labels(made, `    nats lost${draws.length > 1 ? ", mean" : ""}`, lost, { centres, y, faint: true });
  }
  return y;
}

/** Of every property and layer how many items its probe gives another class; beside random directions. */
function drawProbes(made, found, start) {
  const properties = [...new Set(found.probes.map((one) => one.property))],
    [own, random] = rowsOf(found).map(({ draws }) => draws);
  let y = paragraphIn(made, `Probes of each layer after removing ${found.property}: ${ASSOCIATION}.`, { y: start, bold: true });
  y = paragraphIn(made, "Items of which a probe says something else than before; in brackets, after removing random directions.", { y, faint: true }) + 4;
  const step = Math.min(120, Math.max(94, (made.room - NAMES - LEFT) / properties.length));
  y = row(made, y, "", properties, { bold: true, step });
  made.width = Math.max(made.width, NAMES + step * properties.length);
  for (const layer of new Set(found.probes.map((one) => one.layer))) {
    const cells = properties.map((name) => {
      const one = found.probes.find((probe) => probe.layer === layer && probe.property === name);
      const n = (draws) => mean(draws.map((at) => changedIn(one.after[at], one.before)));
      const [removed, control] = [n(own), n(random)];
      return { value: `${share(removed, one.before.length)} (${control ? control.toFixed(1) : 0})`, wrong: removed > control };
    });
    y = row(made, y, layer === found.layer ? `layer ${layer}, the changed one` : `layer ${layer}`, cells, { step });
  }
  return y;
}

/** What the probes of the removed property say on this layer and above: is it decodable again? */
function drawAgain(made, header, found, { y: start, focus }) {
  const probes = found.probes.filter((one) => one.property === found.property);
  const said = (one, values) => values.map((value) => one.classes[value] ?? "–");
  const lines = probes.flatMap((one) => [said(one, one.before), said(one, one.after[0])]);
  const centres = columns(made, found.words.map((word) => formOf(header, word)), lines);
  let y = paragraphIn(made, `Is ${found.property} decodable again above? What its probe says after the removal.`, { y: start, bold: true }) + 4;
  y = drawWords(made, header, { words: found.words, centres, y, focus, regions: true, line: 1 });
  y = labels(made, `before, on layer ${found.layer}`, said(probes[0], probes[0].before), { centres, y, faint: true });
  for (const one of probes) {
    const n = one.before.length - changedIn(one.after[0], one.before);
    y = labels(made, `layer ${one.layer}: as before ${share(n, one.before.length)}`, said(one, one.after[0]), { centres, y, before: said(one, one.before) });
  }
  return y;
}

/** A text in as many lines as it takes. Returns the place below it. */
export function paragraphIn(made, said, { y, size = 11.5, bold = false, faint = false }) {
  const fill = faint ? made.palette.faint : made.palette.ink;
  for (const part of said.split("\n"))
    for (const line of wrapped(part, (made.room ?? made.width) - 2 * LEFT, size, bold)) {
      made.marks.push({ text: line, x: LEFT, y, size, fill, bold });
      y += ROW - 1;
    }
  return y;
}
