// The page: documents in, the state's view out. Nothing here knows how a view is drawn.

import { documentsOfPage, Documented } from "./arrays.js";
import { bindControls, showControls } from "./controls.js";
import { live } from "./live.js";
import { colours } from "./palette.js";
import { bindPointer } from "./pointer.js";
import { change, followAddress, fragment, onChange, state } from "./state.js";
import { png, save, svg } from "./svg.js";
import { headlines } from "./facts.js";
import { bindStage, stage } from "./stage.js";
import { buildView } from "./views.js";

const $ = (id) => document.getElementById(id);
const TITLES = { head: "Heads", model: "Model", heatmap: "Heatmap", neuron: "Neurons", words: "Words" };
let documents = [],
  built = null,
  drawing = 0,
  hover = null,
  titled = null; // the header that the title is of

/** The document that is shown. */
const shown = () => documents[Math.min(state().text, documents.length - 1)];

/** Draw the state; what arrives after a newer call is dropped. Resolves once the picture is there. */
async function draw() {
  const ticket = ++drawing;
  try {
    if (shown()) await drawn(ticket, shown());
  } catch (error) {
    document.body.dataset.painted = "failed";
    $("said").textContent = `This could not be drawn: ${error.message}`;
    throw error;
  }
}

async function drawn(ticket, doc) {
  const palette = colours(state().theme);
  const width = $("stage").clientWidth - 4;
  const headers = documents.map((one) => one.header);
  showControls(headers, doc.header, palette);
  if (titled !== doc.header) headlines(doc.header);
  titled = doc.header;
  for await (const found of buildView(doc, { state: state(), hover, palette, width })) {
    if (ticket !== drawing) return;
    built = found;
    stage.show(found.scene, describe(doc.header));
    found.tell(hover ?? found.pinned);
    $("said").textContent = found.said;
    document.body.dataset.painted = String(ticket);
  }
  if (ticket === drawing) document.body.dataset.drawn = String(ticket);
}

/** What is pointed at has changed; `spoken` says it to a screen reader too. */
function point(key, spoken) {
  if (key === hover) return;
  hover = key;
  if (spoken) $("spoken").textContent = spoken;
  if (built?.redraws) requestAnimationFrame(draw);
  else built?.tell(hover);
}

function describe(header) {
  const { view, layer, weights } = state();
  return `${TITLES[view]} of ${header.model}, ` + `layer ${layer}, ${weights}: ${header.text}`;
}

function bindExports() {
  const name = (ending) =>
    `${state().view}-layer${state().layer}-${shown().header.model.replace(/[^\w.-]+/g, "_")}.${ending}`;
  $("save-svg").addEventListener("click", () => {
    save(
      name("svg"),
      svg(built.scene, describe(shown().header), `${$("said").textContent} ${$("about").textContent}`),
      "image/svg+xml",
    );
  });
  $("save-png").addEventListener("click", async () => save(name("png"), await png(built.scene), "image/png"));
  $("copy-link").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      $("spoken").textContent = $("said").textContent = "link copied";
    } catch {
      $("said").textContent = location.protocol.startsWith("about")
        ? `this frame has no address of its own: save the page, and add #${fragment(state())} to its address`
        : `the link is this page's address: ${location.href}`;
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
  onChange(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = $("stage").clientWidth,
    height = $("stage").clientHeight;
  new ResizeObserver(() => {
    if (width === $("stage").clientWidth && height === $("stage").clientHeight) return;
    [width, height] = [$("stage").clientWidth, $("stage").clientHeight];
    stage.repaint(); // at once, for no frame should show less than fits
    requestAnimationFrame(draw);
  }).observe($("stage"));
  if (document.body.dataset.live) serve();
  draw();
}

/** Follow what is typed. Flow takes long, so it is asked for while it is what is shown. */
function serve() {
  const server = live((header, arrays) => {
    documents = [new Documented(header, (arrayName) => arrays[arrayName])];
    hover = null;
    if (state().pin) change({ pin: "" });
    return draw();
  });
  let withFlow = false;
  onChange(({ weights }) => {
    if (withFlow === (weights === "flow")) return;
    withFlow = weights === "flow";
    server.want(withFlow ? ["norm", "neurons", "flow"] : null);
    if (withFlow && shown() && !shown().has("flow")) server.ask();
  });
}

start();
