// The paper: strips as they leave the printer, slips that hang there until somebody tears them off, and the tray.

const path = document.getElementById("path");
const tray = document.getElementById("tray");
const tearOff = document.getElementById("tear");
const viewer = document.getElementById("viewer");
const hanging = new Map(); // slips at the printer, by number
let work = Promise.resolve(); // pictures are decoded in the background, and must not overtake each other
let torn = 0;
let visit = 0; // another run of the bench has other slips behind the same numbers

export function clearPaper() {
  work = work.then(() => {
    torn = 0;
    visit = Date.now();
    hanging.clear();
    path.replaceChildren();
    tray.replaceChildren();
  });
}

// `strip` is the slip's number (u16, little-endian) and a PNG, two pixels to the dot.
export function printStrip(strip) {
  work = work.then(async () => {
    const picture = await createImageBitmap(new Blob([strip.subarray(2)], { type: "image/png" }));
    await append(slipAt(strip[0] | strip[1] << 8), picture);
  });
}

// Slips up to `torn` are in the tray, up to `cut` they hang at the printer.
export function showSlips(slips) {
  work = work.then(() => {
    for (; torn < slips.torn; torn++) {
      hanging.get(torn)?.remove();
      hanging.delete(torn);
      tray.prepend(thumbnail(torn));
    }
    for (const [number, slip] of hanging) slip.classList.toggle("cut", number < slips.cut);
    tearOff.disabled = slips.cut === slips.torn;
  });
}

function slipAt(number) {
  if (!hanging.has(number)) {
    const slip = document.createElement("div");
    slip.className = "slip";
    slip.append(document.createElement("canvas"));
    slip.firstElementChild.height = 0;
    hanging.set(number, slip);
    path.prepend(slip);
  }
  return hanging.get(number);
}

async function append(slip, strip) {
  const canvas = slip.firstElementChild;
  const before = canvas.height && await createImageBitmap(canvas);
  canvas.width = strip.width;
  canvas.height = (before.height ?? 0) + strip.height; // and this wipes it
  const context = canvas.getContext("2d");
  if (before) context.drawImage(before, 0, 0);
  context.drawImage(strip, 0, canvas.height - strip.height);
}

function thumbnail(number) {
  const button = document.createElement("button");
  const image = document.createElement("img");
  button.type = "button";
  image.src = `slips/${number}.png?${visit}`;
  image.alt = `第 ${number + 1} 张小票 Slip ${number + 1}`;
  button.append(image);
  button.addEventListener("click", () => {
    const large = viewer.querySelector("img");
    large.src = image.src;
    large.alt = image.alt;
    viewer.showModal();
  });
  return button;
}
