"use strict";
// Two kinds of time: the training epoch, and the optimiser's evaluation. And the strip of all epochs.

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
  const evaluations = evaluationsOf(...sides.map((side) => side.picture));
  const words = both(sides.map((side) => evaluationWords(side.picture, state.evaluation)));
  element("evaluation-choice").hidden = evaluations.length < 2;
  element("evaluation").max = Math.max(0, evaluations.length - 1);
  element("evaluation").value = state.evaluation === null ? evaluations.length - 1 : nearest(evaluations, state.evaluation);
  element("evaluation").setAttribute("aria-valuetext", words);
  element("evaluation-words").textContent = words;
  showStrip(state);
}

const both = ([left, right]) => (left === right ? left : `${left} · ${right}`);

function evaluationWords(picture, evaluation) {
  if (!picture) return "–";
  const [at] = stepOf(picture, evaluation);
  if (at === picture.end) return `finished (${at})`;
  return at === 0 ? "the start" : `${at} of ${picture.end}`;
}

// The choice that a position of the evaluation's slider means: the last is the finished picture.
function evaluationAt(state, position) {
  const evaluations = evaluationsOf(...SIDES.map((side) => shown(state, side).picture));
  return position >= evaluations.length - 1 ? null : evaluations[position];
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
    const [evaluation, number] = stepOf(picture, state.evaluation);
    image.src = DATA.images[evaluation === picture.end ? picture.thumbnail : number];
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
  element("evaluation").addEventListener("input", (event) => choose({ evaluation: evaluationAt(state, Number(event.target.value)) }, true));
  element("play").addEventListener("click", () => play(timer === null));
  element("strip").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose({ epoch: Number(button.dataset.epoch) });
  });
}
