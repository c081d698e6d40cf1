// A map as a picture, a pixel per cell or fewer.

import { contextOf } from "./dom.js";
import { mix } from "./palette.js";

/** A map as pixels, at most `side` per side; a pixel shows the largest of its weights, as strongly as `strength` says. */
export function thumbnail(grid, strength, side, palette) {
  const width = Math.min(side, grid.columns),
    height = Math.min(side, grid.rows);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, width), Math.max(1, height)];
  const context = contextOf(canvas);
  const pixels = context.createImageData(canvas.width, canvas.height);
  const ramp = Array.from({ length: 256 }, (_, i) => mix(palette.ground, palette.full, i / 255)).map((hex) =>
    [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)),
  );
  const most = new Float32Array(width * height);
  for (let row = 0; row < grid.rows; row++) {
    const line = Math.floor((row * height) / grid.rows) * width;
    for (let column = 0; column < grid.columns; column++) {
      const place = line + Math.floor((column * width) / grid.columns);
      most[place] = Math.max(most[place], grid.values[row * grid.columns + column]);
    }
  }
  most.forEach((value, place) => {
    const [r, g, b] = ramp[Math.round(strength(value) * 255)];
    pixels.data.set([r, g, b, 255], place * 4);
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}
