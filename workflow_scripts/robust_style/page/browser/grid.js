"use strict";
// Every picture at once: small, sorted by any score, each a link to where it is compared.

let gridShown = "";
// Which networks share an untrained picture, by its image.
const UNTRAINED = new Map();
for (const { at, image } of DATA.pictures) {
  if (DATA.epochs[at[3]] === 0) UNTRAINED.set(image, (UNTRAINED.get(image) ?? new Set()).add(at[1]));
}

function buildGrid() {
  offer(element("sort"), [["", "the order of painting"], ...DATA.measures.map((measure, number) => [number, measure.words])]);
  const kinds = [
    ["only_recipe", "Recipe", DATA.recipes.map((recipe) => recipe.name)],
    ["only_network", "Network", DATA.networks.map((network) => network.name)],
    ["only_seed", "Seed", DATA.seeds.map(String)],
    ["only_epoch", "Epoch", DATA.epochs.map((epoch) => (epoch === 0 ? "untrained" : String(epoch)))],
    ["only_content", "Content", DATA.contents.map((content) => content.name)],
    ["only_style", "Style", DATA.styles.map((style) => style.name)],
  ];
  for (const [id, words, names] of kinds.filter(([, , choices]) => choices.length > 1)) {
    const select = make("select", { id });
    offer(select, [["", "all"], ...names.map((name, number) => [number, name])]);
    select.addEventListener("change", () => choose({ [id]: select.value === "" ? null : Number(select.value) }));
    element("sieve").append(make("label", {}, `${words} `, select));
  }
  const box = make("input", { type: "checkbox", id: "failed" });
  box.addEventListener("change", () => choose({ failed: box.checked }));
  element("sieve").append(make("label", { class: "tick" }, box, " only failures"));
  element("sort").addEventListener("change", (event) => chooseSort(event.target.value));
  element("order").addEventListener("change", (event) => choose({ order: event.target.value }));
  element("sieve").addEventListener("submit", (event) => event.preventDefault());
}

// Best first, where a score has a better end.
function chooseSort(value) {
  const sort = value === "" ? null : Number(value);
  choose({ sort, order: sort !== null && DATA.measures[sort].better > 0 ? "down" : "up" });
}

function showGrid(state) {
  element("sort").value = state.sort ?? "";
  element("order").value = state.order;
  for (const key of Object.keys(ONLY)) if (element(key)) element(key).value = state[key] ?? "";
  element("failed").checked = state.failed;
  const wanted = JSON.stringify([state.sort, state.order, state.failed, ...Object.keys(ONLY).map((key) => state[key])]);
  if (wanted === gridShown) return;
  gridShown = wanted;
  const chosen = sorted(once(DATA.pictures.filter((picture) => passes(state, picture))), state);
  const failed = chosen.filter((picture) => picture.failures.length).length;
  element("grid-words").textContent = `${countWords(chosen.length, "picture", "pictures")}${failed ? `, ${grouped.format(failed)} failed` : ""}`;
  element("grid").replaceChildren(...chosen.map((picture) => cell(state, picture)));
}

function passes(state, picture) {
  const wanted = Object.keys(ONLY).map((key) => state[key]);
  return wanted.every((number, axis) => number === null || picture.at[axis] === number) && (!state.failed || picture.failures.length > 0);
}

// The untrained networks of all regimes paint one picture of a pair: it is shown once.
function once(chosen) {
  const seen = new Set();
  return chosen.filter(({ at, image }) => {
    if (DATA.epochs[at[3]] !== 0) return true;
    const isNew = !seen.has(image);
    seen.add(image);
    return isNew;
  });
}

// What was not measured comes last, whichever way.
function sorted(chosen, { sort, order }) {
  const sign = order === "down" ? -1 : 1;
  if (sort === null) return sign > 0 ? chosen : [...chosen].reverse();
  const key = (picture) => picture.scores[sort];
  const [measured, others] = [chosen.filter((picture) => key(picture) !== null), chosen.filter((picture) => key(picture) === null)];
  return [...measured.sort((one, other) => sign * (key(one) - key(other))), ...others];
}

function cell(state, picture) {
  const [recipe, network, seed, epoch, content, style] = picture.at;
  const isShared = UNTRAINED.get(picture.image)?.size > 1;
  const colour = make("span", { class: "dot" });
  if (!isShared) colour.style.backgroundColor = DATA.networks[network].colour;
  const where = [epochWords(DATA.epochs[epoch]), DATA.seeds.length > 1 ? `seed ${DATA.seeds[seed]}` : null, DATA.recipes.length > 1 ? DATA.recipes[recipe].name : null];
  const image = make("img", { src: DATA.images[picture.thumbnail], alt: pictureWords(picture.at), loading: "lazy", decoding: "async", width: picture.width, height: picture.height });
  const value = state.sort === null ? null : make("span", { class: "value" }, scoreWords(DATA.measures[state.sort], picture.scores[state.sort]));
  return make("a", { class: "cell", href: addressOf(comparisonOf(picture)) },
    make("span", { class: "frame" }, image, ...picture.failures.map(({ words }) => make("span", { class: "badge" }, words))),
    make("span", { class: "name" }, colour, isShared ? "all networks" : DATA.networks[network].name, value),
    make("small", {}, where.filter((word) => word !== null).join(" · ")),
    make("small", {}, `${DATA.contents[content].name} × ${DATA.styles[style].name}`));
}

// A picture is compared with the other network of the opening, on the side where it stands there.
function comparisonOf(picture) {
  const [recipe, network, seed, epoch, content, style] = picture.at;
  const sides = network === OPENING.left ? { left: network, right: OPENING.right } : { left: OPENING.left, right: network };
  return { ...OPENING, ...sides, recipe, seed, epoch, content, style };
}
