// Cards as they look: by name, out of what the bench has told of the wallet.

import { make, words } from "./dom.js";

const known = new Map();

export function remember(cards) {
  known.clear();
  for (const card of cards) known.set(card.id, card);
}

export const find = (name) => known.get(name);

// A picture of it; undefined for a card that nobody knows.
export function plastic(name) {
  const card = known.get(name);
  if (!card) return undefined;
  const element = make("div", { class: "card", "data-bank": card.bank });
  element.classList.toggle("unusable", !card.usable);
  element.classList.toggle("chip", card.chip);
  element.append(
    row("head", make("b", {}, ...words(...card.issuer)), make("span", {}, ...words(...card.purpose))),
    row("number", make("span", {}, card.number), make("span", {}, `PIN ${card.pin}`)),
    row("holder", make("span", {}, card.holder), make("span", {}, card.expiry)),
  );
  return element;
}

function row(name, left, right) {
  return make("p", { class: name }, left, " ", right);
}
