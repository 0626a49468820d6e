"use strict";
// The two pictures of the comparison: under a border or side by side, originals in their place, a lens, full screen.

// A picture is shown at most this many times larger than it is stored.
const MOST_ENLARGED = 2.5;
const ORIGINALS = { content: "the content image", style: "the style image" };
const LENS_ZOOM = 3;
let peeking = false;
let magnifying = false;

// The stage keeps its height for all pictures, so that nothing below it moves.
function fitStage() {
  const shapes = DATA.pictures.map(({ width, height }) => width / height);
  const sizes = DATA.pictures.map(({ width, height, steps }) => {
    const stored = steps.length ? Math.min(1, DATA.snapshotPx / Math.max(width, height)) : 1;
    return stored * height;
  });
  const style = element("looking").style;
  style.setProperty("--limit", `${MOST_ENLARGED * Math.min(...sizes)}px`);
  style.setProperty("--least-shape", Math.min(...shapes));
  element("work").style.setProperty("--limit", `${MOST_ENLARGED * Math.min(...sizes)}px`);
  element("work").style.setProperty("--widest", Math.max(...shapes));
}

const originalOf = (state, side) => (peeking ? { left: "content", right: "style" }[side] : state[`${side}_original`]);

function showStage(state) {
  let shape = null;
  for (const side of SIDES) {
    const { picture } = shown(state, side);
    const image = element(`picture-${side}`);
    const original = originalOf(state, side);
    const step = picture && stepOf(picture, state.iteration);
    image.hidden = !picture && !original;
    image.classList.toggle("original", Boolean(original));
    if (original) {
      const source = DATA[`${original}s`][state[original]];
      image.src = DATA.images[source.image];
      image.alt = `${source.name}, ${ORIGINALS[original]}`;
    } else if (picture) {
      image.src = DATA.images[step[1]];
      image.alt = pictureWords(picture.at, step[0] === picture.end ? null : step[0]);
    }
    if (picture) shape ??= picture.width / picture.height;
    // Failures are those of the finished picture.
    const badges = picture && !original && step[0] === picture.end ? picture.failures : [];
    element(`badges-${side}`).replaceChildren(...badges.map(badge));
  }
  element("absent").hidden = SIDES.every((side) => shown(state, side).picture || originalOf(state, side));
  if (shape) element("looking").style.setProperty("--shape", shape);
  for (const part of ["stage", "work"]) element(part).classList.toggle("beside", state.beside);
  element("beside").setAttribute("aria-pressed", String(state.beside));
  element("split").disabled = state.beside;
  prepareNext(state);
}

const badge = ({ words, detail }) => make("span", { class: "badge" }, words, make("small", {}, ` ${detail}`));

// The neighbours are loaded before they are asked for, so that scrubbing shows pictures and not gaps.
function prepareNext(state) {
  for (const epoch of [state.epoch - 1, state.epoch + 1].filter((number) => number in DATA.epochs)) {
    for (const side of SIDES) {
      const { picture } = shown({ ...state, epoch }, side);
      if (picture) new Image().src = DATA.images[stepOf(picture, state.iteration)[1]];
    }
  }
}

const split = (share) => setBorder(element("stage"), share);

function peek(on) {
  if (peeking === on) return;
  peeking = on;
  showStage(state);
}

function magnify(on) {
  magnifying = on;
  element("lens").hidden = !on;
  element("lens-on").setAttribute("aria-pressed", String(on));
  const box = element("stage").getBoundingClientRect();
  if (on) moveLens(box.width / 2, box.height / 2);
}

// Both pictures around one place (CSS px from the stage's corner), the left one in the left half of the lens.
function moveLens(x, y) {
  const stage = element("stage");
  const width = state.beside ? stage.clientWidth / 2 : stage.clientWidth;
  const at = state.beside ? x % width : x;
  SIDES.forEach((side, number) => {
    const [pane, image] = [element("lens").children[number], element("lens").children[number].firstChild];
    image.src = element(`picture-${side}`).src;
    image.style.width = `${LENS_ZOOM * width}px`;
    image.style.height = `${LENS_ZOOM * stage.clientHeight}px`;
    image.style.transform = `translate(${pane.clientWidth / 2 - LENS_ZOOM * at}px, ${pane.clientHeight / 2 - LENS_ZOOM * y}px)`;
  });
  const lens = element("lens");
  const within = (value, size, room) => Math.max(0, Math.min(room - size, value - size / 2));
  lens.style.left = `${within(x, lens.offsetWidth, stage.clientWidth)}px`;
  lens.style.top = `${within(y, lens.offsetHeight, stage.clientHeight)}px`;
}

function fillScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (document.fullscreenEnabled) element("looking").requestFullscreen();
}

function listenToStage() {
  fitStage();
  listenToBorder(element("stage"), () => !magnifying && !state.beside);
  element("stage").addEventListener("pointermove", (event) => {
    const box = element("stage").getBoundingClientRect();
    if (magnifying) moveLens(event.clientX - box.left, event.clientY - box.top);
  });
  element("beside").addEventListener("click", () => choose({ beside: !state.beside }, true));
  element("lens-on").addEventListener("click", () => magnify(!magnifying));
  element("full").hidden = !document.fullscreenEnabled;
  element("full").addEventListener("click", fillScreen);
  const button = element("originals");
  const hold = (on) => (event) => {
    if (event.key === undefined || event.key === " " || event.key === "Enter") peek(on);
  };
  for (const kind of ["pointerdown", "keydown"]) button.addEventListener(kind, hold(true));
  for (const kind of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) button.addEventListener(kind, hold(false));
}
