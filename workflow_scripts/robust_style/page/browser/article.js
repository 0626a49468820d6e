"use strict";
// The answer: a sentence, the most telling pair, and four questions, each with its pictures and its evidence.

function buildArticle() {
  element("answer").textContent = DATA.answer?.sentence ?? "No claim was judged for this page; the pictures are below.";
  element("basis").textContent = DATA.answer?.basis ?? "";
  const [left, right] = SIDES.map((side) => {
    const { name, regime } = DATA.networks[OPENING[side]];
    return regime === "adversarial" ? `${name} (trained on photographs that were altered to mislead it)` : name;
  });
  element("setup").replaceChildren(`Style transfer paints a photograph in the style of another picture, guided by a network that was trained to recognise photographs. Only the training of that network differs here: ${left} on the left, ${right} on the right. ${judgedWords()}`, make("span", { class: "by-hand" }, "Drag the border."));
  element("hero").replaceChildren(heroOf(OPENING));
  element("jumps").replaceChildren(...DATA.questions.map(({ key, title }) => make("li", {}, jump(key, title), leadVerdict(key))));
  element("questions").replaceChildren(...DATA.questions.map(questionOf));
}

/** Which networks the claims compare, where the opening shows others; otherwise nothing. */
function judgedWords() {
  const isShown = SIDES.some((side) => DATA.compared.includes(DATA.networks[OPENING[side]].slug));
  const names = DATA.networks.filter(({ slug }) => DATA.compared.includes(slug)).map(({ name }) => name);
  return isShown || !names.length ? "" : `No claim is about these two: the claims below compare ${names.join(" and ")}. `;
}

const claimsOf = (question) => DATA.claims.filter((claim) => claim.question === question);

function leadVerdict(question) {
  const lead = claimsOf(question).find((claim) => claim.family === "primary");
  return lead ? verdictPill(lead) : make("span", { class: "verdict unclear" }, "exploratory only");
}

function jump(key, title) {
  const button = make("button", { type: "button", class: "plain" }, title);
  button.addEventListener("click", () => element(`question-${key}`).scrollIntoView());
  return button;
}

function heroOf(state) {
  const original = (kind) => {
    const { name, image } = DATA[`${kind}s`][state[kind]];
    return make("figure", { class: "original" }, make("img", { src: DATA.images[image], alt: name }), make("figcaption", {}, `${kind === "content" ? "Content" : "Style"}: ${name}`));
  };
  const preset = presetOf([{ state, words: "" }], "The pair for which the two networks’ style distances differ most, in either direction.");
  return make("div", { class: "hero" }, original("content"), preset, original("style"));
}

function questionOf({ key, title, words }) {
  const claims = claimsOf(key);
  // A primary claim's pictures, else those of the recipe that the page opens with.
  const isOfOpening = (claim) => claim.recipe === DATA.recipes[OPENING.recipe].name && !claim.contrast.includes("@half");
  const rank = (claim) => (claim.family === "primary" ? 0 : isOfOpening(claim) ? 1 : 2);
  const [exhibited] = claims.filter((claim) => waysOf(claim).length).sort((one, other) => rank(one) - rank(other));
  const presets = exhibited ? waysOf(exhibited).map(([label, address]) => ({ state: withClaim(address, exhibited), words: label })) : [];
  const absent = ["for", "against"].filter((side) => !presets.some((preset) => preset.words === `strongest ${side}`));
  const caption = exhibited ? `Claim ${numberOf(exhibited)}: “${exhibited.statement}.”${absent.length ? ` No picture speaks ${absent[0]} it.` : ""}` : "";
  const head = make("h2", { id: `question-${key}` }, title, " ", claims.length ? leadVerdict(key) : null);
  return make("section", { class: "question", "aria-labelledby": `question-${key}` }, head, make("p", { class: "sentence" }, words),
    make("div", { class: "evidence" }, presets.length ? presetOf(presets, caption) : null, forestsOf(key, claims)));
}

function forestsOf(question, claims) {
  const tested = claims.filter((claim) => claim.estimate !== null);
  const axes = [...new Set(tested.map((claim) => claim.axis))];
  const hasIntervals = tested.some((claim) => claim.interval_low !== null);
  const legend = `Shaded: the side that supports the claim. Solid line: where it begins. Dotted: the smallest difference that counts. Dot: one training seed, a training of each network from other random numbers.${hasIntervals ? " Bar: interval over seeds, with the mean." : " No intervals are drawn: they need at least three seeds."}`;
  return make("div", { class: "forests" },
    ...axes.map((axis) => forestGroup(axis, tested.filter((claim) => claim.axis === axis))),
    tested.length ? make("p", { class: "words" }, legend) : null,
    claims.length ? make("p", { class: "words" }, make("a", { href: addressOf({ ...OPENING, view: "claims", question }) }, `All ${claims.length} rows of this question, with sources`)) : null);
}

function forestGroup(axis, claims) {
  const rows = claims.map((claim, number) => make("div", { class: `forest-row ${claim.family}` },
    make("p", { class: "label" }, claims[number - 1]?.claim === claim.claim ? null : `${claim.statement}. `, make("b", {}, claim.recipe)),
    forestOf(claim), verdictPill(claim)));
  return make("div", { class: "forest-group" }, make("h3", {}, `Difference in ${axis}`), ...rows, make("div", { class: "forest-row" }, make("span"), axisOf(axis)));
}

// A slider over finished pictures, with a slider of its own for the epoch; `presets` are states to choose from.
function presetOf(presets, caption) {
  // The first pictures of the page are loaded at once, the others when they come into view.
  const loading = presets[0].words ? "lazy" : null;
  const part = (name, tag, attributes = {}) => [name, make(tag, attributes)];
  const parts = Object.fromEntries([
    part("right", "img", { class: "right", alt: "", draggable: "false", loading }), part("left", "img", { class: "left", alt: "", draggable: "false", loading }),
    part("rightBadges", "p", { class: "badges right" }), part("leftBadges", "p", { class: "badges left" }),
    part("epoch", "input", { type: "range", min: 0, max: DATA.epochs.length - 1, step: 1, "aria-label": "Training epoch" }), part("output", "output"),
    part("leftName", "span", { class: "side left" }), part("rightName", "span", { class: "side right" }), part("words", "span"),
    part("open", "a", {}),
  ]);
  const border = make("input", { type: "range", class: "split", min: 0, max: 100, value: 50, "aria-label": "Share of the left picture that is shown, in per cent" });
  const stage = make("div", { class: "stage" }, parts.right, parts.left, parts.leftBadges, parts.rightBadges, border, make("div", { class: "divider", "aria-hidden": "true" }, make("span")));
  const buttons = presets[0].words ? presets.map(({ words }) => make("button", { type: "button" }, words)) : [];
  const figure = make("figure", { class: "preset" },
    buttons.length ? make("div", { class: "tools", role: "group", "aria-label": "Which pictures" }, ...buttons) : null,
    make("div", { class: "sides" }, parts.leftName, parts.rightName), stage,
    DATA.epochs.length > 1 ? make("div", { class: "time" }, make("span", { class: "label" }, "Training epoch"), parts.epoch, parts.output) : null,
    make("figcaption", {}, parts.words, " ", caption, " ", parts.open));
  let chosen = presets[0].state;
  const draw = (state, number = null) => {
    chosen = state;
    showPreset(state, figure, parts);
    if (number !== null) buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === number)));
  };
  buttons.forEach((button, number) => button.addEventListener("click", () => draw(presets[number].state, number)));
  parts.epoch.addEventListener("input", () => draw({ ...chosen, epoch: Number(parts.epoch.value) }));
  listenToBorder(stage);
  draw(chosen, 0);
  return figure;
}

function showPreset(state, figure, parts) {
  const sides = SIDES.map((side) => shown(state, side));
  sides.forEach(({ network, recipe, picture }, number) => {
    const side = SIDES[number];
    figure.style.setProperty(`--${side}`, sideColour(state, side));
    const name = state.right_recipe === null ? DATA.networks[network].name : `${DATA.networks[network].name}, ${DATA.recipes[recipe].name}`;
    parts[`${side}Name`].replaceChildren(make("span", { class: "swatch" }), name);
    parts[side].hidden = !picture;
    parts[`${side}Badges`].replaceChildren(...(picture ? picture.failures.map(badge) : []));
    if (!picture) return;
    parts[side].src = DATA.images[picture.image];
    parts[side].alt = pictureWords(picture.at);
    figure.style.setProperty("--shape", picture.width / picture.height);
    figure.style.setProperty("--limit", `${MOST_ENLARGED * picture.height}px`);
  });
  parts.epoch.value = state.epoch;
  parts.output.textContent = both(sides.map(({ epoch }) => epochWords(DATA.epochs[epoch])));
  parts.epoch.setAttribute("aria-valuetext", parts.output.textContent);
  const seed = DATA.seeds.length > 1 ? `, seed ${DATA.seeds[state.seed]}` : "";
  parts.words.textContent = `${DATA.contents[state.content].name} × ${DATA.styles[state.style].name}, recipe ${DATA.recipes[state.recipe].name}${seed}.`;
  parts.open.href = addressOf(state);
  parts.open.textContent = "Open in the comparison";
}
