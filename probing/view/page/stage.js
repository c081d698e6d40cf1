// The picture on the page: a sheet as large as the scene, and a canvas as large as the visible part, so that 512 tokens
// cost no more than the visible ones.

import { $, canvasOf, contextOf } from "./dom.js";
import { paint } from "./scene.js";

let scene = null,
  marked = null;

function repaint() {
  const canvas = canvasOf("canvas"),
    frame = $("stage");
  if (!scene) return;
  const [width, height] = [frame.clientWidth, frame.clientHeight];
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
  }
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint(context, scene, [frame.scrollLeft, frame.scrollTop, width, height]);
  if (!marked) return;
  context.strokeStyle = scene.palette.minus;
  context.lineWidth = 2;
  context.setLineDash([]);
  context.strokeRect(marked.x - frame.scrollLeft, marked.y - frame.scrollTop, marked.w, marked.h);
}

/** Show a scene; `label` describes it to a screen reader. */
function show(next, label) {
  scene = next;
  marked = null;
  [$("sheet").style.width, $("sheet").style.height] = [`${next.width}px`, `${next.height}px`];
  $("canvas").setAttribute("aria-label", label);
  repaint();
}

/** Outline a region, or none. */
function mark(region) {
  marked = region;
  repaint();
}

/** Scroll until a region is visible. */
function reveal({ x, y, w, h }) {
  const frame = $("stage");
  const into = (at, size, from, room) => (at < from ? at - 8 : at + size > from + room ? at + size - room + 8 : from);
  frame.scrollTo(into(x, w, frame.scrollLeft, frame.clientWidth), into(y, h, frame.scrollTop, frame.clientHeight));
}

/** The position of the pointer in the scene. */
function at(event) {
  const box = $("canvas").getBoundingClientRect(),
    frame = $("stage");
  return [event.clientX - box.left + frame.scrollLeft, event.clientY - box.top + frame.scrollTop];
}

export const stage = { show, mark, reveal, at, repaint };

/** Repaint while the frame is scrolled. */
export function bindStage() {
  let waiting = false;
  $("stage").addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      repaint();
    });
  });
}
