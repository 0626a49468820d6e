"use strict";
// The two pictures, one above the other, and the border between them.

const SIDES = ["left", "right"];

function showStage(state) {
  let shape = null;
  for (const side of SIDES) {
    const { picture } = shown(state, side);
    const image = element(`picture-${side}`);
    image.hidden = !picture;
    if (picture) {
      const [iteration, number] = stepOf(picture, state.iteration);
      image.src = DATA.images[number];
      image.alt = pictureWords(picture.at, iteration === picture.end ? null : iteration);
      shape ??= picture.width / picture.height;
    }
    // Failures are those of the finished picture.
    const badges = picture && stepOf(picture, state.iteration)[0] === picture.end ? failuresOf(picture.scores) : [];
    element(`badges-${side}`).replaceChildren(...badges.map((badge) => make("span", { class: "badge" }, badge.words, make("small", {}, ` ${badge.detail}`))));
  }
  element("absent").hidden = SIDES.every((side) => shown(state, side).picture);
  if (shape) document.documentElement.style.setProperty("--shape", shape);
  prepareNext(state);
}

// The neighbours are loaded before they are asked for, so that scrubbing shows pictures and not gaps.
function prepareNext(state) {
  for (const epoch of [state.epoch - 1, state.epoch + 1].filter((number) => number in DATA.epochs)) {
    for (const side of SIDES) {
      const { picture } = shown({ ...state, epoch }, side);
      if (picture) new Image().src = DATA.images[stepOf(picture, state.iteration)[1]];
    }
  }
}

function split(share) {
  const value = Math.min(100, Math.max(0, share));
  element("split").value = value;
  element("stage").style.setProperty("--split", `${value}%`);
}

function splitAtPointer(event) {
  const box = element("stage").getBoundingClientRect();
  split((100 * (event.clientX - box.left)) / box.width);
}

function listenToStage() {
  element("split").addEventListener("input", (event) => split(Number(event.target.value)));
  element("stage").addEventListener("pointerdown", (event) => {
    element("stage").setPointerCapture(event.pointerId);
    element("split").focus({ preventScroll: true, focusVisible: false });
    splitAtPointer(event);
  });
  // What a browser does on a mouse button takes the focus away from the border's slider.
  element("stage").addEventListener("mousedown", (event) => event.preventDefault());
  element("stage").addEventListener("pointermove", (event) => {
    if (event.buttons) splitAtPointer(event);
  });
}
