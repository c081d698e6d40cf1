// Packed arrays: base64 of gzip of whole levels. They are unpacked one layer at a time, when a view first needs them, and
// kept as levels; a table has the number for each level.

import { $ } from "./dom.js";

/** One document: its header, and its arrays by name ("attention/3"). `read(name)` gives an array's base64 text. */
export class PageDocument {
  constructor(header, read) {
    this.header = header;
    this.read = read;
    this.unpacked = new Map();
    this.waiting = new Map();
  }

  has(kind) {
    return `${kind}/${this.header.layers[0]}` in this.header.arrays;
  }

  /** The unpacked array {levels, table, shape}; null until `load` has unpacked it. */
  array(kind, layer) {
    return this.unpacked.get(`${kind}/${layer}`) ?? null;
  }

  async load(kind, layer) {
    const name = `${kind}/${layer}`;
    if (!this.unpacked.has(name)) {
      if (!this.waiting.has(name)) this.waiting.set(name, unpack(this.read(name), this.header.arrays[name]));
      this.unpacked.set(name, await this.waiting.get(name));
      this.waiting.delete(name);
    }
    return this.unpacked.get(name);
  }
}

const OLD = "this browser is too old to unpack the numbers; use Chrome 80, Edge 80, Firefox 113, Safari 16.4 or later";

async function unpack(text, { shape, bits, law, scale }) {
  if (typeof DecompressionStream === "undefined") throw new Error(OLD);
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  const levels = bits === 16 ? new Uint16Array(bytes) : new Uint8Array(bytes);
  const numbers = table(bits, law, scale);
  let highest = 0;
  for (const level of levels) if (level > highest) highest = level;
  return { levels, table: numbers, shape, largest: numbers[highest] };
}

function table(bits, law, scale) {
  const top = law === "sqrt" ? 2 ** bits - 1 : 2 ** bits - 2;
  const number = law === "sqrt" ? (q) => scale * (q / top) ** 2 : (q) => scale * ((2 * q) / top - 1);
  return Float32Array.from({ length: 2 ** bits }, (_, q) => number(q));
}

/** The documents inside the page. */
export function documentsOfPage() {
  const headers = JSON.parse($("documents").textContent ?? "[]");
  const found = new Map();
  const elements = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("script[data-array]"));
  for (const element of elements) found.set(element.dataset.array, element);
  return headers.map((header, number) => new PageDocument(header, (name) => found.get(`${number}/${name}`).textContent));
}
