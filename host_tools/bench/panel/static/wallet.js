// The wallet: cards to click, to drag to the slot, or to choose with the arrows and swipe with S. One that has a chip can
// be put in (I), and held to the reader (T); what a click does, the buttons below say.

import { isForThePage } from "./keypad.js";

const DRAG_PX = 6; // less is a click with an unsteady hand
const REACH_PX = 40; // how near to the slot a card may be let go
const SWIPE_MS = 520;
const wallet = document.getElementById("cards");
const slot = document.getElementById("slot");
const badSwipe = document.getElementById("bad-swipe");
const ways = document.getElementById("ways");
const pull = document.getElementById("pull");
const KEYS = { s: "swipe", i: "insert", t: "tap" };
let send;

export function listenToWallet(sendOrder) {
  send = sendOrder;
  wallet.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // these arrows are not the terminal's
    const cards = [...wallet.children];
    select(cards.at((cards.indexOf(selected()) + step) % cards.length)).focus();
  });
  addEventListener("keydown", (event) => {
    const way = KEYS[event.key.toLowerCase()];
    if (way && !event.repeat && !isForThePage(event)) pay(selected(), way);
  });
  for (const button of ways.querySelectorAll("[data-way]")) {
    button.addEventListener("click", () => {
      for (const other of ways.querySelectorAll("[data-way]")) other.setAttribute("aria-checked", other === button);
    });
  }
  pull.addEventListener("click", () => send({ do: "pull" }));
  badSwipe.addEventListener("click", () => setPressed(badSwipe, !isPressed(badSwipe)));
}

export function fillWallet(cards) {
  wallet.replaceChildren(...cards.map(draw));
  const chips = cards.some((card) => card.chip);
  ways.hidden = !chips;
  for (const hint of document.querySelectorAll(".hint .chips")) hint.hidden = !chips;
  select(wallet.firstElementChild);
}

// Which card is in the slot, if any.
export function showSlot(name) {
  pull.hidden = !name;
  for (const card of wallet.children) card.classList.toggle("inserted", card.dataset.card === name);
}

function draw(card) {
  const element = document.createElement("div");
  element.className = "card";
  element.dataset.card = card.id;
  element.dataset.bank = card.bank;
  element.classList.toggle("unusable", !card.usable);
  element.classList.toggle("chip", card.chip);
  element.setAttribute("role", "radio");
  element.append(
    line("head", words("b", ...card.issuer), words("span", ...card.purpose)),
    line("number", words("span", card.number), words("span", "", `PIN ${card.pin}`)),
    line("holder", words("span", card.holder), words("span", card.expiry)),
  );
  listenToCard(element);
  return element;
}

function line(className, left, right) {
  const paragraph = document.createElement("p");
  paragraph.className = className;
  paragraph.append(left, " ", right);
  return paragraph;
}

// Chinese words, then small English ones.
function words(tag, chinese, english) {
  const element = document.createElement(tag);
  element.textContent = chinese;
  if (english) {
    const small = document.createElement("small");
    small.lang = "en";
    small.textContent = english;
    element.append(" ", small);
  }
  return element;
}

function listenToCard(card) {
  let start, ghost, dragged;
  card.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button || event.pointerType === "touch") return; // a finger scrolls the wallet
    start = event;
    card.setPointerCapture(event.pointerId);
  });
  card.addEventListener("pointermove", (event) => {
    if (!start) return;
    const x = event.clientX - start.clientX, y = event.clientY - start.clientY;
    if (!ghost && Math.hypot(x, y) < DRAG_PX) return;
    ghost ??= lift(card);
    dragged = true;
    ghost.style.transform = `translate(${x}px, ${y}px) rotate(3deg)`;
    slot.classList.toggle("near", isNearSlot(event));
  });
  card.addEventListener("lostpointercapture", () => {
    ghost?.remove();
    card.classList.remove("lifted");
    slot.classList.remove("near");
    start = ghost = undefined;
  });
  card.addEventListener("pointerup", (event) => {
    if (ghost && isNearSlot(event)) swipe(card);
  });
  card.addEventListener("click", () => {
    if (!dragged) pay(card, ways.querySelector('[aria-checked="true"]').dataset.way);
  });
}

function lift(card) {
  const place = card.getBoundingClientRect();
  const ghost = card.cloneNode(true);
  ghost.classList.add("ghost");
  Object.assign(ghost.style, { left: `${place.left}px`, top: `${place.top}px`, width: `${place.width}px` });
  ghost.removeAttribute("role");
  document.body.append(ghost);
  card.classList.add("lifted");
  return ghost;
}

function isNearSlot({ clientX, clientY }) {
  const place = slot.getBoundingClientRect();
  return clientX > place.left - REACH_PX && clientX < place.right + REACH_PX
    && clientY > place.top - REACH_PX && clientY < place.bottom + REACH_PX;
}

// A card without a chip can only be swiped.
function pay(card, way) {
  if (way === "swipe" || !card.classList.contains("chip")) return swipe(card);
  select(card);
  send({ do: way, card: card.dataset.card });
}

function swipe(card) {
  select(card);
  send({ do: "swipe", card: card.dataset.card, readable: !isPressed(badSwipe) });
  setPressed(badSwipe, false);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) runThroughSlot(card);
}

function runThroughSlot(card) {
  const runner = document.createElement("div");
  runner.className = "runner";
  runner.dataset.bank = card.dataset.bank;
  slot.append(runner);
  const way = slot.clientHeight - runner.clientHeight;
  runner.animate(
    [{ transform: "translateY(-30px)", opacity: 0 }, { opacity: 1, offset: 0.15 }, { opacity: 1, offset: 0.85 },
      { transform: `translateY(${way + 30}px)`, opacity: 0 }],
    { duration: SWIPE_MS, easing: "cubic-bezier(.4, 0, .4, 1)" },
  ).finished.then(() => runner.remove());
}

function selected() {
  return wallet.querySelector('[aria-checked="true"]');
}

function select(card) {
  for (const other of wallet.children) {
    other.setAttribute("aria-checked", other === card);
    other.tabIndex = other === card ? 0 : -1;
  }
  return card;
}

function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

function setPressed(button, pressed) {
  button.setAttribute("aria-pressed", pressed);
}
