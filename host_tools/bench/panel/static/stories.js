// What a chip card and the terminal have said to each other, newest first; each opens into its phases.

const KEPT = 20;
const MARKS = { good: "✓", bad: "✗", "": "·" };
const section = document.getElementById("chip-stories");
const list = document.getElementById("stories");

export function clearStories() {
  list.replaceChildren();
  section.hidden = true;
}

// A story goes on while the card is there: it takes the place of what has been told of it.
export function showStory(story) {
  section.hidden = false;
  const before = list.querySelector(`[data-number="${story.number}"]`);
  const item = document.createElement("li");
  const details = document.createElement("details");
  item.dataset.number = story.number;
  item.dataset.mood = story.mood;
  details.open = before?.firstElementChild.open ?? false;
  details.append(summary(story), ...story.phases.map(phase));
  item.append(details);
  if (before) before.replaceWith(item);
  else list.prepend(item);
  if (list.children.length > KEPT) list.lastElementChild.remove();
}

function summary(story) {
  const element = document.createElement("summary");
  for (const [className, text] of [
    ["time", story.time],
    ["arrow", MARKS[story.mood]],
    ["name", story.head.split(", ").slice(0, 2).join(" · ")],
    ["result", story.outcome],
  ]) {
    const part = document.createElement("span");
    part.className = className;
    part.textContent = text;
    element.append(part);
  }
  return element;
}

function phase({ title, clause, lines }) {
  const element = document.createElement("section");
  const head = document.createElement("h3");
  const small = document.createElement("small");
  small.textContent = clause;
  head.append(title, " ", small);
  const words = document.createElement("ul");
  for (const [mood, text] of lines) {
    const line = document.createElement("li");
    line.dataset.mood = mood;
    line.textContent = `${MARKS[mood]} ${text}`;
    words.append(line);
  }
  element.append(head, words);
  return element;
}
