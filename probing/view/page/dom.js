// Elements of the page by their id, each of the kind that it is.

/**
 * Any element. Raises an error for an id that the page does not have.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function $(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

/**
 * An element that must be of one kind.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function of(id, kind) {
  const found = $(id);
  if (!(found instanceof kind)) throw new Error(`#${id} is no ${kind.name}`);
  return found;
}

export const canvasOf = (/** @type {string} */ id) => of(id, HTMLCanvasElement);
export const inputOf = (/** @type {string} */ id) => of(id, HTMLInputElement);
export const selectOf = (/** @type {string} */ id) => of(id, HTMLSelectElement);
export const boxOf = (/** @type {string} */ id) => of(id, HTMLTextAreaElement);
export const buttonOf = (/** @type {string} */ id) => of(id, HTMLButtonElement);
export const linkOf = (/** @type {string} */ id) => of(id, HTMLAnchorElement);
export const dialogOf = (/** @type {string} */ id) => of(id, HTMLDialogElement);
export const inlineFrameOf = (/** @type {string} */ id) => of(id, HTMLIFrameElement);

/**
 * The drawing context of a canvas.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function contextOf(canvas) {
  const found = canvas.getContext("2d");
  if (!found) throw new Error("this browser gives no canvas to draw on");
  return found;
}
