"use strict";
// Which pictures there are, and which is the nearest to what was asked for.

const pictures = new Map(DATA.pictures.map((picture) => [picture.at.join(), picture]));
const pairs = new Set(DATA.pictures.map((picture) => picture.at.slice(4).join()));
// Per recipe and network the checkpoints that painted, as numbers of seed and epoch.
const checkpoints = DATA.recipes.map((_, recipe) => DATA.networks.map((__, network) => {
  const ofNetwork = DATA.pictures.filter(({ at }) => at[1] === network);
  const ofRecipe = ofNetwork.filter(({ at }) => at[0] === recipe);
  const ats = (ofRecipe.length ? ofRecipe : ofNetwork).map(({ at }) => at.slice(2, 4));
  return [...new Map(ats.map((at) => [at.join(), { seed: at[0], epoch: at[1] }])).values()];
}));

const nearest = (numbers, wanted) => numbers.reduce((best, number, at) => (Math.abs(number - wanted) < Math.abs(numbers[best] - wanted) ? at : best), 0);

// A network without this checkpoint (imported, untrained, or a recipe of fewer checkpoints) shows its nearest.
function checkpointOf(recipe, network, seed, epoch) {
  const distance = (at) => (at.seed === seed ? 0 : 1e6) + Math.abs(DATA.epochs[at.epoch] - DATA.epochs[epoch]);
  return checkpoints[recipe][network].reduce((best, at) => (distance(at) < distance(best) ? at : best));
}

const recipeOf = (state, side) => (side === "right" && state.right_recipe !== null ? state.right_recipe : state.recipe);

// What one side shows: its network and checkpoint, and the picture if it was painted.
function shown(state, side) {
  const network = state[side];
  const recipe = recipeOf(state, side);
  const at = checkpointOf(recipe, network, state.seed, state.epoch);
  return { network, recipe, ...at, picture: pictures.get([recipe, network, at.seed, at.epoch, state.content, state.style].join()) };
}

// The picture along its optimisation: [iteration, image, scores], the finished one last.
const stepsOf = (picture) => (picture ? [...picture.steps, [picture.end, picture.image, null]] : []);

// The step at an iteration, or the nearest; the finished one where none is asked for.
function stepOf(picture, iteration) {
  const steps = stepsOf(picture);
  return iteration === null ? steps.at(-1) : steps[nearest(steps.map(([at]) => at), iteration)];
}

// Every iteration at which one of these pictures is shown.
const iterationsOf = (...shownPictures) => [...new Set(shownPictures.flatMap((picture) => stepsOf(picture).map(([at]) => at)))].sort((a, b) => a - b);

// A change of content or style to a pair that was painted: the other one follows if it must.
function toPair(kind, number, state) {
  const other = kind === "content" ? "style" : "content";
  const isPainted = (candidate) => pairs.has((kind === "content" ? [number, candidate] : [candidate, number]).join());
  if (isPainted(state[other])) return { [kind]: number };
  const found = DATA[`${other}s`].findIndex((_, candidate) => isPainted(candidate));
  return { [kind]: number, [other]: found < 0 ? state[other] : found };
}

function pictureWords(at, iteration = null) {
  const [recipe, network, seed, epoch, content, style] = at;
  const words = [
    `${DATA.contents[content].name} in the style of ${DATA.styles[style].name}, painted with the ${DATA.networks[network].name} network`,
    epochWords(DATA.epochs[epoch]),
    DATA.seeds.length > 1 ? `seed ${DATA.seeds[seed]}` : null,
    DATA.recipes.length > 1 ? `recipe ${DATA.recipes[recipe].name}` : null,
    iteration === null ? null : `iteration ${iteration}`,
  ];
  return words.filter((word) => word !== null).join(", ");
}
