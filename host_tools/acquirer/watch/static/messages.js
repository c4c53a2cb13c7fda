// Messages, newest first; each opens into its fields.

import { half, money } from "./words.js";

const KEPT = 300;
const APPROVED = "00"; // F39
const ARROWS = { in: "→", out: "←", dropped: "✕", fault: "!" };
const list = document.getElementById("messages");
const quiet = document.getElementById("quiet");
const pause = document.getElementById("pause");
let kept = []; // newest first
let held = []; // came while paused
let terminal = "";

export function clearMessages() {
  kept = held = [];
  list.replaceChildren();
  quiet.hidden = false;
}

export function addMessages(messages) {
  if (pause.checked) {
    held.push(...messages);
    return;
  }
  for (const message of messages) {
    kept.unshift(message);
    if (isShown(message)) list.prepend(item(message, true));
  }
  kept.length = Math.min(kept.length, KEPT);
  while (list.children.length > KEPT) list.lastElementChild.remove();
  quiet.hidden = kept.length > 0;
}

export function showOnly(tid) {
  terminal = tid;
  redrawMessages();
}

export function redrawMessages() {
  list.replaceChildren(...kept.filter(isShown).map((message) => item(message, false)));
}

pause.addEventListener("change", () => {
  const came = held;
  held = [];
  if (!pause.checked) addMessages(came);
});

function isShown(message) {
  return !terminal || message.terminal === terminal;
}

function item(message, isNew) {
  const element = document.createElement("li");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  element.className = message.direction;
  element.classList.toggle("new", isNew);
  element.classList.toggle("refused", (valueOf(message, 39) ?? APPROVED) !== APPROVED);
  for (const [className, text] of [
    ["time", message.time.slice(11, 23)],
    ["arrow", ARROWS[message.direction]],
    ["tid", message.terminal],
    ["mti", message.mti],
    ["name", half(message.name)],
    ["amount", valueOf(message, 4) ? money(Number(valueOf(message, 4))) : ""],
    ["result", result(message)],
  ]) {
    const part = document.createElement("span");
    part.className = className;
    part.textContent = text;
    summary.append(part);
  }
  details.append(summary);
  details.addEventListener("toggle", () => details.open && details.children.length === 1 && details.append(fields(message)));
  element.append(details);
  return element;
}

function result(message) {
  if (message.note) return message.note;
  const code = valueOf(message, 39);
  return code ? `${code} ${half(message.meaning)}` : "";
}

function valueOf(message, number) {
  return message.fields.find((field) => field.number === number)?.value;
}

function fields(message) {
  const table = document.createElement("table");
  for (const { number, name, value } of message.fields) {
    const row = table.insertRow();
    for (const text of [number, half(name), value]) row.insertCell().textContent = text;
  }
  return table;
}
