"use strict";
// The address: a link shows what its sender saw. Names are looked up in lists; one that is in no list means nothing.

const VIEWS = ["compare", "all", "claims"];
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
const OPENING = atRest();

function atRest() {
  const state = { view: "compare", right_recipe: null, evaluation: null, sort: null, order: "up", failed: false };
  for (const key of Object.keys(NAMES)) if (DATA.opening[key] !== undefined) state[key] = Math.max(0, NAMES[key].indexOf(DATA.opening[key]));
  for (const key of Object.keys(ONLY)) state[key] = null;
  return { ...state, epoch: Math.max(0, DATA.epochs.indexOf(Number(DATA.opening.epoch))) };
}

function readAddress(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { ...OPENING };
  const found = (key, names) => (names.includes(asked.get(key)) ? names.indexOf(asked.get(key)) : null);
  for (const [key, names] of Object.entries(NAMES)) state[key] = found(key, names) ?? state[key];
  for (const [key, kind] of Object.entries(ONLY)) state[key] = found(key, NAMES[kind] ?? DATA.epochs.map(String));
  if (/^\d{1,6}$/.test(asked.get("epoch") ?? "")) state.epoch = nearest(DATA.epochs, Number(asked.get("epoch")));
  if (/^\d{1,6}$/.test(asked.get("evaluation") ?? "")) state.evaluation = Number(asked.get("evaluation"));
  if (VIEWS.includes(asked.get("view"))) state.view = asked.get("view");
  state.sort = found("sort", DATA.measures.map((measure) => measure.name));
  if (asked.get("order") === "down") state.order = "down";
  state.failed = asked.get("failed") === "1";
  if (!pairs.has([state.content, state.style].join())) Object.assign(state, toPair("content", state.content, state));
  if (state.right_recipe === state.recipe) state.right_recipe = null;
  return state;
}

function addressOf(state) {
  const said = { view: state.view === "compare" ? null : state.view };
  for (const [key, names] of Object.entries(NAMES)) said[key] = state[key] === null ? null : names[state[key]];
  said.epoch = DATA.epochs[state.epoch];
  said.evaluation = state.evaluation;
  if (state.view === "all") {
    for (const [key, kind] of Object.entries(ONLY)) said[key] = state[key] === null ? null : (NAMES[kind] ?? DATA.epochs)[state[key]];
    said.sort = state.sort === null ? null : DATA.measures[state.sort].name;
    said.order = state.order === "down" ? "down" : null;
    said.failed = state.failed ? "1" : null;
  }
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
