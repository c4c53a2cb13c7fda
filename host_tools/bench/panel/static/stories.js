// What a chip card and the terminal have said to each other, newest first; each opens into its phases.

import { byId, make } from "./dom.js";

const KEPT = 20;
const MARKS = { good: "✓", bad: "✗", "": "·" };
const list = byId("stories");

export function clearStories() {
  list.replaceChildren();
}

// A story goes on while the card is there: it takes the place of what has been told of it.
export function showStory(story) {
  const before = list.querySelector(`[data-number="${story.number}"]`);
  const details = make("details", {}, summary(story), ...story.phases.map(phase));
  const item = make("li", { "data-number": story.number, "data-mood": story.mood }, details);
  details.open = before?.firstElementChild.open ?? false;
  if (before) before.replaceWith(item);
  else list.prepend(item);
  if (list.children.length > KEPT) list.lastElementChild.remove();
}

function summary(story) {
  const parts = [
    ["time", story.time],
    ["arrow", MARKS[story.mood]],
    ["name", story.head.split(", ").slice(0, 2).join(" · ")],
    ["result", story.outcome],
  ];
  return make("summary", {}, ...parts.map(([className, text]) => make("span", { class: className }, text)));
}

function phase({ title, clause, lines }) {
  const told = lines.map(([mood, text]) => make("li", { "data-mood": mood }, `${MARKS[mood]} ${text}`));
  return make("section", {}, make("h3", {}, title, " ", make("small", {}, clause)), make("ul", {}, ...told));
}
