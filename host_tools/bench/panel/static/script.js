// Bench scripts: a file of the visitor's, played at the desk line by line.

const file = document.getElementById("script");
const stop = document.getElementById("stop-script");
const line = document.getElementById("script-line");

export function listenToScript(send) {
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    send({ do: "play", name: chosen.name, script: await chosen.text() });
    file.value = ""; // so that the same file, changed, can be chosen again
  });
  stop.addEventListener("click", () => send({ do: "stop" }));
}

export function showScript(script) {
  stop.hidden = !script.playing;
  line.textContent = script.problem || script.line;
  line.classList.toggle("wrong", Boolean(script.problem));
}
