// What a chip card and the terminal have said to each other, newest first; each opens into its phases.

import { byId, make } from "./dom.js";

const KEPT = 20;
const MARKS = { good: "✓", bad: "✗", "": "·" };
const list = byId("stories");
let present = false; // a card
let latest;

export function clearStories() {
  latest = undefined;
  list.replaceChildren();
}

export function showPresent({ slot, field }) {
  const there = Boolean(slot || field.length);
  if (there === present) return;
  present = there;
  if (latest && !latest.decided) draw(latest);
}

// A story goes on while the card is there: it takes the place of what has been told of it.
export function showStory(story) {
  latest = story;
  draw(story);
}

function draw(story) {
  const before = list.querySelector(`[data-number="${story.number}"]`);
  const details = make("details", {}, summary(story), ...story.phases.map(phase));
  const item = make("li", { "data-number": story.number, "data-mood": goesOn(story) ? "" : story.mood }, details);
  details.open = before?.firstElementChild.open ?? false;
  if (before) before.replaceWith(item);
  else list.prepend(item);
  if (list.children.length > KEPT) list.lastElementChild.remove();
}

const goesOn = (story) => story === latest && present && !story.decided;

function summary(story) {
  const parts = [
    ["time", story.time],
    ["arrow", goesOn(story) ? "…" : MARKS[story.mood]],
    ["name", story.head.split(", ").slice(0, 2).join(" · ")],
    ["result", goesOn(story) ? "进行中 under way" : story.outcome],
  ];
  return make("summary", {}, ...parts.map(([className, text]) => make("span", { class: className }, text)));
}

function phase({ title, clause, lines }) {
  const told = lines.map(([mood, text]) => make("li", { "data-mood": mood }, `${MARKS[mood]} ${text}`));
  return make("section", {}, make("h3", {}, title, " ", make("small", {}, clause)), make("ul", {}, ...told));
}
