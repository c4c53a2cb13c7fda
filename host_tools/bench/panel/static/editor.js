// Bench scripts: written, checked while they are, played at the desk line by line, opened and saved.

import { byId, make, save } from "./dom.js";
import { onKey } from "./keys.js";
import { openTab } from "./tabs.js";

const DRAFT = "suanpan-script";
const CHECK_MS = 300;
const text = byId("script-text");
const numbers = byId("script-numbers");
const name = byId("script-name");
const file = byId("script-file");
const choice = byId("script-examples");
const run = byId("run-script");
const stop = byId("stop-script");
const line = byId("script-line");
const list = byId("script-problems");
let send;
let examples = [];
let timer;
let problems = new Map(); // what is wrong, by line
let status = {};
let sent = ""; // what is being played, or was last

export function listenToEditor(sendOrder) {
  send = sendOrder;
  [name.value, text.value] = kept();
  text.addEventListener("input", changed);
  text.addEventListener("scroll", () => { numbers.scrollTop = text.scrollTop; });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") text.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) play();
  });
  name.addEventListener("input", keep);
  run.addEventListener("click", play);
  stop.addEventListener("click", () => send({ do: "stop" }));
  byId("save-script").addEventListener("click", () => save(name.value || "script.bench", text.value, "text/plain"));
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) put(chosen.name, await chosen.text());
    file.value = ""; // so that the same file, changed, can be chosen again
  });
  choice.addEventListener("change", () => {
    const example = examples.find((one) => one.name === choice.value);
    if (example) put(example.name, example.text);
    choice.value = "";
  });
  const group = "脚本 Script";
  onKey(group, "e", "写脚本", "write a script", () => {
    openTab("script");
    text.focus();
  });
  onKey(group, "Y", "执行", "play it", play);
  onKey(group, ".", "停止", "stop it", () => send({ do: "stop" }));
  changed();
}

export function fillExamples(told) {
  examples = told;
  const options = told.map((one) => make("option", { value: one.name }, one.title));
  choice.replaceChildren(make("option", { value: "" }, "例子 Examples…"), ...options);
  check();
}

export function showChecked(told) {
  problems = new Map(told.problems.map((one) => [one.line, one.text]));
  list.replaceChildren(...told.problems.map((one) => make("li", {}, make("b", {}, String(one.line)), ` ${one.text}`)));
  list.hidden = !problems.size;
  number();
}

export function showScript(told) {
  const began = told.playing && !status.playing;
  status = told;
  run.hidden = told.playing;
  stop.hidden = !told.playing;
  line.textContent = told.problem || told.line || (told.done ? `${told.name}: 完成 done` : "");
  line.classList.toggle("wrong", Boolean(told.problem));
  number();
  const at = numbers.children[told.at - 1];
  if (at && (began || !inSight(at))) {
    text.scrollTop = at.offsetTop - text.clientHeight / 2;
    numbers.scrollTop = text.scrollTop;
  }
}

function play() {
  sent = text.value;
  send({ do: "play", name: name.value || "script.bench", script: text.value });
}

function put(title, content) {
  openTab("script");
  name.value = title;
  text.value = content;
  text.scrollTop = 0;
  changed();
}

function changed() {
  keep();
  number();
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_MS);
}

function check() {
  send({ do: "check", script: text.value });
}

function keep() {
  localStorage.setItem(DRAFT, JSON.stringify([name.value, text.value]));
}

function kept() {
  try {
    const [title, content] = JSON.parse(localStorage.getItem(DRAFT));
    return [String(title), String(content)];
  } catch {
    return ["script.bench", "# 一行一步 a line for each step\n"];
  }
}

// A line's number says that it runs, or that it is wrong.
function number() {
  const count = text.value.split("\n").length;
  while (numbers.children.length > count) numbers.lastElementChild.remove();
  while (numbers.children.length < count) numbers.append(make("span", {}, String(numbers.children.length + 1)));
  const ours = text.value === sent;
  [...numbers.children].forEach((element, i) => {
    element.classList.toggle("at", ours && status.at === i + 1);
    element.classList.toggle("wrong", problems.has(i + 1) || (ours && status.wrong === i + 1));
    element.title = problems.get(i + 1) ?? "";
  });
}

function inSight(element) {
  const top = element.offsetTop - numbers.scrollTop;
  return top >= 0 && top < numbers.clientHeight - element.clientHeight;
}
