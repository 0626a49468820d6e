"use strict";
// The address: a link shows what its sender saw. Names are looked up in lists; one that is in no list means nothing.

const VIEWS = ["read", "compare", "all", "claims", "blind"];
const NAMES = {
  recipe: DATA.recipes.map((recipe) => recipe.slug),
  right_recipe: DATA.recipes.map((recipe) => recipe.slug),
  left: DATA.networks.map((network) => network.slug),
  right: DATA.networks.map((network) => network.slug),
  seed: DATA.seeds.map(String),
  content: DATA.contents.map((content) => content.slug),
  style: DATA.styles.map((style) => style.slug),
};
// The grid's choices: which pictures it holds, by the same names, all of them where nothing is said.
const ONLY = { only_recipe: "recipe", only_network: "left", only_seed: "seed", only_epoch: "epoch", only_content: "content", only_style: "style" };
// What each value of a key means in the state: a number of a list, or the word itself.
const numbered = (names) => new Map(names.map((name, number) => [name, number]));
const itself = (words) => new Map(words.map((word) => [word, word]));
const MEANINGS = new Map([
  ["view", itself(VIEWS)],
  ["order", itself(["up", "down"])],
  ["failed", new Map([["1", true]])],
  ["swapped", new Map([["1", true]])],
  ["beside", new Map([["1", true]])],
  ["left_original", itself(["content", "style"])],
  ["right_original", itself(["content", "style"])],
  ["by", itself(["number", "statement", "strength", "seeds", "decision"])],
  ["verdict", itself(VERDICTS.map(([name]) => name))],
  ["question", itself(DATA.questions.map(({ key }) => key))],
  ["claim", numbered(DATA.claims.map(claimName))],
  ["sort", numbered(DATA.measures.map((measure) => measure.name))],
  ...Object.entries(NAMES).map(([key, names]) => [key, numbered(names)]),
  ...Object.entries(ONLY).map(([key, kind]) => [key, numbered(NAMES[kind] ?? DATA.epochs.map(String))]),
]);
const OPENING = atRest();

function atRest() {
  const state = {
    view: "compare", right_recipe: null, iteration: null, left_original: null, right_original: null, beside: false, swapped: false,
    sort: null, order: "up", failed: false, by: "number", verdict: null, question: null, claim: null,
  };
  for (const key of Object.keys(NAMES)) if (DATA.opening[key] !== undefined) state[key] = Math.max(0, NAMES[key].indexOf(DATA.opening[key]));
  for (const key of Object.keys(ONLY)) state[key] = null;
  return { ...state, epoch: Math.max(0, DATA.epochs.indexOf(Number(DATA.opening.epoch))) };
}

// `faults` receives words for each part of the address that this page does not have.
function readAddress(hash, faults = []) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { ...OPENING, view: hash.length > 1 ? "compare" : "read" };
  for (const [key, value] of asked) {
    if (!readValue(state, key, value)) faults.push(`${key.slice(0, 40)} “${value.slice(0, 40)}” is unknown`);
  }
  if (!pairs.has([state.content, state.style].join())) {
    const names = [DATA.contents[state.content].name, DATA.styles[state.style].name];
    if (asked.has("content") && asked.has("style")) faults.push(`${names.join(" in the style of ")} was not painted`);
    Object.assign(state, toPair("content", state.content, state));
  }
  if (isSwapped(state) && !state.swapped) Object.assign(state, swappedSides(state));
  if (state.right_recipe === state.recipe) state.right_recipe = null;
  return state;
}

// Sets what one key of the address names; false if this page does not have it. An unknown epoch becomes the nearest.
function readValue(state, key, value) {
  if (key === "epoch" || key === "iteration") {
    if (!/^\d{1,6}$/.test(value)) return false;
    state[key] = key === "epoch" ? nearest(DATA.epochs, Number(value)) : Number(value);
    return key === "iteration" || DATA.epochs.includes(Number(value));
  }
  if (!MEANINGS.get(key)?.has(value)) return false;
  state[key] = MEANINGS.get(key).get(value);
  return true;
}

// The standard network stands on the left; an address says so if a reader has swapped the two.
function isSwapped(state) {
  const isStandard = (network) => DATA.networks[network].regime === "standard";
  return isStandard(state.right) && !isStandard(state.left);
}

function swappedSides(state) {
  const recipes = state.right_recipe === null ? {} : { recipe: state.right_recipe, right_recipe: state.recipe };
  return { left: state.right, right: state.left, ...recipes };
}

function addressOf(state) {
  const said = { view: state.view === "compare" ? null : state.view };
  for (const [key, names] of Object.entries(NAMES)) said[key] = state[key] === null ? null : names[state[key]];
  said.epoch = DATA.epochs[state.epoch];
  said.iteration = state.iteration;
  said.swapped = isSwapped(state) ? "1" : null;
  said.beside = state.beside ? "1" : null;
  for (const key of ["left_original", "right_original"]) said[key] = state[key];
  said.claim = state.claim === null ? null : claimName(DATA.claims[state.claim]);
  if (state.view === "all") {
    for (const [key, kind] of Object.entries(ONLY)) said[key] = state[key] === null ? null : (NAMES[kind] ?? DATA.epochs)[state[key]];
    said.sort = state.sort === null ? null : DATA.measures[state.sort].name;
    said.failed = state.failed ? "1" : null;
  }
  if (state.view === "claims") Object.assign(said, { by: state.by === "number" ? null : state.by, verdict: state.verdict, question: state.question });
  if (state.view === "all" || state.view === "claims") said.order = state.order === "down" ? "down" : null;
  return `#${new URLSearchParams(Object.entries(said).filter(([, value]) => value !== null && value !== undefined))}`;
}

// `replace` for what moves continuously, so that Back leads to the last choice and not through every step of a slider.
function remember(state, replace) {
  const address = addressOf(state);
  if (address === location.hash) return;
  try {
    history[replace ? "replaceState" : "pushState"](null, "", address);
  } catch (refused) {
    // A page inside another page (a report) may not change its address; it works without.
    if (refused.name !== "SecurityError") throw refused;
  }
}
