// Switches and faults: what they ask for, and what the bench says of them; lights and sound come along.

import { setTone, switchSound } from "./sound.js";

const lights = [...document.getElementById("lights").children];
const stopped = document.getElementById("stopped");
const switches = new Map(
  [...document.querySelectorAll("[data-switch]")].map((button) => [button.dataset.switch, button]),
);
const faults = [...document.querySelectorAll("[data-fault]")];

export function listenToSwitches(send) {
  for (const [name, button] of switches) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-checked") !== "true";
      if (name === "sound") setChecked(button, switchSound(on));
      else send({ do: name, on });
    });
    setChecked(button, false);
  }
  for (const button of faults) {
    button.addEventListener("click", () => {
      send({ do: "fault", fault: button.dataset.fault, on: button.getAttribute("aria-pressed") !== "true" });
    });
  }
  document.getElementById("restart").addEventListener("click", () => send({ do: "power", on: true }));
}

export function showStatus(status) {
  setChecked(switches.get("power"), status.power === "on");
  setChecked(switches.get("network"), status.network);
  setChecked(switches.get("paper"), status.paper);
  lights.forEach((light, i) => light.classList.toggle("lit", Boolean(status.lights[i])));
  for (const button of faults) {
    button.setAttribute("aria-pressed", status.faults.includes(button.dataset.fault));
  }
  stopped.hidden = status.power !== "stopped";
  document.getElementById("console").textContent = status.console;
  setTone(status.hertz);
}

function setChecked(button, checked) {
  button.setAttribute("aria-checked", checked);
}
