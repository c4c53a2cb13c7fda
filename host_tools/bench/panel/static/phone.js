// The customer's telephone: a payment code to show to the scanner or to key in, and an eye for the terminal's display.

import { byId, isPressed, setPressed } from "./dom.js";
import { onKey } from "./keys.js";
import { hasScanner } from "./terminal.js";

const code = byId("code");
const asks = byId("asks");
const show = byId("show-code");
const answers = byId("answers");
let shown = "";
let send;

export function listenToPhone(sendOrder) {
  send = sendOrder;
  const group = "手机 Telephone";
  const acts = [
    ["new-code", "c", "新的付款码", "another code", () => send({ do: "code", asks: isPressed(asks) })],
    ["show-code", "v", "对着扫码器出示", "show the code to the scanner", showCode],
    ["pay-code", "q", "扫终端屏上的码付款", "scan the code on the display and pay", () => send({ do: "telephone" })],
    ["yes", "y", "同意付款", "agree to pay", () => send({ do: "answer", pays: true })],
    ["no", "z", "不付", "do not pay", () => send({ do: "answer", pays: false })],
    ["asks", "u", "付款前问机主", "ask the owner first", () => setPressed(asks, !isPressed(asks))],
  ];
  for (const [id, key, chinese, english, act] of acts) {
    onKey(group, key, chinese, english, act);
    byId(id).addEventListener("click", act);
  }
  code.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) showCode();
    if (event.key === "Escape") code.blur();
  });
}

function showCode() {
  const text = code.value.replaceAll(" ", "");
  if (text) send({ do: "scan", text: /^[0-9 ]+$/.test(code.value) ? text : code.value });
}

export function showPhone({ code: told, asks: waits, balance }) {
  if (told !== shown) {
    shown = told;
    code.value = told.replace(/(....)(?=.)/g, "$1 ");
  }
  byId("balance").textContent = `¥ ${(balance / 100).toLocaleString("en", { minimumFractionDigits: 2 })}`;
  answers.hidden = !waits;
  show.disabled = !hasScanner();
}
