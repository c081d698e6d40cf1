// Removal: a property is taken out of the vectors of a layer; its effect on the output, and what probes say after it.

import { built } from "./frame.js";
import { sentence } from "./readout.js";
import { ASSOCIATION, formOf, paragraphIn, removalScene, rowsOf } from "./removal_scene.js";
import { removalOf } from "./removals.js";
import { scene } from "./scene.js";

/** The view. */
export async function* removalView({ header }, { state, palette, width }) {
  for await (const { found, said } of removalOf(header, state))
    yield found ? shown(header, found, { state, palette, width }) : notice(said, palette, width);
}

function notice(said, palette, width) {
  const made = scene(width, 0, palette);
  made.height = paragraphIn(made, said, { y: 30, size: 13 }) + 10;
  return built(made, "nothing was removed", () => null);
}

function shown(header, found, { state, palette, width }) {
  const made = removalScene(header, found, { palette, width, focus: state.pin });
  const place = (key) => found.words.findIndex((word) => key === `w${Math.max(word, 0)}`);
  const table = (key) => (place(key) < 0 ? null : itemTable(header, found, place(key)));
  const description =
    "effect of removing (nats that the scored label loses; red: another label than before) beside the same amount of random " +
    `directions and the control task's; below, what probes say: ${ASSOCIATION}`;
  return built(made, description, table, { speak: (key) => sentence(table(key)) });
}

/** What every probe says of one item before and after. */
function itemTable(header, found, at) {
  const [, random] = rowsOf(found);
  const said = (one, values) => one.classes[values[at]] ?? "–";
  return {
    caption: `${formOf(header, found.words[at])}: what probes say before, after removing ${found.property}, and after random directions`,
    columns: [{ text: "probe" }, { text: "before" }, { text: "after" }, { text: "random" }],
    rows: found.probes.map((one) => [
      `${one.layer} · ${one.property}`,
      said(one, one.before),
      { text: said(one, one.after[0]), wrong: one.after[0][at] !== one.before[at] },
      random.draws.length ? said(one, one.after[random.draws[0]]) : "",
    ]),
    note: `layer · property. ${ASSOCIATION}`,
  };
}
