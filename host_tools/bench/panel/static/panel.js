// The desk: hands what comes over the link to the things it is about, and their wishes back.

import { showPixels, showText } from "./glass.js";
import { connect } from "./link.js";
import { listenToKeys, releaseKeys } from "./keypad.js";
import { clearMessages, showMessage } from "./messages.js";
import { clearPaper, printStrip, showSlips } from "./paper.js";
import { listenToScript, showScript } from "./script.js";
import { clearStories, showStory } from "./stories.js";
import { listenToSwitches, showStatus } from "./switches.js";
import { fillWallet, listenToWallet, showSlot } from "./wallet.js";

const DISPLAY = 1, STRIP = 2; // first byte of a picture

const send = connect({
  opened() {
    clearMessages();
    clearPaper();
    clearStories();
  },
  told(news) {
    switch (news.kind) {
      case "wallet": return fillWallet(news.cards);
      case "text": return showText(news.lines);
      case "status": showSlips(news.slips); showScript(news.script); showSlot(news.slot); return showStatus(news);
      case "message": return showMessage(news);
      case "story": return showStory(news);
    }
  },
  shown(picture) {
    switch (picture[0]) {
      case DISPLAY: return showPixels(picture.subarray(1));
      case STRIP: return printStrip(picture.subarray(1));
    }
  },
  lost() {
    releaseKeys();
    showStatus({ power: "off", console: "", network: false, paper: false, lights: [], hertz: 0, faults: [] });
  },
});

listenToKeys(send);
listenToWallet(send);
listenToSwitches(send);
listenToScript(send);
document.getElementById("tear").addEventListener("click", () => send({ do: "tear" }));
