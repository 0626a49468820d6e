"use strict";
// The scores of the two pictures, and the two curves with the point that is shown.

function showPanel(state) {
  const sides = SIDES.map((side) => shown(state, side));
  const names = sides.map(({ network, recipe }) => [network, recipe]);
  const [left, right] = state.right_recipe === null || state.left !== state.right
    ? names.map(([network]) => DATA.networks[network].name)
    : names.map(([, recipe]) => DATA.recipes[recipe].name);
  element("head-left").textContent = left;
  element("head-right").textContent = right;
  element("scores-caption").textContent = captionOf(state, sides);
  element("scores").replaceChildren(...rowsOf(state, sides, DATA.measures.filter((measure) => measure.first)));
  const further = rowsOf(state, sides, DATA.measures.filter((measure) => !measure.first));
  element("further-scores").replaceChildren(...further);
  element("further").hidden = further.length === 0;
  showLosses(element("loss"), sides, state.iteration);
  showTraining(element("training"), sides);
}

function captionOf(state, sides) {
  const atEnd = sides.every(({ picture }) => !picture || stepOf(picture, state.iteration)[0] === picture.end);
  if (state.left_original || state.right_original) return "Scores of the two painted pictures";
  if (atEnd) return "Scores of these two pictures";
  return `Scores at ${both(sides.map(({ picture }) => iterationWords(picture, state.iteration)))}; those in italics are of the finished pictures`;
}

function rowsOf(state, sides, measures) {
  return measures.flatMap((measure) => {
    const values = sides.map(({ picture }) => scoreOf(picture, measure, state.iteration));
    return values.every(({ value }) => value === null) ? [] : [scoreRow(measure, values)];
  });
}

// Along the way few scores are taken; the others stay those of the end.
function scoreOf(picture, measure, iteration) {
  if (!picture) return { value: null, isLate: false };
  const number = DATA.measures.indexOf(measure);
  const [at, , scores] = stepOf(picture, iteration);
  if (at === picture.end) return { value: picture.scores[number], isLate: false };
  const taken = DATA.byIteration.indexOf(number);
  if (scores && taken >= 0 && scores[taken] !== null) return { value: scores[taken], isLate: false };
  return { value: picture.scores[number], isLate: measure.group !== "Network" };
}

function scoreRow(measure, values) {
  const words = values.map(({ value }) => scoreWords(measure, value));
  const told = measure.better !== 0 && words[0] !== words[1] && values.every(({ value }) => value !== null);
  const better = told ? Number(measure.better * (values[0].value - values[1].value) < 0) : -1;
  const cells = values.map(({ isLate }, number) => {
    const isBetter = number === better;
    const seen = isBetter ? [make("span", { class: "unseen" }, "better: ")] : [];
    return make("td", { class: [isBetter ? "better" : "", isLate ? "late" : ""].join(" ").trim() || null }, ...seen, words[number]);
  });
  return make("tr", {}, make("th", { scope: "row" }, measure.words, make("small", {}, measure.note)), ...cells);
}

function listenToPanel() {
  element("further").addEventListener("click", () => {
    const isOpen = element("further-scores").hidden;
    element("further-scores").hidden = !isOpen;
    element("further").setAttribute("aria-expanded", String(isOpen));
    element("further").textContent = isOpen ? "Fewer scores" : "All scores";
  });
}
