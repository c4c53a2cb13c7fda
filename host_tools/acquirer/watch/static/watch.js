// The page: messages come by themselves, and the books are fetched when there were some.

import { showBooks } from "./books.js";
import { addMessages, clearMessages, redrawMessages, showOnly } from "./messages.js";
import { language, speak, word } from "./words.js";

const CALM_MS = 400; // between two looks at the books
const CHECK_MS = 5000; // between two checks of all of them
const link = document.getElementById("link");
const sound = document.getElementById("sound");
const filter = document.getElementById("filter");
let due = null;
let checkDue = null;

function state(element, name) {
  element.dataset.state = name;
  element.lastElementChild.textContent = word(name);
}

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function lookSoon() {
  due ??= setTimeout(async () => {
    try {
      showBooks(await ask("books"));
    } catch {
      state(link, "lost");
    } finally {
      due = null;
    }
  }, CALM_MS);
  checkDue ??= setTimeout(check, CHECK_MS);
}

async function check() {
  try {
    const { trouble } = await ask("check");
    state(sound, trouble.length ? "unsound" : "sound");
    sound.title = trouble.join("\n");
  } catch {
    state(sound, "unknown");
  } finally {
    checkDue = null;
  }
}

function choose(tid) {
  filter.hidden = !tid;
  filter.firstElementChild.textContent = tid;
  showOnly(tid);
  showBooks(null, tid);
}

function say(chosen) {
  speak(chosen);
  state(link, link.dataset.state);
  state(sound, sound.dataset.state);
  redrawMessages();
  showBooks();
}

document.getElementById("language").addEventListener("click", () => say(language === "zh" ? "en" : "zh"));
document.getElementById("terminals").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) choose(button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.tid);
});
filter.lastElementChild.addEventListener("click", () => choose(""));
document.getElementById("tabs").addEventListener("click", ({ target }) => {
  for (const tab of target.parentElement.children) {
    if (target.getAttribute("role") !== "tab") return;
    tab.setAttribute("aria-selected", tab === target);
    document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== target;
  }
});

say(language);
lookSoon();
check();
const events = new EventSource("messages");
events.onopen = () => state(link, "live");
events.onerror = () => {
  state(link, "lost");
  if (events.readyState === EventSource.CLOSED) clearMessages();
};
events.onmessage = ({ data }) => {
  addMessages(JSON.parse(data));
  lookSoon();
};
