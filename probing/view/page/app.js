// The page: from documents and state to the view that is shown. How a view is drawn is decided in the view's module.

import { documentsOfPage, PageDocument } from "./arrays.js";
import { chosen, outOfRange } from "./chosen.js";
import { bindControls, showControls } from "./controls.js";
import { $, boxOf } from "./dom.js";
import { live } from "./live.js";
import { bindWhy } from "./why.js";
import { colours } from "./palette.js";
import { bindPointer } from "./pointer.js";
import { change, followAddress, fragment, onChange, state } from "./state.js";
import { png, save, svg } from "./svg.js";
import { headlines } from "./facts.js";
import { bindStage, stage } from "./stage.js";
import { KINDS, perHead } from "./frame.js";
import { offerRemovals } from "./removals.js";
import { buildView } from "./views.js";

const TITLES = { head: "Heads", model: "Model", heatmap: "Heatmap", neuron: "Neurons", words: "Words", compare: "Compare", removal: "Removal" };
/** @type {PageDocument[]} */
let documents = [];
/** @type {any} */
let built = null; // the view that is drawn, as `built` of frame.js returns it
/** @type {Promise<void> | undefined} */
let painting; // resolves when the latest change is drawn
/** @type {string | null} */
let hover = null; // the region that is pointed at
let drawing = 0,
  titled = null; // the header of the document that the title describes

/** The state, with the layer and the head that are shown where it leaves them open. */
const now = () => chosen(documents, state());
/** The document that is shown. */
const shown = () => documents[Math.min(state().text, documents.length - 1)];

/** Draw the state; a drawing that a newer call has overtaken is dropped. Resolves when the picture is drawn. */
async function draw() {
  const ticket = ++drawing;
  document.documentElement.dataset.theme = colours(state().theme).name;
  $("message").textContent = "";
  const doc = shown();
  if (!doc) return;
  const inRange = outOfRange(state(), now());
  if (inRange) {
    change(inRange); // which draws it
    return painting;
  }
  try {
    await drawn(ticket, doc);
  } catch (error) {
    document.body.dataset.painted = "failed";
    $("description").textContent = `This could not be drawn: ${error instanceof Error ? error.message : error}`;
    throw error;
  }
}

async function drawn(ticket, doc) {
  const palette = colours(state().theme);
  const room = { width: $("stage").clientWidth - 4, height: $("stage").clientHeight - 4 };
  const headers = documents.map((one) => one.header);
  const of = now(),
    other = documents[of.text_2];
  showControls(headers, doc.header, { chosen: of, other: other.header, palette });
  if (titled !== doc.header) headlines(doc.header);
  titled = doc.header;
  for await (const found of buildView(doc, { state: of, other, hover, palette, ...room })) {
    if (ticket !== drawing) return;
    built = found;
    stage.show(found.scene, describe(doc.header));
    found.showNumbers(hover ?? found.pinned);
    $("description").textContent = found.description;
    document.body.dataset.painted = String(ticket);
  }
  if (ticket === drawing) document.body.dataset.drawn = String(ticket);
}

/** The pointer is on another region; `spoken` is read aloud by a screen reader. */
function point(key, spoken) {
  if (key === hover) return;
  hover = key;
  if (spoken) $("spoken").textContent = spoken;
  if (built?.redraws) requestAnimationFrame(draw);
  else built?.showNumbers(hover);
}

/** The view in a file name: head-layer3, heatmap-3.4, model. */
function naming({ view, layer, head, weights }) {
  if (["model", "words", "compare", "removal"].includes(view)) return view;
  return view === "head" || (view === "heatmap" && !perHead(weights)) ? `${view}-layer${layer}` : `${view}-${layer}.${head}`;
}

function describe({ model, text }) {
  const of = now();
  const part = naming(of).split("-")[1]?.replace("layer", "layer ");
  const weights = ["neuron", "words", "removal"].includes(of.view) ? [] : [KINDS[of.weights]];
  return `${[`${TITLES[of.view]} of ${model}`, ...(part ? [part] : []), ...weights].join(", ")}: ${text}`;
}

function bindExports() {
  const name = (ending) => `${naming(now())}-${shown().header.model.replace(/[^\w.-]+/g, "_")}.${ending}`;
  $("save-svg").addEventListener("click", () => {
    const text = svg(built.scene, describe(shown().header), `${built.description}. ${$("about").textContent}`);
    save(name("svg"), text, "image/svg+xml");
  });
  $("save-png").addEventListener("click", async () => save(name("png"), await png(built.scene), "image/png"));
  $("copy-link").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      $("message").textContent = "link copied";
    } catch {
      $("message").textContent = location.protocol.startsWith("about")
        ? `a frame has no address: save the page and add #${fragment(state())} to its address`
        : "copy the address of this page: it is the link";
    }
  });
}

function start() {
  followAddress();
  documents = documentsOfPage();
  bindControls();
  bindExports();
  bindStage();
  bindPointer({ built: () => built, point });
  onChange(() => (painting = draw()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = $("stage").clientWidth,
    height = $("stage").clientHeight;
  new ResizeObserver(() => {
    if (width === $("stage").clientWidth && height === $("stage").clientHeight) return;
    [width, height] = [$("stage").clientWidth, $("stage").clientHeight];
    stage.repaint(); // at once, so that the new space is never empty
    requestAnimationFrame(draw);
  }).observe($("stage"));
  if (document.body.dataset.live) serve();
  draw();
}

/** Follow the text that is typed. Flow takes long, so it is requested only while it is shown. */
function serve() {
  [boxOf("text").value, boxOf("text-b").value] = [state().input, state().input_b];
  const offerWhy = bindWhy();
  const draws = (header, arrays) => {
    const before = shown()?.header.tokens.join(" ");
    documents = [new PageDocument(header, (arrayName) => arrays[arrayName])];
    hover = null;
    const moved = before !== undefined && before !== header.tokens.join(" ");
    change({ input: header.text, input_b: header.text_b ?? "", ...(moved ? { pin: "" } : {}) });
    return painting;
  };
  const server = live(draws, (found) => {
    offerWhy(found.why);
    offerRemovals(found.remove);
  });
  let withFlow = false;
  const follow = ({ weights }) => {
    if (withFlow === (weights === "flow")) return;
    withFlow = weights === "flow";
    server.want(withFlow ? ["norm", "neurons", "flow"] : null);
    if (withFlow && shown() && !shown().has("flow")) server.ask();
  };
  onChange(follow);
  follow(state());
}

start();
