// What can go wrong, as a menu: at the host's next message, by a scenario, or at a part. What is armed stands beside it.

import { byId, isPressed, make, setPressed, words } from "./dom.js";
import { onKey } from "./keys.js";

const menu = byId("faults");
const armed = byId("armed");
const scenario = byId("scenario");
const faults = [...document.querySelectorAll("[data-fault]")];
const parts = [...document.querySelectorAll("[data-part]")];
let send;

export function listenToFaults(sendOrder) {
  send = sendOrder;
  for (const button of faults) {
    button.addEventListener("click", () => send({ do: "fault", fault: button.dataset.fault, on: !isPressed(button) }));
  }
  for (const button of parts) {
    button.addEventListener("click", () => send({ do: "switch", switch: button.dataset.part, on: isPressed(button) }));
  }
  for (const group of menu.querySelectorAll(".faults")) group.addEventListener("keydown", walk);
  scenario.addEventListener("change", () => send({ do: "scenario", scenario: scenario.value }));
  byId("faults-button").addEventListener("click", () => menu.showModal());
  onKey("工作台 Bench", "f", "故障菜单", "what can go wrong", () => menu.showModal());
}

export function showFaults(status) {
  for (const button of faults) setPressed(button, status.faults.includes(button.dataset.fault));
  for (const button of parts) setPressed(button, !status.switches[button.dataset.part]);
  scenario.value = status.scenario;
  const signs = [...faults, ...parts].filter(isPressed).map(sign);
  if (status.scenario) {
    const title = scenario.selectedOptions[0]?.text.split(" ") ?? [status.scenario]; // a script may have its own
    signs.push(tag(title, () => send({ do: "scenario", scenario: "" })));
  }
  armed.replaceChildren(...signs);
}

function walk(event) {
  const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.children];
  all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
}

// Says what is armed; a click takes it back.
function sign(button) {
  return tag([button.firstChild.textContent.trim(), button.querySelector("small").textContent], () => button.click());
}

function tag(text, undo) {
  const made = make("button", { type: "button", class: "tag", "aria-label": `撤掉 Undo: ${text.join(" ")}` }, ...words(...text));
  made.addEventListener("click", undo);
  return made;
}
