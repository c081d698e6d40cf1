// The model view: every head of every layer as a small map, in the order of layers or of a statistic.

import { built, frame, fullOf, fullStrength, hiddenMass, KINDS, perHead, remember, strengthOf, upTo } from "./frame.js";
import { grid } from "./numbers.js";
import { headTable, sentence } from "./readout.js";
import { scene } from "./scene.js";
import { change } from "./state.js";
import { STATISTICS, statistics } from "./statistics.js";
import { thumbnail } from "./thumbnail.js";

const LABEL = 46,
  TITLE = 26,
  CAPTION = 15,
  GAP = 6; // px
const PIXELS = 96; // per side of a thumbnail
const PATIENCE_MS = 250; // then the picture is shown as far as it is ready

/** The view with the layers that are unpacked so far; again when there are more. */
export async function* modelView(doc, { state, palette, width }) {
  const { header } = doc,
    heads = perHead(state.weights) ? upTo(header.n_heads) : [null];
  const cells = header.layers.flatMap((layer) => heads.map((head) => ({ layer, head })));
  let shown = performance.now();
  for (const layer of header.layers) {
    await fill(
      doc,
      state,
      layer,
      cells.filter((cell) => cell.layer === layer),
      palette,
    );
    if (layer !== header.layers.at(-1) && performance.now() - shown < PATIENCE_MS) continue;
    yield assembled(doc, { state, palette, width, heads, cells });
    await new Promise((resolve) => setTimeout(resolve)); // so that the page can react meanwhile
    shown = performance.now();
  }
}

/** Give the cells of a layer their pictures. */
async function fill(doc, state, layer, cells, palette) {
  const { level, special, pair, weights, strength } = state;
  const array = await doc.load(weights, layer);
  const { all, axes } = frame(doc, state);
  for (const cell of cells) {
    const key = ["thumbnail", weights, layer, cell.head, level, special, pair, strength, palette.name].join(" ");
    Object.assign(
      cell,
      remember(doc, key, () => {
        const { lost, total, ...made } = grid(array, cell.head, all, axes, special === "hidden");
        return {
          image: thumbnail(made, strengthOf(fullOf(doc, array, state, layer), state), PIXELS, palette),
          mass: { lost, total },
        };
      }),
    );
  }
}

function assembled(doc, { state, palette, width, heads, cells }) {
  const { header } = doc,
    alone = heads[0] === null;
  const numbers = ({ layer, head }) =>
    remember(doc, `statistics ${state.weights} ${layer} ${head}`, () =>
      statistics(doc.array(state.weights, layer), head, header),
    );
  const there = cells.filter((cell) => cell.image);
  const by = STATISTICS[state.order];
  for (const cell of there) cell.value = by ? numbers(cell)[state.order] : undefined;
  const shown = by ? there.sort((a, b) => b.value - a.value) : cells;
  const made = modelScene({
    cells: shown,
    grouped: !by && !alone,
    nHeads: heads.length,
    width,
    palette,
  });
  const find = (key) => there.find((cell) => nameOf(cell) === key);
  const description =
    `${KINDS[state.weights]} of every ${alone ? "layer" : "head"}` +
    (by ? `, by ${by.label(header)}, largest first` : "") +
    `; ${fullStrength(state.weights === "attention" ? "1" : "each layer's largest weight", state)}`;
  const table = (key) =>
    find(key) && headTable(`${alone ? "layer" : "head"} ${key}`, numbers(find(key)), STATISTICS, header);
  return built(
    made,
    description +
      hiddenMass(
        there.map((cell) => cell.mass),
        state,
      ),
    table,
    {
      speak: (key) => (find(key) ? sentence(table(key)) : key),
      click: (key) =>
        find(key) && change({ view: "heatmap", layer: find(key).layer, head: find(key).head ?? 0, pin: "" }),
    },
  );
}

const nameOf = ({ layer, head }) => (head === null ? `layer ${layer}` : `${layer}.${head}`);

/** The scene. `grouped`: one row of heads per layer; else cells follow each other, with captions. */
function modelScene({ cells, grouped, nHeads, width, palette }) {
  const wanted = grouped ? nHeads : Math.max(1, Math.floor((width - LABEL) / (cells[0].head === null ? 156 : 84)));
  const side = Math.max(40, Math.min(grouped ? 110 : 150, Math.floor((width - LABEL - 16) / wanted) - GAP));
  const pitch = side + GAP + (grouped ? 0 : CAPTION);
  const made = scene(
    LABEL + wanted * (side + GAP) + 10,
    TITLE + Math.ceil(cells.length / wanted) * pitch + 12,
    palette,
  );
  const faint = { size: 11, fill: palette.faint };
  for (let head = 0; grouped && head < nHeads; head++) {
    const x = LABEL + head * (side + GAP) + side / 2;
    made.marks.push({ text: side < 50 ? String(head) : `head ${head}`, x, y: 14, anchor: "middle", ...faint });
  }
  cells.forEach((cell, place) => {
    const [row, column] = [Math.floor(place / wanted), place % wanted];
    const [x, y] = [LABEL + column * (side + GAP), TITLE + row * pitch];
    if (grouped && !column) {
      made.marks.push({ text: `layer ${cell.layer}`, x: LABEL - 6, y: y + side / 2, anchor: "end", ...faint });
    }
    drawCell(made, cell, { row, column, x, y, side, grouped });
  });
  return made;
}

function drawCell(made, cell, { row, column, x, y, side, grouped }) {
  const { palette } = made,
    name = nameOf(cell);
  const caption = cell.value === undefined ? name : `${name}  ${cell.value.toFixed(2)}`;
  if (cell.image) made.marks.push({ image: cell.image, x, y, w: side, h: side });
  made.marks.push({ rect: [x - 1, y - 1, side + 2, side + 2], stroke: palette.rule });
  if (!grouped) {
    made.marks.push({
      text: caption,
      x: x + side / 2,
      y: y + side + 9,
      size: 10.5,
      fill: palette.ink,
      anchor: "middle",
    });
  }
  const label = cell.head === null ? caption : `head ${caption}`;
  made.regions.push({ key: name, row, column, x, y, w: side, h: side, label });
}
