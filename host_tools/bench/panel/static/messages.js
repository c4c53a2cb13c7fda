// ISO 8583 messages as the acquirer saw them, newest first; each opens into its fields.

import { byId, make } from "./dom.js";

const KEPT = 200;
const WELL = ["00", "09"]; // F39: approved, and for a customer to pay still
const ARROWS = { in: "→", out: "←", dropped: "✕", fault: "!" };
const list = byId("messages");

export function clearMessages() {
  list.replaceChildren();
}

export function showMessage(message) {
  const item = make("li", { class: message.direction });
  const details = make("details");
  const summary = make("summary");
  item.classList.toggle("refused", !WELL.includes(valueOf(message, 39) ?? WELL[0]));
  for (const [className, text] of [
    ["time", message.time.slice(11, 19)],
    ["arrow", ARROWS[message.direction]],
    ["mti", message.mti],
    ["name", message.name],
    ["result", result(message)],
  ]) {
    summary.append(make("span", { class: className }, text));
  }
  details.append(summary, fieldTable(message.fields));
  item.append(details);
  list.prepend(item);
  if (list.children.length > KEPT) list.lastElementChild.remove();
}

function result(message) {
  if (message.note) return message.note;
  const code = valueOf(message, 39);
  if (code) return `${code} ${message.meaning}`;
  const amount = valueOf(message, 4);
  return amount ? `¥${(Number(amount) / 100).toFixed(2)}` : "";
}

function valueOf(message, number) {
  return message.fields.find((field) => field.number === number)?.value;
}

function fieldTable(fields) {
  const table = make("table");
  for (const { number, name, value } of fields) {
    const row = table.insertRow();
    for (const text of [number, name, value]) row.insertCell().textContent = text;
  }
  return table;
}
