// The scale of a picture: which colour or opacity stands for which weight.

import { mix } from "./palette.js";
import { textWidth } from "./scene.js";

const STEPS = 40,
  HIGH = 9;
const SHARES = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.002, 0]; // of the strongest colour's weight, as long as there is room
export const BAR = { width: 170, height: 34 }; // px that a bar takes, with its numbers

const short = (/** @type {number} */ value) => (value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)))).replace(/^(-?)0\./, "$1.");

/**
 * A bar from weight 0 to the strongest colour, with numbers below it. `colour(share)`: of a share of full strength.
 * @param {import("./scene.js").Scene} made
 * @param {{x: number, y: number, strength: import("./frame.js").Strength, colour?: (share: number) => string, title?: string}} how
 */
export function colourBar(made, { x, y, strength, colour, title = "weight" }) {
  const { palette } = made;
  const fill = colour ?? ((share) => mix(palette.ground, palette.full, share));
  const start = x + textWidth(title, 10) + 8,
    long = BAR.width - (start - x) - 14;
  made.marks.push({ text: title, x, y: y + HIGH / 2, size: 10, fill: palette.faint });
  for (let step = 0; step < STEPS; step++)
    made.marks.push({ rect: [start + (step * long) / STEPS, y, long / STEPS + 0.5, HIGH], fill: fill((step + 0.5) / STEPS) });
  made.marks.push({ rect: [start, y, long, HIGH], stroke: palette.rule });
  let free = Infinity; // numbers are written from the right, as long as they do not touch
  for (const share of SHARES) {
    const weight = strength.largest * share,
      at = start + strength.of(weight) * long,
      half = textWidth(short(weight), 9) / 2;
    if (at + half + 4 > free || (share > 0 && at - half < start + 10)) continue;
    free = at - half;
    made.marks.push({ lines: [at, y + HIGH, at, y + HIGH + 3], colour: palette.faint, width: 1 });
    made.marks.push({ text: short(weight), x: at, y: y + HIGH + 9, size: 9, fill: palette.faint, anchor: "middle" });
  }
}

/**
 * A bar for differences: from -largest over 0 to largest.
 * @param {import("./scene.js").Scene} made
 * @param {{x: number, y: number, largest: number, title: string}} how
 */
export function differenceBar(made, { x, y, largest, title }) {
  const { palette } = made;
  const start = x + textWidth(title, 10) + 8,
    long = BAR.width - 40;
  made.marks.push({ text: title, x, y: y + HIGH / 2, size: 10, fill: palette.faint });
  for (let step = 0; step < STEPS; step++) {
    const share = (2 * (step + 0.5)) / STEPS - 1;
    made.marks.push({ rect: [start + (step * long) / STEPS, y, long / STEPS + 0.5, HIGH], fill: signed(palette, share) });
  }
  made.marks.push({ rect: [start, y, long, HIGH], stroke: palette.rule });
  for (const [share, text] of [[0, `−${short(largest)}`], [0.5, "0"], [1, `+${short(largest)}`]])
    made.marks.push({ text, x: start + Number(share) * long, y: y + HIGH + 9, size: 9, fill: palette.faint, anchor: "middle" });
}

/** The colour of a signed share, -1 to 1. */
export const signed = (palette, share) => mix(palette.ground, share < 0 ? palette.minus : palette.plus, Math.abs(share));
