// The desk: hands what comes over the link to the things it is about, and their wishes back.

import { byId } from "./dom.js";
import { fillExamples, listenToEditor, showChecked, showScript } from "./editor.js";
import { listenToFaults, showFaults } from "./faults.js";
import { showPixels, showText } from "./glass.js";
import { connect } from "./link.js";
import { listenToKeys, releaseKeys } from "./keypad.js";
import { listenToShortcuts } from "./keys.js";
import { clearMessages, showMessage } from "./messages.js";
import { clearPaper, listenToPaper, printStrip, showSlips } from "./paper.js";
import { listenToPhone, showPhone } from "./phone.js";
import { clearStories, showPresent, showStory } from "./stories.js";
import { listenToSwitches, showSwitches } from "./switches.js";
import { listenToTabs } from "./tabs.js";
import { fillBoards, listenToTerminal, showTerminal } from "./terminal.js";
import { listenToTraces, showTraces } from "./traces.js";
import { fillWallet, listenToWallet, showOut } from "./wallet.js";

const DISPLAY = 1, STRIP = 2; // first byte of a picture
const NOTICE_MS = 5000;
const notice = byId("notice");
let noticed;

const send = connect({
  opened() {
    clearMessages();
    clearPaper();
    clearStories();
  },
  told(news) {
    switch (news.kind) {
      case "wallet": return fillWallet(news.cards);
      case "bench": fillBoards(news.boards); return fillExamples(news.examples);
      case "text": return showText(news.lines);
      case "status": return showStatus(news);
      case "message": return showMessage(news);
      case "story": return showStory(news);
      case "checked": return showChecked(news);
      case "refused": return tell(news.why);
    }
  },
  shown(picture) {
    switch (picture[0]) {
      case DISPLAY: return showPixels(picture.subarray(1));
      case STRIP: return printStrip(picture.subarray(1));
    }
  },
  lost: releaseKeys,
});

function showStatus(status) {
  for (const show of [showTerminal, showSwitches, showFaults, showOut, showPresent]) show(status);
  showSlips(status.slips);
  showPhone(status.telephone);
  showScript(status.script);
  showTraces(status.traces, status.script);
}

// What the bench has to say for a while.
function tell(text) {
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(noticed);
  noticed = setTimeout(() => { notice.hidden = true; }, NOTICE_MS);
}

const listeners = [
  listenToKeys, listenToWallet, listenToPhone, listenToPaper, listenToSwitches, listenToTerminal, listenToFaults,
  listenToTabs, listenToEditor, listenToTraces, listenToShortcuts,
];
for (const listen of listeners) listen(send);
for (const close of document.querySelectorAll("dialog .close")) {
  close.addEventListener("click", () => close.closest("dialog").close());
}
