// The display: one canvas pixel for each pixel of the glass, as large as the style sheet makes a millimetre.

import { byId } from "./dom.js";

const LIT = [160, 224, 255, 255], DARK = [7, 11, 18, 255]; // RGBA
const canvas = byId("display");
const text = byId("text");
const context = canvas.getContext("2d");
let image;

export function showGlass({ columns, rows }) {
  if (image && canvas.width === columns && canvas.height === rows) return;
  canvas.width = columns;
  canvas.height = rows;
  image = context.createImageData(columns, rows);
  showPixels(new Uint8Array(columns * rows / 8));
}

// Top row first: a bit for each pixel, leftmost in the top bit; or three bytes for each, red first.
export function showPixels(bytes) {
  const pixels = canvas.width * canvas.height;
  const { data } = image;
  if (bytes.length === pixels / 8) {
    for (let i = 0; i < pixels; i++) data.set(bytes[i >> 3] & (0x80 >> (i & 7)) ? LIT : DARK, 4 * i);
  } else if (bytes.length === pixels * 3) {
    for (let i = 0; i < pixels; i++) {
      data[4 * i] = bytes[3 * i];
      data[4 * i + 1] = bytes[3 * i + 1];
      data[4 * i + 2] = bytes[3 * i + 2];
      data[4 * i + 3] = 255;
    }
  } else return; // of another board's glass
  context.putImageData(image, 0, 0);
}

export function showText(lines) {
  text.textContent = lines.join("，");
}
