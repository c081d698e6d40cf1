// Text boxes: the views follow what is typed. The page sends requests to its own server, one at a time.

import { $, boxOf } from "./dom.js";

/**
 * Show the text boxes and keep the page up to date with them. `onDocument(header, arrays)` draws a document and
 * returns a promise; `onModel(found)` is told what GET /api/model says once the model is loaded. Returns {want, ask}: `want(parts)` sets what is computed from now on besides attention and rollout
 * (a list of norm, neurons, flow; null: norm and neurons), and `ask()` sends the request again.
 * `document.body.dataset.live` is loading, busy, ready or error; #status shows the stage, the timings, or the error.
 */
export function live(onDocument, onModel) {
  const pauseMs = 150; // after the last keystroke, before a request is sent
  const pollMs = 300;
  const absentMs = 1000; // between two attempts to reach a server that does not answer
  const box = boxOf("text");
  const boxB = boxOf("text-b");
  const status = $("status");
  let model = null;
  let parts = null;
  let timer = 0;
  let asking = false;
  let again = false;

  function setStatus(state, message) {
    document.body.dataset.live = state;
    if (status.textContent !== message) status.textContent = message; // a screen reader should not repeat it
  }

  function absent() {
    model = null;
    setStatus("error", "The explorer does not answer. Start it with python -m pipelines.explore; this page then continues.");
    setTimeout(poll, absentMs);
  }

  async function poll() {
    let found;
    try {
      found = await (await fetch("/api/model", { cache: "no-store" })).json();
    } catch {
      absent();
      return;
    }
    if (found.error) {
      setStatus("error", found.error);
      setTimeout(poll, absentMs);
    } else if (!found.ready) {
      setStatus("loading", `${found.stage}: ${found.seconds.toFixed(0)} s`);
      setTimeout(poll, pollMs);
    } else {
      model = found;
      onModel(found);
      if (!box.value && !boxB.value) box.value = found.text ?? "";
      await ask();
    }
  }

  async function ask() {
    clearTimeout(timer);
    if (!model) return; // poll sends the request as soon as the model is ready
    again = asking;
    if (asking) return; // after this answer only the newest text is sent
    asking = true;
    try {
      do {
        again = false;
        await send();
      } while (again && model);
    } finally {
      asking = false;
    }
  }

  async function send() {
    if (!box.value.trim()) {
      setStatus("ready", "Type a few words.");
      return;
    }
    setStatus("busy", "computing …");
    const began = performance.now();
    const body = JSON.stringify({
      text: box.value,
      text_b: boxB.value.trim() ? boxB.value : null,
      ...(parts && { parts }),
    });
    let answer;
    let found;
    try {
      answer = await fetch("/api/view", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      found = await answer.json();
    } catch {
      absent();
      return;
    }
    if (again) return; // a newer text is waiting
    if (answer.status === 503) {
      model = null;
      setStatus("loading", found.error);
      setTimeout(poll, pollMs);
    } else if (!answer.ok) {
      setStatus("error", found.error);
    } else {
      await draw(found, performance.now() - began);
    }
  }

  async function draw(found, tripMs) {
    const began = performance.now();
    try {
      await onDocument(found.header, found.arrays);
    } catch (error) {
      setStatus("error", `The page could not draw this: ${error instanceof Error ? error.message : error}`);
      throw error;
    }
    const { forward = 0, analysis = 0, packing = 0 } = found.header.timings_ms;
    const times = { forward, analysis, packing, "round trip": tripMs, drawing: performance.now() - began };
    const line = Object.entries(times).map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`);
    setStatus("ready", line.join(" · "));
  }

  function typed() {
    clearTimeout(timer);
    timer = setTimeout(ask, pauseMs);
  }

  box.addEventListener("input", typed);
  boxB.addEventListener("input", typed);
  $("live").hidden = false;
  setStatus("loading", "connecting …");
  poll();
  return {
    ask,
    want(wanted) {
      parts = wanted;
    },
  };
}
