// The keypad, under a mouse, fingers, or the computer's own keys: a key is down for as long as it is held.

import { isForThePage, tell } from "./keys.js";

const SHORTEST_MS = 60; // no finger is faster, but touchpads and screen readers are
const BY_KEYBOARD = {
  Enter: "enter", Escape: "cancel", Backspace: "clear", ArrowUp: "up", ArrowDown: "down",
  F1: "menu", m: "menu", M: "menu",
};
const buttons = new Map(
  [...document.querySelectorAll("#keypad button")].map((button) => [button.dataset.key, button]),
);
const held = new Map(); // since when, by key
let send;

export function listenToKeys(sendOrder) {
  send = sendOrder;
  const group = "键盘 Keypad";
  tell(group, "0 … 9", "数字", "digits");
  tell(group, "Enter", "确认", "ENTER");
  tell(group, "Esc", "取消", "CANCEL");
  tell(group, "⌫", "清除", "CLEAR");
  tell(group, "m F1", "菜单", "MENU");
  tell(group, "↑ ↓", "上、下", "up, down");
  // A click does not take the focus, or takes it from a field: Enter after it is still the terminal's.
  addEventListener("mousedown", (event) => {
    if (!event.target.closest("button, summary, [role=radio]")) return;
    event.preventDefault();
    if (document.activeElement.matches("input, textarea")) document.activeElement.blur();
  });
  for (const [key, button] of buttons) {
    button.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      button.setPointerCapture(event.pointerId);
      press(key);
    });
    button.addEventListener("lostpointercapture", () => release(key));
    button.addEventListener("click", (event) => {
      if (event.detail) return; // a pointer's: that was down and up already
      press(key);
      release(key);
    });
  }
  addEventListener("keydown", (event) => {
    const key = keyOf(event);
    if (!key || event.defaultPrevented || isForThePage(event)) return;
    event.preventDefault();
    if (!event.repeat) press(key);
  });
  addEventListener("keyup", (event) => release(keyOf(event)));
  addEventListener("blur", releaseKeys);
}

export function releaseKeys() {
  for (const key of held.keys()) release(key);
}

function keyOf(event) {
  return /^[0-9]$/.test(event.key) ? event.key : BY_KEYBOARD[event.key];
}

function press(key) {
  if (held.has(key)) return;
  held.set(key, performance.now());
  buttons.get(key).classList.add("down");
  send({ do: "key", key, down: true });
}

function release(key) {
  if (!held.has(key)) return;
  const early = held.get(key) + SHORTEST_MS - performance.now();
  if (early > 0) {
    setTimeout(release, early, key);
    return;
  }
  held.delete(key);
  buttons.get(key).classList.remove("down");
  send({ do: "key", key, down: false });
}
