"use strict";
// The page by keyboard: keys of the comparison, or of the views that a row names. Arrows are left to sliders, lists and pickers while one of them has the focus.

const KEYS = [
  ["←  →", "training epoch", { ArrowLeft: () => stepEpoch(-1), ArrowRight: () => stepEpoch(1) }],
  [",  .", "optimiser iteration", { ",": () => stepIteration(-1), ".": () => stepIteration(1) }],
  ["a  d  f", "only the left one, only the right one, half of each", { a: () => split(100), d: () => split(0), f: () => split(50) }],
  ["c  C", "next, previous content", { c: () => stepPair("content", 1), C: () => stepPair("content", -1) }],
  ["s  S", "next, previous style", { s: () => stepPair("style", 1), S: () => stepPair("style", -1) }],
  ["r", "next recipe", { r: () => chooseRecipe("recipe", String((state.recipe + 1) % DATA.recipes.length)) }],
  ["x", "swap left and right", { x: () => swap() }],
  ["p  P", "play the epochs, the iterations", { p: () => toggle("epochs"), P: () => toggle("iterations") }],
  ["o", "content and style while it is held", { o: () => peek(true) }],
  ["b", "side by side", { b: () => choose({ beside: !state.beside }, true) }],
  ["z", "lens", { z: () => magnify(!magnifying) }],
  ["u", "full screen", { u: () => fillScreen() }],
  ["←  ↓  →  s", "blind test: left, cannot tell, right, skip", BLIND_KEYS, ["blind"]],
  ["0  1  2  3  4", "the answer, compare, all pictures, claims, blind test", { 0: () => choose({ view: "read" }), 1: () => choose({ view: "compare" }), 2: () => choose({ view: "all" }), 3: () => choose({ view: "claims" }), 4: () => choose({ view: "blind" }) }, VIEWS],
  ["?", "this help; Escape closes it", { "?": () => element("help").showModal() }, VIEWS],
];
const actionsOf = (view) => new Map(KEYS.flatMap(([, , actions, views = ["compare"]]) => (views.includes(view) ? Object.entries(actions) : [])));
const ACTIONS = new Map(VIEWS.map((view) => [view, actionsOf(view)]));

function stepEpoch(by) {
  const epoch = state.epoch + by;
  if (epoch in DATA.epochs) choose({ epoch }, true);
}

function stepIteration(by) {
  const position = Number(element("iteration").value) + by;
  if (position >= 0 && position <= Number(element("iteration").max)) choose({ iteration: iterationAt(state, position) }, true);
}

// The next one that was painted with the other as it is; with only one such, the next of all.
function stepPair(kind, by) {
  const count = DATA[`${kind}s`].length;
  const others = Array.from({ length: count - 1 }, (_, step) => (state[kind] + by * (step + 1) + count * count) % count);
  const fits = (number) => pairs.has((kind === "content" ? [number, state.style] : [state.content, number]).join());
  const next = others.find(fits) ?? others[0];
  if (next !== undefined) choose(toPair(kind, next, state));
}

function listenToKeys() {
  element("keys").replaceChildren(...KEYS.flatMap(([keys, words]) => [make("dt", {}, ...keys.split("  ").map((key) => make("kbd", {}, key))), make("dd", {}, words)]));
  element("help-open").addEventListener("click", () => element("help").showModal());
  addEventListener("keyup", (event) => {
    if (event.key === "o") peek(false);
  });
  addEventListener("keydown", (event) => {
    const action = ACTIONS.get(state.view).get(event.key);
    if (!action || event.ctrlKey || event.altKey || event.metaKey || element("help").open || !element("keys-on").checked) return;
    const focused = event.target.closest?.("input, select, textarea");
    if (focused && (focused.tagName === "SELECT" || focused.id === "rater" || event.key.startsWith("Arrow"))) return;
    // A key that is held down answers once.
    if (event.repeat && state.view === "blind") return;
    if (action() !== false) event.preventDefault();
  });
}
