// The panes of the bench, one at a time.

import { byId } from "./dom.js";
import { onKey } from "./keys.js";

const KEPT = "suanpan-tab";
const tabs = [...document.querySelectorAll("[role=tab]")];

export function listenToTabs() {
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      turn(step).focus();
    });
  }
  choose(tabs.find((tab) => tab.id === sessionStorage.getItem(KEPT)) ?? tabs[0]);
  onKey("工作台 Bench", "[", "上一页", "the pane before", () => turn(-1));
  onKey("工作台 Bench", "]", "下一页", "the next pane", () => turn(1));
}

export function openTab(name) {
  choose(byId(`${name}-tab`));
}

function turn(step) {
  const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  return choose(tabs.at((at + step) % tabs.length));
}

function choose(chosen) {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", tab === chosen);
    tab.tabIndex = tab === chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
  }
  sessionStorage.setItem(KEPT, chosen.id);
  return chosen;
}
