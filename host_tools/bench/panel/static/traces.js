// Traces: recorded here, kept as files, and played again with the firmware as it is.

import { byId, button, make, words } from "./dom.js";
import { onKey } from "./keys.js";
import { openTab } from "./tabs.js";

const KEYS = "trace"; // the name that the bench gives to the script of them
const record = byId("record");
const list = byId("traces");
const file = byId("trace-file");
const outcome = byId("outcome");
let recording = false;
let busy = false;
let drawn = "";

export function listenToTraces(send) {
  const turn = () => send({ do: "record", on: !recording });
  record.addEventListener("click", turn);
  onKey("轨迹 Trace", "R", "开始、结束录制", "begin or end a recording", () => {
    openTab("trace");
    turn();
  });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) await replay(chosen.name, chosen);
  });
}

// `script` presses the keys that begin a recording, and end it.
export function showTraces(told, script) {
  const pressing = script.name === KEYS;
  recording = told.on;
  record.classList.toggle("on", told.on);
  record.replaceChildren(...(told.on ? words("结束录制", `End · ${told.rows} rows`) : words("录制", "Record")));
  record.disabled = pressing && script.playing;
  byId("trace-problem").textContent = told.problem || (pressing ? script.problem : "");
  byId("trace-tab").classList.toggle("recording", told.on);
  if (drawn === JSON.stringify(told.kept)) return;
  drawn = JSON.stringify(told.kept);
  list.replaceChildren(...told.kept.map(entry).reverse());
}

function entry({ number, began, bytes, events, messages, seconds }) {
  const name = `${number}.trace`;
  const address = `traces/${name}`;
  return make("li", {},
    make("p", {}, make("b", {}, began), ` ${seconds.toFixed(0)} s · ${events} `, ...words("事件", "events"), ` · ${messages} `,
      ...words("报文", "messages"), ` · ${(bytes / 1024).toFixed(1)} KB`),
    make("p", { class: "row" },
      make("a", { class: "plain", href: address, download: `suanpan-${name}` }, ...words("下载", "Download")),
      button("重放", "Replay", async () => replay(name, await (await fetch(address)).blob()), { class: "plain" })));
}

async function replay(name, trace) {
  if (busy) return;
  busy = true;
  outcome.className = "";
  outcome.replaceChildren(make("p", {}, `${name}: 正在重放… `, make("small", { lang: "en" }, "replaying…")));
  try {
    const answer = await fetch("replay", { method: "POST", body: trace });
    if (answer.ok) show(name, await answer.json());
    else fail(name, answer.status === 413 ? "太长 too long" : `${answer.status}`);
  } catch (problem) {
    fail(name, problem.message);
  } finally {
    busy = false;
  }
}

function show(name, { fault, good, exact, differences, seconds }) {
  if (fault) return fail(name, fault);
  outcome.className = good ? "good" : "bad";
  outcome.replaceChildren(make("h3", {}, `${name}: `, ...words(...(good ? ["相同", "the same"] : ["有差异", "differs"])),
    make("small", {}, ` ${seconds.toFixed(1)} s`)));
  if (!exact) {
    outcome.append(make("p", {}, make("small", {}, "跟随年龄和时间的内容不比较 What follows from age and pace is not compared.")));
  }
  outcome.append(...differences.map(({ kind, at, where, recorded, replayed }) => make("dl", {},
    make("dt", {}, `${(at / 1e6).toFixed(3)} s ${kind} ${where}`.trim()),
    make("dd", { class: "then" }, recorded), make("dd", { class: "now" }, replayed))));
}

function fail(name, why) {
  outcome.className = "bad";
  outcome.replaceChildren(make("h3", {}, `${name}: `, ...words("不能重放", "cannot be replayed")), make("p", {}, why));
}
