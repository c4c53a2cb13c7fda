// Switches and the battery: what they ask for, and what the bench says of them.

import { byId, isChecked, setChecked } from "./dom.js";
import { onKey } from "./keys.js";
import { setTone, switchSound } from "./sound.js";

const switches = [...document.querySelectorAll("[data-switch]")];
const battery = byId("battery");
let send;

export function listenToSwitches(sendOrder) {
  send = sendOrder;
  for (const button of switches) {
    const { switch: name, shortcut: key, chinese, english } = button.dataset;
    const flip = () => turn(name, button);
    button.addEventListener("click", flip);
    onKey("开关 Switches", key, chinese, english, flip);
    setChecked(button, false);
  }
  battery.addEventListener("change", () => send({ do: "battery", percent: Number(battery.value) }));
  onKey("开关 Switches", "b", "电池低一档", "less in the battery", () => {
    const levels = [...battery.options].map((option) => Number(option.value));
    send({ do: "battery", percent: levels[(levels.indexOf(Number(battery.value)) + 1) % levels.length] });
  });
}

function turn(name, button) {
  const on = !isChecked(button);
  if (name === "sound") setChecked(button, switchSound(on));
  else if (name === "power") send({ do: "power", on });
  else send({ do: "switch", switch: name, on });
}

export function showSwitches(status) {
  for (const button of switches) {
    const { switch: name } = button.dataset;
    if (name !== "sound") setChecked(button, name === "power" ? status.power === "on" : status.switches[name]);
  }
  battery.value = status.switches.battery;
  battery.closest("label").classList.toggle("low", status.switches.battery <= 10);
  setTone(status.hertz);
}
