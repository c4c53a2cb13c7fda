// The display: one canvas pixel for each pixel of the glass, enlarged by the style sheet alone.

const LIT = [160, 224, 255, 255], DARK = [7, 11, 18, 255]; // RGBA
const canvas = document.getElementById("display");
const text = document.getElementById("text");
const context = canvas.getContext("2d");
const image = context.createImageData(canvas.width, canvas.height);

// `rows` has a bit for each pixel: top row first, leftmost pixel in the top bit.
export function showPixels(rows) {
  for (let i = 0; i < canvas.width * canvas.height; i++) {
    image.data.set(rows[i >> 3] & (0x80 >> (i & 7)) ? LIT : DARK, 4 * i);
  }
  context.putImageData(image, 0, 0);
}

export function showText(lines) {
  text.textContent = lines.join("，");
}

showPixels(new Uint8Array(canvas.width * canvas.height / 8));
