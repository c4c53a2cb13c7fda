// The wallet: cards to search, to choose with the arrows, and to pay with by S, I or T, the buttons below, or by dragging.

import { byId, isPressed, make, setChecked, setPressed } from "./dom.js";
import { letDrag } from "./drag.js";
import { onKey, tell } from "./keys.js";
import { find, plastic, remember } from "./plastic.js";

const SWIPE_MS = 520;
const KEPT = "suanpan-card";
const TOP = 24; // cards that are in sight before anybody asks for more
const wallet = byId("cards");
const search = byId("search");
const more = byId("more-cards");
const badSwipe = byId("bad-swipe");
const name = byId("chosen-card");
const WAYS = {
  swipe: ["s", "刷卡", "swipe"], insert: ["i", "插卡", "insert"], tap: ["t", "挥卡", "tap"],
};
let send;
let cards = [];
let chosen = sessionStorage.getItem(KEPT) ?? "";
let all = false;

export function listenToWallet(sendOrder) {
  send = sendOrder;
  const group = "卡 Cards";
  for (const [way, [key, chinese, english]] of Object.entries(WAYS)) {
    onKey(group, key, chinese, english, () => pay(chosen, way));
    document.querySelector(`[data-way="${way}"]`).addEventListener("click", () => pay(chosen, way));
  }
  onKey(group, "p", "拔卡、拿开", "pull out, take away", () => send({ do: "pull" }));
  onKey(group, "x", "下一次刷卡读错", "the next swipe is bad", toggleBad);
  onKey(group, "w", "到钱包", "to the wallet", () => selected()?.focus());
  onKey(group, "/", "找卡", "search", () => search.focus());
  tell(group, "↑ ↓", "选卡（在钱包里）", "choose (in the wallet)");
  byId("pull").addEventListener("click", () => send({ do: "pull" }));
  name.addEventListener("click", () => {
    wallet.scrollIntoView({ block: "center" });
    selected()?.scrollIntoView({ block: "nearest" });
  });
  badSwipe.addEventListener("click", toggleBad);
  more.addEventListener("click", () => {
    all = !all;
    draw();
  });
  search.addEventListener("input", draw);
  search.addEventListener("keydown", (event) => {
    if (!["Enter", "Escape", "ArrowDown"].includes(event.key) || event.isComposing) return;
    event.preventDefault();
    if (event.key === "Escape") {
      search.value = "";
      draw();
    }
    (selected() ?? wallet.firstElementChild ?? search).focus();
  });
  wallet.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // these arrows are not the terminal's
    const shown = [...wallet.children];
    const next = shown.at((shown.indexOf(selected()) + step) % shown.length);
    if (next) select(next).focus();
  });
}

export function fillWallet(told) {
  cards = told;
  remember(cards);
  if (!find(chosen)) chosen = cards[0]?.id ?? "";
  draw();
}

// Which cards are out of the wallet.
export function showOut(status) {
  const out = [status.slot, ...status.field];
  for (const card of wallet.children) card.classList.toggle("out", out.includes(card.dataset.card));
  byId("pull").disabled = !out.some(Boolean);
}

function draw() {
  const wanted = search.value.trim().toLowerCase();
  const found = wanted ? matching(wanted) : all ? cards : cards.slice(0, TOP);
  wallet.replaceChildren(...found.map(drawn));
  if ((wanted || !selected()) && wallet.firstElementChild) select(wallet.firstElementChild);
  more.hidden = Boolean(wanted) || cards.length <= TOP;
  more.replaceChildren(...(all ? ["收起 ", make("small", { lang: "en" }, "Fewer")]
    : [`全部 ${cards.length} 张 `, make("small", { lang: "en" }, `All ${cards.length}`)]));
  byId("no-cards").hidden = found.length > 0;
  if (selected()) select(selected());
}

// A card of just this name comes first.
function matching(wanted) {
  const found = cards.filter((card) => spoken(card).includes(wanted));
  return found.sort((one, other) => (other.id === wanted) - (one.id === wanted));
}

const spoken = ({ id, issuer, purpose, number, holder, pin }) =>
  [id, ...issuer, ...purpose, number, number.replaceAll(" ", ""), holder, pin].join(" ").toLowerCase();

function drawn(card) {
  const element = plastic(card.id);
  element.dataset.card = card.id;
  element.setAttribute("role", "radio");
  element.setAttribute("aria-label", [...card.issuer, ...card.purpose, card.number].filter(Boolean).join(" "));
  setChecked(element, card.id === chosen);
  element.tabIndex = card.id === chosen ? 0 : -1;
  element.addEventListener("click", () => select(element));
  letDrag(element, (way) => pay(card.id, way));
  return element;
}

function selected() {
  return [...wallet.children].find((card) => card.dataset.card === chosen);
}

function select(element) {
  chosen = element.dataset.card;
  for (const other of wallet.children) {
    setChecked(other, other === element);
    other.tabIndex = other === element ? 0 : -1;
  }
  sessionStorage.setItem(KEPT, chosen);
  const card = find(chosen);
  name.replaceChildren(card.purpose[0] || card.issuer[0], make("small", {}, `·· ${card.number.slice(-4)}`));
  document.querySelector('[data-way="insert"]').disabled = !card.chip;
  document.querySelector('[data-way="tap"]').disabled = !card.taps;
  return element;
}

function pay(name, way) {
  const element = [...wallet.children].find((card) => card.dataset.card === name);
  if (!name) return;
  if (element) select(element);
  if (way !== "swipe") return send({ do: way, card: name });
  send({ do: "swipe", card: name, readable: !isPressed(badSwipe) });
  setBad(false);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) runThrough(name);
}

function runThrough(name) {
  const stripe = byId("stripe");
  const runner = make("div", { class: "runner", "data-bank": find(name)?.bank });
  stripe.append(runner);
  const way = stripe.clientHeight - runner.clientHeight;
  runner.animate(
    [{ transform: "translateY(-30px)", opacity: 0 }, { opacity: 1, offset: 0.15 }, { opacity: 1, offset: 0.85 },
      { transform: `translateY(${way + 30}px)`, opacity: 0 }],
    { duration: SWIPE_MS, easing: "cubic-bezier(.4, 0, .4, 1)" },
  ).finished.then(() => runner.remove());
}

function toggleBad() {
  setBad(!isPressed(badSwipe));
}

function setBad(bad) {
  setPressed(badSwipe, bad);
  document.querySelector('[data-way="swipe"]').classList.toggle("bad", bad);
}
