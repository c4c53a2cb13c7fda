// The paper: strips as they leave the printer, slips that hang there until somebody tears them off, and the tray.

import { byId, make } from "./dom.js";
import { onKey, tell } from "./keys.js";

const path = byId("path");
const tray = byId("tray");
const tearOff = byId("tear");
const viewer = byId("viewer");
const hanging = new Map(); // slips at the printer, by number
let work = Promise.resolve(); // pictures are decoded in the background, and must not overtake each other
let torn = 0;
let seen; // in the tray, the one that the viewer shows
let visit = 0; // another run of the bench has other slips behind the same numbers

export function listenToPaper(send) {
  const group = "打印纸 Paper";
  tearOff.addEventListener("click", () => send({ do: "tear" }));
  onKey(group, "r", "撕纸", "tear off", () => send({ do: "tear" }));
  onKey(group, "g", "看最近撕下的小票", "look at the last slip", () => tray.firstElementChild?.click());
  tell(group, "← →", "下一张、上一张（看小票时）", "next, previous (at a slip)");
  viewer.addEventListener("keydown", (event) => {
    const beside = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
    if (beside) seen?.[beside]?.click();
  });
}

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
    const slip = make("div", { class: "slip" }, make("canvas", { height: 0 }));
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
  const address = (kind) => `slips/${number}.${kind}?${visit}`;
  const name = `第 ${number + 1} 张小票 Slip ${number + 1}`;
  const button = make("button", { type: "button" }, make("img", { src: address("png"), alt: name }));
  button.addEventListener("click", () => {
    seen = button;
    const large = viewer.querySelector("img");
    large.src = address("png");
    large.alt = name;
    for (const kind of ["png", "txt"]) {
      const link = byId(`save-${kind}`);
      link.href = address(kind);
      link.download = `slip-${number + 1}.${kind}`;
    }
    if (!viewer.open) viewer.showModal();
  });
  return button;
}
