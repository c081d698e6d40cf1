// The button "why?": the server diagnoses the text that is typed, and its page opens over this one.

import { $, boxOf, buttonOf, dialogOf, inlineFrameOf, linkOf, selectOf } from "./dom.js";

/** @typedef {{classifiers: {task: string, classes: string[]}[], missing: string | null, stage: string | null, seconds: number | null}} Offer */

const POLL_MS = 500;
const FIRST = "the first time also the training vectors are loaded";

/** Bind the button once. Returns a function that takes what the server says of it: `why` of GET /api/model. */
export function bindWhy() {
  const dialog = dialogOf("why");
  const list = selectOf("why-label");
  const page = inlineFrameOf("why-page");
  /** @type {Offer | null} */
  let offer = null;
  let answered = ""; // the request whose answer is in the dialog
  let asking = false;

  /** Say something in the dialog: state is busy, error or ready. */
  function say(state, text) {
    dialog.dataset.state = state;
    if ($("why-said").textContent !== text) $("why-said").textContent = text;
    page.hidden = state !== "ready";
    linkOf("why-open").hidden = state !== "ready";
  }

  function open() {
    if (!dialog.open) dialog.showModal();
  }

  async function ask() {
    if (!offer || asking) {
      if (asking) open();
      return;
    }
    const text = boxOf("text").value;
    const request = JSON.stringify({ text, ...choice(offer, list.value) });
    if (request === answered) {
      open();
      return;
    }
    $("why-title").textContent = "Why?";
    answered = "";
    if (offer.missing) say("error", offer.missing);
    else if (!text.trim()) say("error", "Type a few words first.");
    else if (!list.value) say("error", "Choose the right class of the text first, in the list beside the button.");
    else {
      $("why-title").textContent = text;
      void answer(request); // which the dialog shows while it is open
    }
    open();
  }

  async function answer(request) {
    asking = true;
    const timer = setInterval(progress, POLL_MS);
    const began = performance.now();
    say("busy", `measuring … (${usual(offer)})`);

    async function progress() {
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      const stage = await stageNow();
      if (asking) say("busy", `${stage ?? "waiting"}: ${seconds} s (${usual(offer)})`);
    }

    try {
      const came = await fetch("/api/why", { method: "POST", headers: { "Content-Type": "application/json" }, body: request });
      const found = await came.json();
      asking = false;
      if (came.ok) show(request, found);
      else say("error", found.error);
    } catch {
      say("error", "The explorer does not answer. Start it with python -m pipelines.explore, and ask again.");
    } finally {
      asking = false;
      clearInterval(timer);
    }
  }

  function show(request, found) {
    const [one] = found.diagnosis.texts;
    answered = request;
    if (offer) offer = { ...offer, seconds: found.seconds };
    page.src = found.page;
    linkOf("why-open").href = found.page;
    const sure = `${(100 * one.confidence).toFixed(1)} %`;
    say("ready", `${found.diagnosis.classifier}: ${one.answer} (${sure}); right: ${one.label}. Verdict: ${one.verdict.kind}.`);
  }

  buttonOf("why-ask").addEventListener("click", ask);
  buttonOf("why-close").addEventListener("click", () => dialog.close());
  /** @param {Offer | null} why */
  return (why) => {
    offer = why;
    buttonOf("why-ask").disabled = !why;
    $("why-labels").hidden = !why?.classifiers.length;
    if (why) fill(list, why);
  };
}

/** What the server is doing; null if it does not say. */
async function stageNow() {
  try {
    return (await (await fetch("/api/model", { cache: "no-store" })).json()).why?.stage ?? null;
  } catch {
    return null; // the request itself will say that the server is gone
  }
}

/** How long an answer takes, in words. */
function usual(/** @type {Offer | null} */ offer) {
  return offer?.seconds ? `about ${offer.seconds.toFixed(0)} s` : `mostly less than a minute; ${FIRST}`;
}

/** The class and the task that a value of the list stands for. */
function choice(/** @type {Offer} */ { classifiers }, /** @type {string} */ value) {
  const [task, label] = value.split("/").map(Number);
  const one = value ? classifiers[task] : null;
  return { label: one?.classes[label] ?? "", task: one?.task ?? null };
}

/** The classes of every classifier; the list begins with no choice. What was chosen stays. */
function fill(/** @type {HTMLSelectElement} */ list, /** @type {Offer} */ { classifiers }) {
  const kept = list.value;
  const groups = classifiers.map(({ task, classes }, at) => {
    const group = Object.assign(document.createElement("optgroup"), { label: task });
    group.append(...classes.map((name, number) => new Option(name, `${at}/${number}`)));
    return group;
  });
  list.replaceChildren(new Option("choose …", ""), ...groups);
  list.value = kept;
}
