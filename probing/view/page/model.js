// The model view: every head of every layer as a small map, in the order of layers or of a statistic.

import { BAR, colourBar } from "./colourbar.js";
import { built, frame, fullOf, fullStrength, hiddenMass, KINDS, perHead, remember, strengthOf, upTo } from "./frame.js";
import { drawMap, roomFor } from "./heatmap.js";
import { grid } from "./numbers.js";
import { headTable, sentence } from "./readout.js";
import { scene } from "./scene.js";
import { change } from "./state.js";
import { statistics, statisticsOf } from "./statistics.js";
import { thumbnail } from "./thumbnail.js";

const LABEL = 46,
  TITLE = 26,
  CAPTION = 15,
  GAP = 6, // px
  LEAST = 24,
  PREVIEW = 330; // px: the map of a head beside the picture, with its tokens
const PIXELS = 96; // per side of a thumbnail
const PATIENCE_MS = 250; // then the picture is shown as far as it is ready

/** The view with the layers that are unpacked so far; again when there are more. */
export async function* modelView(doc, { state, palette, width, height }) {
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
    yield assembled(doc, { state, palette, width, height, heads, cells });
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
          image: thumbnail(made, strengthIn(doc, state, layer, array).of, PIXELS, palette),
          mass: { lost, total },
        };
      }),
    );
  }
}

/** How strongly a layer's weights are drawn. */
function strengthIn(doc, state, layer, array) {
  return strengthOf(fullOf(doc, array, state, layer), state, frame(doc, state).axes.columns.length);
}

function assembled(doc, { state, palette, width, height, heads, cells }) {
  const { header } = doc,
    alone = heads[0] === null,
    names = statisticsOf(header);
  const numbers = ({ layer, head }) =>
    remember(doc, `statistics ${state.weights} ${layer} ${head}`, () =>
      statistics(doc.array(state.weights, layer), head, header),
    );
  const there = cells.filter((cell) => cell.image);
  const by = names[state.order];
  for (const cell of there) cell.value = by ? numbers(cell)[state.order] : undefined;
  const shown = by ? there.sort((a, b) => b.value - a.value) : cells;
  const made = modelScene({
    cells: shown,
    grouped: !by && !alone,
    nHeads: heads.length,
    chosen: nameOf({ layer: state.layer, head: alone ? null : state.head }),
    size: state.size,
    width,
    height,
    palette,
  });
  const strength = strengthIn(doc, state, header.layers[0], doc.array(state.weights, header.layers[0]));
  const bar = { x: LABEL, y: made.height - BAR.height, title: state.weights === "attention" ? "weight" : `weight, layer ${header.layers[0]}` };
  colourBar(made, { ...bar, strength });
  const find = (key) => there.find((cell) => nameOf(cell) === key);
  const description =
    `${KINDS[state.weights]} of every ${alone ? "layer" : "head"}` +
    (by ? `, by ${by.label(header)}, largest first` : "") +
    `; ${fullStrength(state.weights === "attention" ? "a weight of 1" : "each layer's largest weight", strength)}`;
  const table = (key) =>
    find(key) && {
      ...headTable(alone ? key : `head ${key}`, numbers(find(key)), names, header),
      scene: preview(doc, state, find(key), palette),
    };
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
        find(key) &&
        change({ view: "heatmap", layer: find(key).layer, pin: "", ...(alone ? {} : { head: find(key).head, heads: "one" }) }),
    },
  );
}

/** The map of one head with its tokens, to be shown beside the picture. */
function preview(doc, state, { layer, head }, palette) {
  const array = doc.array(state.weights, layer);
  const { all, axes } = frame(doc, state);
  const room = roomFor(all, axes, { width: PREVIEW, height: PREVIEW });
  const made = scene(room.left + room.side * axes.columns.length + 6, room.top + room.side * axes.rows.length + 6, palette);
  const map = { all, ...axes, grid: grid(array, head, all, axes, false), left: room.left, top: room.top, side: room.side };
  drawMap(made, map, { strength: strengthIn(doc, state, layer, array), numbers: false });
  made.marks.push({ text: "rows: queries, columns: keys", x: 2, y: 8, size: 10, fill: palette.faint });
  return made;
}

const nameOf = ({ layer, head }) => (head === null ? `layer ${layer}` : `${layer}.${head}`);

/** The scene. `grouped`: one row of heads per layer; else cells follow each other, with captions. */
function modelScene({ cells, grouped, nHeads, chosen, width, height, size, palette }) {
  const caption = grouped ? 0 : CAPTION;
  const wanted = grouped ? nHeads : columnsFor(cells, { width, height });
  const lines = Math.ceil(cells.length / wanted);
  const wide = Math.floor((width - LABEL - 16) / wanted) - GAP,
    high = Math.floor((height - TITLE - BAR.height - 16) / lines) - GAP - caption;
  const side = Math.max(size === "window" ? LEAST : 60, Math.min(grouped ? 110 : 150, wide, size === "window" ? high : Infinity));
  const pitch = side + GAP + caption;
  const made = scene(LABEL + Math.max(BAR.width, wanted * (side + GAP)) + 10, TITLE + lines * pitch + BAR.height + 12, palette);
  const faint = { size: 11, fill: palette.faint };
  for (let head = 0; grouped && head < nHeads; head++) {
    const x = LABEL + head * (side + GAP) + side / 2;
    made.marks.push({ text: side < 44 ? String(head) : `head ${head}`, x, y: 14, anchor: "middle", ...faint });
  }
  cells.forEach((cell, place) => {
    const [row, column] = [Math.floor(place / wanted), place % wanted];
    const [x, y] = [LABEL + column * (side + GAP), TITLE + row * pitch];
    if (grouped && !column) {
      made.marks.push({ text: `layer ${cell.layer}`, x: LABEL - 6, y: y + side / 2, anchor: "end", ...faint });
    }
    drawCell(made, cell, { row, column, x, y, side, grouped, chosen });
  });
  return made;
}

/** So many cells in a line that all of them fit into the window, each as large as it can be. */
function columnsFor(cells, { width, height }) {
  const least = cells[0].head === null ? 80 : 60;
  const most = Math.max(1, Math.floor((width - LABEL) / least));
  const fits = (n) => Math.ceil(cells.length / n) * ((width - LABEL) / n + CAPTION) <= height - TITLE - BAR.height;
  return upTo(most).map((at) => at + 1).find(fits) ?? most;
}

function drawCell(made, cell, { row, column, x, y, side, grouped, chosen }) {
  const { palette } = made,
    name = nameOf(cell);
  const caption = cell.value === undefined ? name : `${name}  ${cell.value.toFixed(2)}`;
  if (cell.image) made.marks.push({ image: cell.image, x, y, w: side, h: side });
  made.marks.push({ rect: [x - 1, y - 1, side + 2, side + 2], stroke: name === chosen ? palette.minus : palette.rule });
  if (name === chosen) made.marks.push({ rect: [x - 2, y - 2, side + 4, side + 4], stroke: palette.minus });
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
