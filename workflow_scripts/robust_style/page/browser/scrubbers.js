"use strict";
// Two kinds of time: the training epoch, and the optimiser's iteration. And the strip of all epochs.

const STEP_MS = 1100;
let timer = null;
let stripShown = "";

function showScrubbers(state) {
  const sides = SIDES.map((side) => shown(state, side));
  element("epoch").max = DATA.epochs.length - 1;
  element("epoch").value = state.epoch;
  element("epoch").disabled = element("play").disabled = DATA.epochs.length < 2;
  element("epoch").setAttribute("aria-valuetext", epochWords(DATA.epochs[state.epoch]));
  element("epoch-words").textContent = both(sides.map((side) => epochWords(DATA.epochs[side.epoch])));
  const iterations = iterationsOf(...sides.map((side) => side.picture));
  const words = both(sides.map((side) => iterationWords(side.picture, state.iteration)));
  element("iteration-choice").hidden = iterations.length < 2;
  element("iteration").max = Math.max(0, iterations.length - 1);
  element("iteration").value = state.iteration === null ? iterations.length - 1 : nearest(iterations, state.iteration);
  element("iteration").setAttribute("aria-valuetext", words);
  element("iteration-words").textContent = words;
  showStrip(state);
}

const both = ([left, right]) => (left === right ? left : `${left} · ${right}`);

function iterationWords(picture, iteration) {
  if (!picture) return "–";
  const [at] = stepOf(picture, iteration);
  if (at === picture.end) return `finished (${at})`;
  return at === 0 ? "the start" : `${at} of ${picture.end}`;
}

// The choice that a position of the iteration's slider means: the last is the finished picture.
function iterationAt(state, position) {
  const iterations = iterationsOf(...SIDES.map((side) => shown(state, side).picture));
  return position >= iterations.length - 1 ? null : iterations[position];
}

function showStrip(state) {
  const { epoch, view, ...rest } = state;
  const wanted = JSON.stringify(rest);
  if (wanted !== stripShown) {
    const columns = DATA.epochs.flatMap((_, number) => [
      ...SIDES.map((side) => thumbnail(state, side, number)),
      make("span", {}, DATA.epochs[number] === 0 ? "untrained" : String(DATA.epochs[number])),
    ]);
    element("strip").replaceChildren(...columns);
    stripShown = wanted;
  }
  for (const button of element("strip").querySelectorAll("button")) {
    button.setAttribute("aria-current", String(Number(button.dataset.epoch) === epoch));
  }
}

function thumbnail(state, side, epoch) {
  const { picture, epoch: own, network } = shown({ ...state, epoch }, side);
  const image = make("img", { alt: "", loading: "lazy" });
  if (picture && own === epoch) {
    const [iteration, number] = stepOf(picture, state.iteration);
    image.src = DATA.images[iteration === picture.end ? picture.thumbnail : number];
  }
  const label = `${DATA.networks[network].name}, ${epochWords(DATA.epochs[epoch])}`;
  return make("button", { type: "button", class: side, "data-epoch": epoch, "aria-label": label }, image);
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => choose({ epoch: (state.epoch + 1) % DATA.epochs.length }, true), STEP_MS) : null;
  element("play").textContent = on ? "Pause" : "Play";
  element("play").setAttribute("aria-pressed", String(on));
}

function listenToScrubbers() {
  element("epoch").addEventListener("input", (event) => choose({ epoch: Number(event.target.value) }, true));
  element("iteration").addEventListener("input", (event) => choose({ iteration: iterationAt(state, Number(event.target.value)) }, true));
  element("play").addEventListener("click", () => play(timer === null));
  element("strip").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose({ epoch: Number(button.dataset.epoch) });
  });
}
