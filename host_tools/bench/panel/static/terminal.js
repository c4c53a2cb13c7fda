// The terminal as a thing: which board it is, its lights, and the card that is in its slot or before its antenna.

import { byId, button, make, setChecked } from "./dom.js";
import { showGlass } from "./glass.js";
import { onKey } from "./keys.js";
import { plastic } from "./plastic.js";

const terminal = byId("terminal");
const choices = byId("boards");
const lights = [...byId("lights").children];
const stopped = byId("stopped");
let boards = [];
let board = "";
let send;

export function listenToTerminal(sendOrder) {
  send = sendOrder;
  byId("restart").addEventListener("click", () => send({ do: "power", on: true }));
  byId("slot-card").addEventListener("click", () => send({ do: "pull" }));
  byId("field-card").addEventListener("click", () => send({ do: "pull" }));
  onKey("工作台 Bench", "d", "换下一块板", "the next board", () => {
    const at = boards.findIndex((one) => one.id === board);
    if (boards.length) send({ do: "board", board: boards[(at + 1) % boards.length].id });
  });
}

export function fillBoards(told) {
  boards = told;
  choices.replaceChildren(...told.map(({ id, title }) =>
    button(...title, () => id !== board && send({ do: "board", board: id }), { role: "radio", "data-board": id })));
}

export function hasScanner() {
  return boards.find((one) => one.id === board)?.scanner ?? false;
}

export function showTerminal(status) {
  if (status.board !== board) showBoard(status.board);
  lights.forEach((light, i) => light.classList.toggle("lit", Boolean(status.lights[i])));
  terminal.classList.toggle("off", status.power === "off");
  show(byId("slot-card"), status.slot);
  show(byId("field-card"), status.field[0] ?? "");
  stopped.hidden = status.power !== "stopped";
  byId("console").textContent = status.console;
}

function showBoard(id) {
  const { glass, scanner } = boards.find((one) => one.id === id);
  board = id;
  terminal.dataset.board = id;
  terminal.style.setProperty("--glass-width", glass.width_mm);
  terminal.style.setProperty("--glass-height", glass.height_mm);
  terminal.style.setProperty("--columns", glass.columns);
  showGlass(glass);
  byId("scanner").hidden = !scanner;
  for (const choice of choices.children) setChecked(choice, choice.dataset.board === id);
}

// A piece of plastic that is not in the wallet for now.
function show(place, name) {
  if (place.dataset.card === name) return;
  place.dataset.card = name;
  place.hidden = !name;
  place.replaceChildren(...(name ? [plastic(name) ?? make("div", { class: "card" })] : []));
}
