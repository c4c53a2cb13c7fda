// The WebSocket to the bench. It comes back by itself when the bench does, and then tells everything anew.

import { byId } from "./dom.js";

const RETRY_MS = 1000;
const banner = byId("link");

// Returns a function that sends an order; what cannot be sent now is dropped, like a press on a dead terminal.
export function connect({ opened, told, shown, lost }) {
  let socket;

  function open() {
    socket = new WebSocket(new URL("desk", location.href.replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      banner.hidden = true;
      opened();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") told(JSON.parse(data));
      else shown(new Uint8Array(data));
    };
    socket.onclose = () => {
      banner.hidden = false;
      lost();
      setTimeout(open, RETRY_MS);
    };
  }

  open();
  return (order) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(order));
  };
}
