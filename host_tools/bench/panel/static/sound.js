// The buzzer, off until somebody wants to hear it (browsers allow sound after a click only).

const VOLUME = 0.04;
const QUIET_S = 0.004; // a tone that starts or ends at once clicks
let audio, oscillator, volume;
let hertz = 0;

export function switchSound(on) {
  if (on && !audio) {
    audio = new AudioContext();
    volume = audio.createGain();
    oscillator = audio.createOscillator();
    oscillator.type = "square";
    volume.gain.value = 0;
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start();
  }
  if (on) audio.resume();
  else audio?.suspend();
  setTone(hertz);
  return on;
}

export function setTone(frequency) {
  hertz = frequency;
  if (!audio) return;
  if (hertz) oscillator.frequency.value = hertz;
  volume.gain.setTargetAtTime(hertz ? VOLUME : 0, audio.currentTime, QUIET_S);
}
