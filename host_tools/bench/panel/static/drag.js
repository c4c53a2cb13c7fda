// Dragging a card out of the wallet to the stripe reader, the slot or the antenna. A finger that moves at once scrolls
// the wallet; one that rests on a card first takes it.

import { byId } from "./dom.js";

const DRAG_PX = 6; // less is a click with an unsteady hand
const REST_MS = 250;
const REACH_PX = 40; // how near to its place a card may be let go
const PLACES = { swipe: byId("stripe"), insert: byId("slot"), tap: byId("antenna") };

// `dropped(way)`: what it was let go at.
export function letDrag(card, dropped) {
  let start, ghost, rest;
  card.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    start = event;
    card.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") rest = setTimeout(() => { ghost = lift(card); }, REST_MS);
  });
  card.addEventListener("pointermove", (event) => {
    if (!start) return;
    const x = event.clientX - start.clientX, y = event.clientY - start.clientY;
    if (!ghost && Math.hypot(x, y) < DRAG_PX) return;
    if (!ghost && event.pointerType === "touch") return clearTimeout(rest);
    ghost ??= lift(card);
    ghost.style.transform = `translate(${x}px, ${y}px) rotate(2deg)`;
    mark(wayAt(event));
  });
  card.addEventListener("pointerup", (event) => {
    const way = ghost && wayAt(event);
    if (way) dropped(way);
  });
  card.addEventListener("touchmove", (event) => {
    if (ghost) event.preventDefault(); // the page stays where it is
  }, { passive: false });
  card.addEventListener("contextmenu", (event) => {
    if (ghost) event.preventDefault();
  });
  card.addEventListener("lostpointercapture", () => {
    clearTimeout(rest);
    ghost?.remove();
    card.classList.remove("lifted");
    document.body.classList.remove("dragging");
    mark("");
    start = ghost = undefined;
  });
}

function lift(card) {
  const place = card.getBoundingClientRect();
  const ghost = card.cloneNode(true);
  ghost.classList.add("ghost");
  Object.assign(ghost.style, { left: `${place.left}px`, top: `${place.top}px`, width: `${place.width}px` });
  for (const name of ["role", "tabindex", "data-card"]) ghost.removeAttribute(name);
  document.body.append(ghost);
  document.body.classList.add("dragging");
  card.classList.add("lifted");
  return ghost;
}

function mark(way) {
  for (const [name, place] of Object.entries(PLACES)) place.classList.toggle("near", name === way);
}

// The nearest of the places within reach; "" for none.
function wayAt({ clientX, clientY }) {
  const found = Object.entries(PLACES).map(([way, place]) => [distance(place, clientX, clientY), way]).sort(
    ([one], [other]) => one - other);
  return found[0][0] <= REACH_PX ? found[0][1] : "";
}

function distance(place, x, y) {
  const { left, right, top, bottom } = place.getBoundingClientRect();
  return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
}
