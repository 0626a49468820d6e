"use strict";
// Two kinds of time: the training epoch, and the optimiser's iteration. And the strip of all epochs.

const STEP_MS = 1100;
let timer = null;
let playing = null;
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
      ...thumbnails(state, number),
      make("span", {}, DATA.epochs[number] === 0 ? "untrained" : String(DATA.epochs[number])),
    ]);
    element("strip").replaceChildren(...columns);
    stripShown = wanted;
  }
  for (const button of element("strip").querySelectorAll("button")) {
    button.setAttribute("aria-current", String(Number(button.dataset.epoch) === epoch));
  }
}

// Untrained networks paint one picture: it is shown once, for both.
function thumbnails(state, epoch) {
  const [one, other] = SIDES.map((side) => shown({ ...state, epoch }, side).picture);
  if (DATA.epochs[epoch] !== 0 || !one || !other || one.image !== other.image) return SIDES.map((side) => thumbnail(state, side, epoch));
  const button = thumbnail(state, "left", epoch);
  button.className = "shared";
  button.setAttribute("aria-label", "untrained, the same picture for both");
  return [button];
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

// Plays "epochs" or "iterations", or stops (null).
function play(kind) {
  clearInterval(timer);
  playing = kind;
  timer = kind ? setInterval(kind === "epochs" ? playEpoch : playIteration, STEP_MS) : null;
  for (const [id, of] of [["play", "epochs"], ["play-iterations", "iterations"]]) {
    element(id).textContent = kind === of ? "Pause" : "Play";
    element(id).setAttribute("aria-pressed", String(kind === of));
  }
}

const toggle = (kind) => play(playing === kind ? null : kind);
const playEpoch = () => choose({ epoch: (state.epoch + 1) % DATA.epochs.length }, true);

function playIteration() {
  const { value, max } = element("iteration");
  choose({ iteration: iterationAt(state, (Number(value) + 1) % (Number(max) + 1)) }, true);
}

function listenToScrubbers() {
  element("epoch").addEventListener("input", (event) => choose({ epoch: Number(event.target.value) }, true));
  element("iteration").addEventListener("input", (event) => choose({ iteration: iterationAt(state, Number(event.target.value)) }, true));
  element("play").addEventListener("click", () => toggle("epochs"));
  element("play-iterations").addEventListener("click", () => toggle("iterations"));
  element("strip").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose({ epoch: Number(button.dataset.epoch) });
  });
}
