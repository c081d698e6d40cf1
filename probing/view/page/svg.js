// A scene as an SVG document, and as a PNG of twice its size.

import { contextOf } from "./dom.js";
import { FONT, paint } from "./scene.js";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const PNG_SIDE = 16_000; // pixels: browsers draw no larger canvas

// XML 1.0 allows no control characters, not even escaped ones
const xml = (text) =>
  String(text)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replace(/[&<>"]/g, (character) => ENTITIES[character]);
const short = (number) => String(Math.round(number * 100) / 100);

/** The whole scene as SVG text, with a title and a description. */
export function svg(of, title, description) {
  const [width, height] = [of.width, of.height].map(Math.ceil),
    { palette } = of;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" font-family="${xml(FONT)}" role="img">`,
    `<title>${xml(title)}</title><desc>${xml(description)}</desc>`,
    `<rect width="100%" height="100%" fill="${palette.ground}"/>`,
    ...of.marks.map(element),
    "</svg>\n",
  ].join("\n");
}

function element(mark) {
  const alpha = mark.alpha === undefined ? "" : ` opacity="${short(mark.alpha)}"`;
  if (mark.text !== undefined) return textElement(mark, alpha);
  if (mark.rect) return rectElement(mark, alpha);
  if (mark.lines) return linesElement(mark, alpha);
  if (mark.arc) {
    const [x1, y1, x2, y2, h] = mark.arc.map(Number);
    const point = (x, y) => `${short(x)} ${short(y)}`;
    const path = `M${point(x1, y1)}C${point(x1, y1 - h)} ${point(x2, y2 - h)} ${point(x2, y2)}`;
    return `<path d="${path}" fill="none" stroke="${mark.colour}" stroke-width="${mark.width ?? 1}"${alpha}/>`;
  }
  const [x, y, w, h] = [mark.x, mark.y, mark.w, mark.h].map(short);
  return (
    `<image x="${x}" y="${y}" width="${w}" height="${h}" preserveAspectRatio="none" ` +
    `style="image-rendering:pixelated" href="${mark.image.toDataURL("image/png")}"/>`
  );
}

function textElement({ text, x, y, size = 12, fill, anchor = "start", bold, turn }, alpha) {
  const turned = turn ? ` transform="rotate(${turn} ${short(x)} ${short(y)})"` : "";
  return (
    `<text x="${short(x)}" y="${short(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}" ` +
    `dominant-baseline="central"${bold ? ' font-weight="600"' : ""}${turned}${alpha} xml:space="preserve">` +
    `${xml(text)}</text>`
  );
}

function rectElement({ rect, fill, stroke }, alpha) {
  const [x, y, w, h] = rect.map(short);
  const edge = stroke ? ` stroke="${stroke}"` : "";
  return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill ?? "none"}"${edge}${alpha}/>`;
}

function linesElement({ lines, colour, width = 1, dash = [] }, alpha) {
  let path = "";
  for (let i = 0; i < lines.length; i += 4) {
    path += `M${short(lines[i])} ${short(lines[i + 1])}L${short(lines[i + 2])} ${short(lines[i + 3])}`;
  }
  const dashes = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dashes}${alpha}/>`;
}

/** The whole scene as a PNG blob, at twice its size if the browser can draw that. */
export function png(of) {
  const [width, height] = [of.width, of.height].map(Math.ceil);
  const factor = Math.min(2, PNG_SIDE / width, PNG_SIDE / height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * factor), Math.round(height * factor)];
  const context = contextOf(canvas);
  context.scale(factor, factor);
  paint(context, of, [0, 0, width, height]);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Let the reader save a file. */
export function save(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
