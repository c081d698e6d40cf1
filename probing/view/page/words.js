// The words: gold dependency arcs above them, and below them the predictions of probes from every layer.

import { built } from "./frame.js";
import { misses, predictionText, scoreText, sentence, wordTable } from "./readout.js";
import { fitted, scene, textWidth } from "./scene.js";

const ROW = 18,
  SPACE = 14;
const SCORE = 238; // px for the score of every layer's probe

/** The view. */
export async function* wordsView({ header }, { state, palette }) {
  const made = wordsScene({ header, focus: state.pin, palette });
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
function wordsScene({ header, focus, palette }) {
  const { forms, gold, probes } = header;
  const byWord = probes.filter((probe) => probe.level === "word");
  const widths = forms.map(
    (form, word) =>
      SPACE +
      Math.max(
        24,
        textWidth(form, 13, true),
        ...byWord.flatMap((probe) => probe.predicted.map((layer) => textWidth(predictionText(layer[word]), 11))),
      ),
  );
  const left = probes.length ? 12 + SCORE : gold.upos ? 140 : 12;
  const column = (word) => (header.right_to_left ? forms.length - 1 - word : word); // from the left
  const x = [];
  let end = left;
  for (const at of forms.keys()) {
    const word = column(at); // the column of a column is its word
    x[word] = end;
    end += widths[word];
  }
  const centre = (word) => x[word] + widths[word] / 2;
  const made = scene(Math.max(end + 20, 760), 0, palette);
  const base = drawArcs(made, gold, centre) + 14;
  forms.forEach((form, word) => {
    const here = focus === `w${word}`;
    if (here) made.marks.push({ rect: [x[word], base - 12, widths[word], 24], fill: palette.mark });
    const text = header.right_to_left ? `\u2068${form}\u2069` : form; // its signs stand where its direction has them
    made.marks.push({ text, x: centre(word), y: base, size: 13, fill: palette.ink, anchor: "middle", bold: true });
    const label = `${form}, word ${word + 1} of ${forms.length}`;
    made.regions.push({ key: `w${word}`, row: 0, column: column(word), x: x[word], y: base - 14, w: widths[word], h: 28, label });
  });
  let y = base + 26;
  if (gold.upos) y = drawLine(made, "gold part of speech", gold.upos, centre, y) + 8;
  for (const probe of probes) y = drawProbe(made, probe, { centre, left, gold }, y);
  if (!probes.length) {
    const none = `No trained probes of ${header.model} to show; python -m pipelines.run task=pos trains some.`;
    for (const text of [none, ...header.notes.filter((note) => note.includes("no probes trained on"))]) {
      made.marks.push({ text, x: 12, y, size: 12, fill: palette.faint });
      made.width = Math.max(made.width, 24 + textWidth(text, 12));
      y += ROW;
    }
  }
  made.height = y + 10;
  return made;
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
    made.marks.push({ text: predictionText(value), x: centre(word), y, size: 11, fill: made.palette.ink, anchor: "middle" }),
  );
  return y + ROW;
}

function drawProbe(made, probe, { centre, left, gold }, start) {
  const { palette } = made;
  let y = start;
  made.marks.push({
    text:
      `${probe.task}: a linear probe per layer, trained on ${probe.data}; ${probe.metric} on its test split, with ` +
      (probe.control.some(Number.isFinite) ? "interval and control task" : "interval"),
    x: 12,
    y,
    size: 11.5,
    fill: palette.ink,
    bold: true,
  });
  y += ROW;
  for (const note of notesOf(probe)) {
    made.marks.push({ text: note, x: 12, y, size: 11, fill: palette.faint });
    made.width = Math.max(made.width, 24 + textWidth(note, 11));
    y += ROW - 2;
  }
  const shown = (labels) => JSON.stringify(labels); // gold that is already above all probes is not repeated
  if (probe.level === "word" && probe.gold && shown(probe.gold) !== shown(gold.upos))
    y = drawLine(made, "gold", probe.gold, centre, y);
  probe.layers.forEach((layer, at) => {
    made.marks.push({ text: `layer ${layer}`, x: 12, y, size: 11, fill: palette.ink });
    made.marks.push({ text: scoreText(probe, at), x: 60, y, size: 10, fill: palette.faint });
    if (probe.level === "word")
      probe.predicted[at].forEach((value, word) => {
        const wrong = misses(value, probe.gold?.[word]);
        made.marks.push({
          text: predictionText(value),
          x: centre(word),
          y,
          size: 11,
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
    text: fitted(text, 400),
    x: left + 130,
    y,
    size: 11,
    fill: wrong ? palette.wrong : palette.ink,
    bold: wrong,
  });
}
