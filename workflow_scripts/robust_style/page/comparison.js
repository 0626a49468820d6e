"use strict";
// Everything shown comes from the data in this file; names are inserted as text only.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const pictures = new Map(data.pictures.map((picture) => [picture.at.join(), picture]));
  // Per network, the seeds and epochs (as numbers in the lists) of its checkpoints.
  const checkpoints = data.networks.map((_, network) => data.pictures.filter((p) => p.at[1] === network).map((p) => ({ seed: p.at[2], epoch: p.at[3] })));
  const accuracies = new Map(data.accuracies.map((accuracy) => [accuracy.at.join(), accuracy]));
  // 1: larger is better, -1: smaller is better.
  const MEASURES = [
    { words: "Structure kept", note: "1 = the content untouched", better: 1 },
    { words: "Colour distance", note: "0 = the style’s colours", better: -1 },
    { words: "Fine ripples", note: "above 0 = artefacts", better: -1 },
    { words: "Loss rise", note: "1 = a calm course", better: -1 },
  ];
  const STEP_MS = 1100;
  const last = data.epochs.length - 1;
  const standard = Math.max(0, data.networks.findIndex((network) => network.regime === "standard"));
  const other = data.networks.findIndex((network) => network.regime === "adversarial");
  const state = { pair: 0, recipe: 0, seed: 0, epoch: Math.max(...checkpoints[standard].map((at) => at.epoch)), left: standard, right: other < 0 ? data.networks.length - 1 : other };
  let timer = null;

  const epochWords = (number) => (data.epochs[number] === 0 ? "untrained" : `epoch ${data.epochs[number]}`);
  const pictureAt = (network, at) => pictures.get([state.recipe, network, at.seed, at.epoch, state.pair].join());
  const short = (value) => (Math.abs(value) >= 1000 ? value.toExponential(1) : Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(2));
  const percent = (fraction) => (fraction === null || fraction === undefined ? "–" : `${(100 * fraction).toFixed(0)} %`);

  // A network without this checkpoint (one imported or left untrained has one) shows its nearest, and the words say so.
  function shownAt(network) {
    const distance = (at) => (at.seed === state.seed ? 0 : 1e6) + Math.abs(data.epochs[at.epoch] - data.epochs[state.epoch]);
    return checkpoints[network].reduce((best, at) => (distance(at) < distance(best) ? at : best));
  }

  function make(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function fill(id, words) {
    const select = element(id);
    words.forEach((word, number) => {
      const option = make("option", word);
      option.value = number;
      select.append(option);
    });
    select.addEventListener("change", () => choose({ [id]: Number(select.value) }));
  }

  // --- the address: a link shows what its sender saw

  const slugs = {
    pair: data.pairs.map((pair) => pair.slug),
    recipe: data.recipes.map((recipe) => recipe.slug),
    seed: data.seeds.map(String),
    epoch: data.epochs.map(String),
    left: data.networks.map((network) => network.slug),
    right: data.networks.map((network) => network.slug),
  };

  function readAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const [key, names] of Object.entries(slugs)) {
      const number = names.indexOf(asked.get(key));
      if (number >= 0) state[key] = number;
    }
  }

  function writeAddress() {
    const shown = new URLSearchParams(Object.entries(slugs).map(([key, names]) => [key, names[state[key]]]));
    try {
      history.replaceState(null, "", `#${shown}`);
    } catch (refused) {
      // A page inside another page (a report) may not change its address; it works without.
      if (refused.name !== "SecurityError") throw refused;
    }
  }

  function choose(change) {
    Object.assign(state, change);
    writeAddress();
    show();
  }

  // --- what is shown

  function show() {
    const pair = data.pairs[state.pair];
    const [left, right] = [data.networks[state.left], data.networks[state.right]];
    for (const id of ["pair", "recipe", "seed", "left", "right", "epoch"]) element(id).value = state[id];
    document.documentElement.style.setProperty("--left", left.colour);
    document.documentElement.style.setProperty("--right", right.colour);
    element("recipe-words").textContent = data.recipes[state.recipe].words;
    element("epoch").setAttribute("aria-valuetext", epochWords(state.epoch));
    element("epoch-words").textContent = shownWords();
    element("content-image").src = data.images[pair.contentImage];
    element("content-image").alt = `Content image: ${pair.content}`;
    element("content-name").textContent = pair.content;
    element("style-image").src = data.images[pair.styleImage];
    element("style-image").alt = `Style image: ${pair.style}`;
    element("style-name").textContent = pair.style;
    showStage(pair);
    showScores(left, right);
    drawLosses(element("loss"), ["left", "right"].map((side) => [side, pictureAt(state[side], shownAt(state[side]))?.loss ?? []]));
    showStrip();
  }

  function shownWords() {
    const [left, right] = ["left", "right"].map((side) => epochWords(shownAt(state[side]).epoch));
    return left === right ? left : `${left} · ${right}`;
  }

  function showStage(pair) {
    let absent = false;
    for (const side of ["left", "right"]) {
      const at = shownAt(state[side]);
      const picture = pictureAt(state[side], at);
      const image = element(`picture-${side}`);
      image.hidden = !picture;
      absent ||= !picture;
      if (!picture) continue;
      const network = data.networks[state[side]].name;
      image.src = data.images[picture.image];
      image.alt = `${pair.content} in the style of ${pair.style}, painted with the ${network} network, ${epochWords(at.epoch)}`;
      document.documentElement.style.setProperty("--shape", picture.width / picture.height);
    }
    element("absent").hidden = !absent;
  }

  function showScores(left, right) {
    element("head-left").textContent = left.name;
    element("head-right").textContent = right.name;
    const sides = ["left", "right"].map((side) => pictureAt(state[side], shownAt(state[side])));
    const rows = MEASURES.map((measure, number) => {
      const values = sides.map((picture) => (picture ? picture.scores[number] : null));
      const shown = values.map((value) => (value === null ? "–" : short(value)));
      const told = shown[0] !== shown[1] && !values.includes(null);
      const winner = told ? (measure.better * (values[0] - values[1]) > 0 ? 0 : 1) : -1;
      return row(measure.words, measure.note, shown, winner);
    });
    const found = ["left", "right"].map((side) => {
      const at = shownAt(state[side]);
      return accuracies.get([state[side], at.seed, at.epoch].join());
    });
    rows.push(row("Clean accuracy", "photographs recognised", found.map((accuracy) => percent(accuracy?.clean)), -1));
    rows.push(row("Robust accuracy", "the same, under attack", found.map((accuracy) => percent(accuracy?.robust)), -1));
    element("scores").replaceChildren(...rows);
  }

  function row(words, note, values, winner) {
    const made = make("tr");
    const head = make("th", words);
    head.scope = "row";
    head.append(make("small", note));
    made.append(head, ...values.map((value, number) => make("td", value, number === winner ? "better" : "")));
    return made;
  }

  function showStrip() {
    const columns = data.epochs.flatMap((epoch, number) => [
      thumbnail("left", number),
      thumbnail("right", number),
      make("span", epoch === 0 ? "untrained" : String(epoch)),
    ]);
    element("strip").replaceChildren(...columns);
  }

  function thumbnail(side, epoch) {
    const button = make("button", undefined, side);
    const picture = pictureAt(state[side], { seed: shownAt(state[side]).seed, epoch });
    const image = make("img");
    image.alt = "";
    if (picture) image.src = data.images[picture.image];
    button.type = "button";
    button.setAttribute("aria-label", `${data.networks[state[side]].name}, ${epochWords(epoch)}`);
    button.setAttribute("aria-current", String(epoch === state.epoch));
    button.addEventListener("click", () => choose({ epoch }));
    button.append(image);
    return button;
  }

  // --- hands

  function split(share) {
    const value = Math.min(100, Math.max(0, share));
    element("split").value = value;
    element("stage").style.setProperty("--split", `${value}%`);
  }

  function splitAtPointer(event) {
    const box = element("stage").getBoundingClientRect();
    split((100 * (event.clientX - box.left)) / box.width);
  }

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => choose({ epoch: (state.epoch + 1) % data.epochs.length }), STEP_MS) : null;
    element("play").textContent = on ? "Pause" : "Play";
    element("play").setAttribute("aria-pressed", String(on));
  }

  fill("pair", data.pairs.map((pair) => `${pair.content} × ${pair.style}`));
  fill("recipe", data.recipes.map((recipe) => recipe.name));
  fill("seed", data.seeds.map(String));
  fill("left", data.networks.map((network) => network.name));
  fill("right", data.networks.map((network) => network.name));
  element("seed-choice").hidden = data.seeds.length < 2;
  element("epoch").max = last;
  element("epoch").addEventListener("input", (event) => choose({ epoch: Number(event.target.value) }));
  element("split").addEventListener("input", (event) => split(Number(event.target.value)));
  element("swap").addEventListener("click", () => choose({ left: state.right, right: state.left }));
  element("play").addEventListener("click", () => play(timer === null));
  element("choices").addEventListener("submit", (event) => event.preventDefault());
  element("stage").addEventListener("pointerdown", (event) => {
    element("stage").setPointerCapture(event.pointerId);
    element("split").focus({ preventScroll: true, focusVisible: false });
    splitAtPointer(event);
  });
  element("stage").addEventListener("pointermove", (event) => {
    if (event.buttons) splitAtPointer(event);
  });
  addEventListener("hashchange", () => {
    readAddress();
    show();
  });
  readAddress();
  show();
})();
