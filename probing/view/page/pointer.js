// Pointing with the mouse or the keyboard: exact numbers of a region, which can then be pinned or opened.

import { $, selectOf } from "./dom.js";
import { regionAt } from "./scene.js";
import { stage } from "./stage.js";
import { change, onChange, state } from "./state.js";

const VIEWS = ["head", "model", "heatmap", "neuron", "words", "compare", "removal"];
const ARROWS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

/** Bind once. `built()` returns the view that is drawn; `point(key, spoken)` reports the region to the page. */
export function bindPointer({ built, point }) {
  const canvas = $("canvas");
  let key = null; // the region that is pointed at
  const hit = (event) => {
    const view = built();
    return view && (view.hit ?? ((x, y) => regionAt(view.scene, x, y)))(...stage.at(event));
  };
  const aim = (region, spoken) => {
    key = region?.key ?? null;
    point(key, spoken);
    if (!built()?.redraws) stage.mark(region ?? null);
    if (!region) $("tip").hidden = true;
  };
  let last = "";
  onChange(({ view, text }) => {
    if (last && last !== `${view} ${text}`) aim(null); // the region does not exist any more
    last = `${view} ${text}`;
  });
  canvas.addEventListener("mousemove", (event) => {
    const region = hit(event);
    canvas.style.cursor = region && built().click ? "pointer" : "default";
    if ((region?.key ?? null) !== key) aim(region);
    if (region) showTip(built().tip?.(region.key) ?? "", event);
  });
  canvas.addEventListener("mouseleave", () => aim(null));
  canvas.addEventListener("click", (event) => {
    const region = hit(event);
    if (region) built().click?.(region.key);
    else if (state().pin) change({ pin: "" });
  });
  canvas.addEventListener("keydown", (event) => {
    const view = built();
    if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) {
      const region = view.next(key ?? view.pinned, ...ARROWS[event.key]);
      if (region) {
        stage.reveal(region);
        aim(region, view.speak(region.key));
      }
    } else if (event.key === "Enter" && key) view.click?.(key);
    else if (event.key === "Escape") {
      aim(null, "nothing selected");
      if (state().pin) change({ pin: "" });
    } else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (/** @type {Element} */ (event.target).closest?.("input, textarea, select") || event.metaKey) return;
    const layer = Number(selectOf("layer").value),
      head = Number(selectOf("head").value),
      layers = [...selectOf("layer").options].map((option) => Number(option.value));
    if (event.key === "[") change({ layer: layers.filter((one) => one < layer).at(-1) ?? layer, head });
    if (event.key === "]") change({ layer: layers.find((one) => one > layer) ?? layer, head });
    const view = VIEWS[Number(event.key) - 1];
    if (view && !event.ctrlKey && !event.altKey) change({ view });
  });
}

/** A line of text beside the pointer. */
function showTip(text, event) {
  const tip = $("tip");
  tip.hidden = !text;
  tip.textContent = text;
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  [tip.style.left, tip.style.top] = [`${Math.max(4, left)}px`, `${event.clientY + 18}px`];
}
