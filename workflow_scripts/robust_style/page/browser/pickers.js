"use strict";
// What to look at: content and style by their thumbnails; networks, recipes and seed by name.

function buildPickers() {
  for (const kind of ["content", "style"]) {
    element(`${kind}s`).replaceChildren(...DATA[`${kind}s`].map((image, number) => picker(kind, image, number)));
    element(`${kind}s`).addEventListener("change", (event) => choose(toPair(kind, Number(event.target.value), state)));
  }
  const named = (things) => things.map((thing, number) => [number, thing.name]);
  for (const side of SIDES) offer(element(side), [...named(DATA.networks), ...Object.entries(ORIGINALS)]);
  offer(element("recipe"), named(DATA.recipes));
  offer(element("right_recipe"), [["", "the same"], ...named(DATA.recipes)]);
  offer(element("seed"), DATA.seeds.map((seed, number) => [number, String(seed)]));
  element("seed").addEventListener("change", (event) => choose({ seed: Number(event.target.value) }));
  for (const side of SIDES) element(side).addEventListener("change", (event) => chooseSide(side, event.target.value));
  for (const key of ["recipe", "right_recipe"]) element(key).addEventListener("change", (event) => chooseRecipe(key, event.target.value));
  element("seed-choice").hidden = DATA.seeds.length < 2;
  element("right-recipe-choice").hidden = DATA.recipes.length < 2;
  element("swap").addEventListener("click", swap);
  element("choices").addEventListener("submit", (event) => event.preventDefault());
}

function picker(kind, image, number) {
  const input = make("input", { type: "radio", name: kind, value: number });
  return make("label", { title: image.name }, input, make("img", { src: DATA.images[image.image], alt: image.name, loading: "lazy" }));
}

// A network, or the original in the place of its picture.
function chooseSide(side, value) {
  if (value in ORIGINALS) choose({ [`${side}_original`]: value });
  else choose({ [side]: Number(value), [`${side}_original`]: null });
}

// Two recipes may have other budgets: what was shown at an iteration of one means little in the other.
function chooseRecipe(key, value) {
  const change = { [key]: value === "" ? null : Number(value), iteration: null };
  const both = { ...state, ...change };
  choose(both.right_recipe === both.recipe ? { ...change, right_recipe: null } : change);
}

function swap() {
  choose({ ...swappedSides(state), left_original: state.right_original, right_original: state.left_original });
}

function showPickers(state) {
  for (const kind of ["content", "style"]) {
    element(`${kind}-name`).textContent = DATA[`${kind}s`][state[kind]].name;
    for (const input of element(`${kind}s`).querySelectorAll("input")) {
      const number = Number(input.value);
      input.checked = number === state[kind];
      const pair = kind === "content" ? [number, state.style] : [state.content, number];
      input.parentElement.classList.toggle("elsewhere", !pairs.has(pair.join()));
      if (input.checked) bringIntoRow(input.parentElement);
    }
  }
  for (const key of ["recipe", "seed"]) element(key).value = state[key];
  element("right_recipe").value = state.right_recipe ?? "";
  const recipes = [state.recipe, ...(state.right_recipe === null ? [] : [state.right_recipe])];
  element("recipe-words").textContent = recipes.map((recipe) => DATA.recipes[recipe].words).join(" · ");
  for (const side of SIDES) {
    element(side).value = state[`${side}_original`] ?? state[side];
    element(`${side}-recipe`).textContent = state.right_recipe === null ? "" : DATA.recipes[recipeOf(state, side)].name;
    document.documentElement.style.setProperty(`--${side}`, sideColour(state, side));
  }
}

// One network against itself: the second is grey, so that the curves stay apart.
const sideColour = (state, side) => (side === "right" && state.left === state.right ? "var(--quiet)" : DATA.networks[state[side]].colour);

// Only its row moves: scrollIntoView would move the page too.
function bringIntoRow(label) {
  const row = label.parentElement;
  const [start, end] = [label.offsetLeft - row.offsetLeft, label.offsetLeft - row.offsetLeft + label.offsetWidth];
  if (start < row.scrollLeft) row.scrollLeft = start;
  else if (end > row.scrollLeft + row.clientWidth) row.scrollLeft = end - row.clientWidth;
}
