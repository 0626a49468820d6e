"use strict";
// The border between two pictures that lie one above the other: moved by pointer, touch and keys.

const SIDES = ["left", "right"];

function setBorder(stage, share) {
  const value = Math.min(100, Math.max(0, share));
  stage.querySelector(".split").value = value;
  stage.style.setProperty("--split", `${value}%`);
}

// `isFree` says whether the pointer moves the border at the moment.
function listenToBorder(stage, isFree = () => true) {
  const range = stage.querySelector(".split");
  const move = (event) => {
    const box = stage.getBoundingClientRect();
    if (isFree()) setBorder(stage, (100 * (event.clientX - box.left)) / box.width);
  };
  range.addEventListener("input", () => setBorder(stage, Number(range.value)));
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true, focusVisible: false });
    move(event);
  });
  // What a browser does on a mouse button takes the focus away from the border's slider.
  stage.addEventListener("mousedown", (event) => event.preventDefault());
  stage.addEventListener("pointermove", (event) => {
    if (event.buttons) move(event);
  });
}
