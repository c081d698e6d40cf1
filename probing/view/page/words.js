// The words: gold dependency arcs above them, and below them the predictions of probes from every layer.

import { built } from "./frame.js";
import { misses, predictionText, scoreText, sentence, wordTable } from "./readout.js";
import { fitted, scene, textWidth, wrapped } from "./scene.js";

const ROW = 18,
  SPACE = { most: 14, least: 6 }, // between words
  SCALES = [1, 0.9, 0.8, 0.72]; // of letters: the largest with which all words fit, down to what can be read
const SCORE = 60; // px: where the score of a layer's probe begins

/** The view. */
export async function* wordsView({ header }, { state, palette, width }) {
  const made = wordsScene({ header, focus: state.pin, palette, width });
  const table = (key) =>
    /^w\d+$/.test(key) && header.forms[key.slice(1)] !== undefined ? wordTable(header, Number(key.slice(1))) : null;
  const predictions =
    "below the words what a probe predicts from each layer: paler where it is less sure, red where it differs from the gold " +
    "label (numbers: by more than 0.5)";
  const gold = header.gold.heads ? "above the words their gold dependency tree" : "this text has no gold dependency tree";
  const below = [gold, ...(header.probes.length ? [predictions] : [])].join("; ");
  yield built(made, below, table, {
    speak: (key) => sentence(table(key)) || header.forms[key.slice(1)],
    tip: (key) => wordTip(header, Number(key.slice(1))),
  });
}

/** A word and its tokens. */
function wordTip(header, word) {
  const own = header.tokens.filter((_, at) => header.word[at] === word);
  return `“\u2068${header.forms[word]}\u2069”: ${own.length ? `token${own.length > 1 ? "s" : ""} ${own.join(" ")}` : "no token of its own"}`;
}

/** The scene. */
function wordsScene({ header, focus, palette, width }) {
  const { forms, gold, probes } = header;
  const left = firstWord(probes, gold);
  const { widths, scale } = wordWidths(header, width - left - 12);
  const column = (word) => (header.right_to_left ? forms.length - 1 - word : word); // from the left
  const x = [];
  let end = left;
  for (const at of forms.keys()) {
    const word = column(at); // the column of a column is its word
    x[word] = end;
    end += widths[word];
  }
  const centre = (word) => x[word] + widths[word] / 2;
  const made = scene(Math.max(end + 12, Math.min(width, 760)), 0, palette);
  Object.assign(made, { room: width - 24, scale }); // of texts that stand in a line of their own; of letters of words
  const base = drawArcs(made, gold, centre) + 14;
  forms.forEach((form, word) => {
    const here = focus === `w${word}`;
    if (here) made.marks.push({ rect: [x[word], base - 12, widths[word], 24], fill: palette.mark });
    const text = header.right_to_left ? `\u2068${form}\u2069` : form; // its signs stand where its direction has them
    made.marks.push({ text, x: centre(word), y: base, size: 13 * scale, fill: palette.ink, anchor: "middle", bold: true });
    const label = `${form}, word ${word + 1} of ${forms.length}`;
    made.regions.push({ key: `w${word}`, row: 0, column: column(word), x: x[word], y: base - 14, w: widths[word], h: 28, label });
  });
  let y = base + 26;
  if (gold.upos) y = drawLine(made, "gold part of speech", gold.upos, centre, y) + 8;
  for (const probe of probes) y = drawProbe(made, probe, { centre, left, gold }, y);
  if (!probes.length) {
    const none = `No trained probes of ${header.model} to show; python -m pipelines.run task=pos trains some.`;
    for (const text of [none, ...header.notes.filter((note) => note.includes("no probes trained on"))])
      y = drawText(made, text, { size: 12, fill: palette.faint }, y);
  }
  made.height = y + 10;
  return made;
}

/** Where the first word begins: right of the scores of all probes. */
function firstWord(probes, gold) {
  const scores = probes.flatMap((probe) => probe.layers.map((_, at) => textWidth(scoreText(probe, at), 10)));
  return Math.max(gold.upos ? 140 : 12, ...scores.map((score) => SCORE + score + 10));
}

/** The width of the column of each word, and the scale of its letters with which all fit into `room`, if they can. */
function wordWidths({ forms, gold, probes }, room) {
  const shown = forms.map((_, word) => [
    gold.upos?.[word] ?? "",
    ...probes.filter((probe) => probe.level === "word").flatMap((probe) => probe.predicted.map((layer) => layer[word])),
  ]);
  const at = (scale) =>
    forms.map((form, word) => {
      const texts = shown[word].map((value) => textWidth(predictionText(value), 11 * scale));
      return (scale < 1 ? SPACE.least : SPACE.most) + Math.max(24 * scale, textWidth(form, 13 * scale, true), ...texts);
    });
  const fits = (scale) => at(scale).reduce((a, b) => a + b, 0) <= room;
  const scale = SCALES.find(fits) ?? SCALES[SCALES.length - 1];
  return { widths: at(scale), scale };
}

/** A text in as many lines as it takes. Returns the place below it. */
function drawText(made, text, { size, fill, bold = false }, start) {
  let y = start;
  for (const line of wrapped(text, made.room, size, bold)) {
    made.marks.push({ text: line, x: 12, y, size, fill, bold });
    y += ROW - 2;
  }
  return y;
}

/** Arcs from heads down to dependents. Returns their height. */
function drawArcs(made, gold, centre) {
  const { palette } = made;
  if (!gold.heads) return 8;
  const arcs = gold.heads.map((head, word) => ({ head: head - 1, word, name: gold.deprel?.[word] ?? "" }));
  const height = (arc) => 24 + 22 * Math.min(14, Math.abs(arc.head - arc.word)) ** 0.8;
  const base = 24 + 0.75 * Math.max(20, ...arcs.filter((arc) => arc.head >= 0).map(height));
  for (const arc of arcs) {
    const to = centre(arc.word);
    if (arc.head < 0) {
      made.marks.push({ lines: [to, 14, to, base - 2], colour: palette.rule, width: 1 });
      made.marks.push({ text: "root", x: to, y: 8, size: 10, fill: palette.faint, anchor: "middle" });
    } else {
      const from = centre(arc.head) + (to < centre(arc.head) ? -4 : 4),
        h = height(arc);
      made.marks.push({ arc: [from, base, to, base, h], colour: palette.accent, width: 1.2, alpha: 0.85 });
      const middle = (from + to) / 2,
        top = base - 0.75 * h,
        w = textWidth(arc.name, 10) + 4;
      made.marks.push({ rect: [middle - w / 2, top - 5, w, 10], fill: palette.ground });
      made.marks.push({ text: arc.name, x: middle, y: top, size: 10, fill: palette.faint, anchor: "middle" });
    }
    made.marks.push({ text: "▾", x: to, y: base - 3, size: 9, fill: palette.accent, anchor: "middle" });
  }
  return base;
}

function drawLine(made, name, values, centre, y) {
  made.marks.push({ text: name, x: 12, y, size: 11, fill: made.palette.faint });
  values.forEach((value, word) =>
    made.marks.push({ text: predictionText(value), x: centre(word), y, size: 11 * made.scale, fill: made.palette.ink, anchor: "middle" }),
  );
  return y + ROW;
}

function drawProbe(made, probe, { centre, left, gold }, start) {
  const { palette } = made;
  let y = start;
  const title =
    `${probe.task}: a linear probe per layer, trained on ${probe.data}; ${probe.metric} on its test split, with ` +
    (probe.control.some(Number.isFinite) ? "interval and control task" : "interval");
  y = drawText(made, title, { size: 11.5, fill: palette.ink, bold: true }, y) + 2;
  for (const note of notesOf(probe)) y = drawText(made, note, { size: 11, fill: palette.faint }, y);
  const shown = (labels) => JSON.stringify(labels); // gold that is already above all probes is not repeated
  if (probe.level === "word" && probe.gold && shown(probe.gold) !== shown(gold.upos))
    y = drawLine(made, "gold", probe.gold, centre, y);
  probe.layers.forEach((layer, at) => {
    made.marks.push({ text: `layer ${layer}`, x: 12, y, size: 11, fill: palette.ink });
    made.marks.push({ text: scoreText(probe, at), x: SCORE, y, size: 10, fill: palette.faint });
    if (probe.level === "word")
      probe.predicted[at].forEach((value, word) => {
        const wrong = misses(value, probe.gold?.[word]);
        made.marks.push({
          text: predictionText(value),
          x: centre(word),
          y,
          size: 11 * made.scale,
          anchor: "middle",
          bold: wrong,
          fill: wrong ? palette.wrong : palette.ink,
          alpha: shade(probe, at, word),
        });
      });
    else drawSentence(made, probe, at, left, y);
    y += ROW - 2;
  });
  return y + 12;
}

function notesOf({ task, other_data: others = [], notes = [] }) {
  const hidden = `there are also probes of ${task} trained on ${others.join(", ")}; scores on different data cannot be compared`;
  return others.length ? [hidden, ...notes] : notes;
}

// a less sure prediction is drawn fainter, but never so faint that it cannot be read
const shade = (probe, at, word) => 0.45 + 0.55 * (probe.probability?.[at][word] ?? 1);

function drawSentence(made, probe, at, left, y) {
  const { palette } = made,
    value = probe.predicted[at][0],
    share = probe.probability?.[at][0] ?? null;
  const wrong = misses(value, probe.gold?.[0]);
  const text =
    predictionText(value) + (share === null ? "" : `  ${share.toFixed(2)}`) + (wrong ? `  (gold: ${predictionText(probe.gold[0])})` : "");
  if (share !== null)
    made.marks.push({ rect: [left, y - 6, 120 * share, 12], fill: wrong ? palette.wrong : palette.plus, alpha: 0.5 });
  made.marks.push({
    text: fitted(text, Math.max(160, Math.min(400, made.room - left - 118)), 11),
    x: left + 130,
    y,
    size: 11,
    fill: wrong ? palette.wrong : palette.ink,
    bold: wrong,
  });
}
