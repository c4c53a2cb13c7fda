// The page's own keys, each with its words: the list that `?` shows is made of what is registered here.

import { byId, make, words } from "./dom.js";

const help = byId("help");
const groups = new Map(); // in the order of the first registration
const acts = new Map();

// `key` as KeyboardEvent has it; capital letters want Shift.
export function onKey(group, key, chinese, english, act) {
  acts.set(key, act);
  tell(group, key, chinese, english);
}

// A key that something else listens to.
export function tell(group, key, chinese, english) {
  if (!groups.has(group)) groups.set(group, []);
  groups.get(group).push([key, chinese, english]);
}

export function listenToShortcuts() {
  addEventListener("keydown", (event) => {
    const act = acts.get(event.key) ?? (event.key.length === 1 && !event.shiftKey && acts.get(event.key.toLowerCase()));
    if (!act || isForThePage(event)) return;
    event.preventDefault();
    if (!event.repeat) act();
  });
  onKey("页面 Page", "?", "所有按键", "all keys", showHelp);
  byId("help-button").addEventListener("click", showHelp);
}

// Whether a key stroke has another meaning than the terminal's or the desk's.
export function isForThePage(event) {
  return event.ctrlKey || event.altKey || event.metaKey || event.isComposing
    || document.querySelector("dialog[open]")
    || event.target.closest("input, textarea, select")
    || ((event.key === "Enter" || event.key === " ") && event.target.closest("button, summary"));
}

export function showHelp() {
  const sections = [...groups].map(([title, rows]) => {
    const list = make("dl", {});
    for (const [key, chinese, english] of rows) {
      const caps = key.split(" ").map((cap) => make("kbd", {}, label(cap)));
      list.append(make("dt", {}, ...caps), make("dd", {}, ...words(chinese, english)));
    }
    return make("section", {}, make("h3", {}, title), list);
  });
  byId("help-keys").replaceChildren(...sections);
  help.showModal();
}

function label(key) {
  return /^[a-z]$/.test(key) ? key.toUpperCase() : /^[A-Z]$/.test(key) ? `⇧${key}` : key;
}
