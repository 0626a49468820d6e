"use strict";
// The claims as a table, one line each: sorted and filtered, with links to the pictures for and against each.

// Column: heading, and what it sorts by (smallest first), if it sorts.
const COLUMNS = [
  ["number", "#", (claim) => DATA.claims.indexOf(claim)],
  ["statement", "Claim, recipe", (claim) => claim.statement],
  ["", "Evidence", null],
  ["strength", "Estimate, interval", (claim) => -(strengthOf(claim) ?? -Infinity)],
  ["seeds", "Seeds", (claim) => -claim.seeds],
  ["decision", "Verdict", (claim) => VERDICTS.findIndex(([name]) => name === verdictOf(claim))],
  ["", "What would decide it", null],
  ["", "Pictures", null],
];
let boardShown = "";

function buildClaims() {
  element("claims-count").textContent = DATA.claims.length || "";
  element("claims-words").textContent = DATA.claims.length
    ? `${DATA.answer.sentence} ${DATA.answer.basis} Only primary claims are decided; exploratory claims can point for or against.`
    : "No claim was judged for this page.";
  element("claims-sieve").hidden = element("board").hidden = !DATA.claims.length;
  offer(element("verdict"), [["", "all"], ...VERDICTS.filter(([name]) => DATA.claims.some((claim) => verdictOf(claim) === name)).map(([name, , words]) => [name, words])]);
  offer(element("question"), [["", "all"], ...DATA.questions.map(({ key, title }) => [key, title])]);
  for (const key of ["verdict", "question"]) element(key).addEventListener("change", (event) => choose({ [key]: event.target.value || null, claim: null }));
  element("claims-sieve").addEventListener("submit", (event) => event.preventDefault());
  element("board-heads").replaceChildren(...COLUMNS.map(([key, words, value]) => {
    const button = make("button", { type: "button", class: "plain" }, words);
    button.addEventListener("click", () => choose({ by: key, order: state.by === key && state.order === "up" ? "down" : "up" }));
    return make("th", { scope: "col", "data-key": key }, value ? button : words);
  }));
}

// How far the estimate lies on the claimed side of the threshold, in smallest effects: one unit for all measures.
function strengthOf(claim) {
  if (claim.estimate === null) return null;
  return ((claim.claimed_side === "above" ? 1 : -1) * (claim.estimate - claim.threshold)) / claim.smallest_effect;
}

function showClaims(state) {
  for (const key of ["verdict", "question"]) element(key).value = state[key] ?? "";
  for (const head of element("board-heads").children) {
    if (head.dataset.key === state.by) head.setAttribute("aria-sort", state.order === "up" ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  }
  const wanted = JSON.stringify([state.by, state.order, state.verdict, state.question, state.claim]);
  if (wanted === boardShown) return;
  boardShown = wanted;
  const passes = (claim) => (!state.verdict || verdictOf(claim) === state.verdict) && (!state.question || claim.question === state.question);
  const value = COLUMNS.find(([key]) => key === state.by)[2];
  const compare = (one, other) => (value(one) < value(other) ? -1 : Number(value(one) > value(other)));
  const rows = DATA.claims.filter(passes).sort(compare);
  if (state.order === "down") rows.reverse();
  element("board-words").textContent = `${countWords(rows.length, "row", "rows")} of ${DATA.claims.length}: one for each claim and recipe`;
  element("claims").replaceChildren(...rows.map((claim) => claimRow(claim, DATA.claims.indexOf(claim) === state.claim)));
  element("claims").querySelector(".current")?.scrollIntoView({ block: "center" });
}

function claimRow(claim, isCurrent) {
  const tested = claim.estimate !== null;
  const label = numberOf(claim);
  return make("tr", { class: `claim ${claim.family}${isCurrent ? " current" : ""}` },
    make("td", { class: "number" }, make("a", { href: permalink(claim), "aria-label": `Link to claim ${label}` }, label)),
    make("th", { scope: "row" }, make("details", { open: isCurrent },
      make("summary", {}, claim.statement, " ", make("small", {}, claim.recipe)),
      make("p", { class: "words source" }, `${claim.family} · ${sourceWords(claim)}`),
      make("p", { class: "words" }, `${claim.contrast.replaceAll(" - ", " − ")}, by ${claim.measure.replaceAll("_", " ")}: ${claim.verdict}. `, make("span", { class: "reading-of" }, claim.reading)))),
    make("td", { class: "drawn" }, tested ? forestOf(claim) : null, tested ? make("small", {}, claim.axis) : null),
    make("td", { class: "figures" }, tested ? estimateWords(claim) : null),
    make("td", { class: "count" }, claim.seeds || null),
    make("td", {}, verdictPill(claim)),
    make("td", { class: "decides" }, claim.decides),
    make("td", { class: "ways" }, ...waysOf(claim).map(([words, address]) => way(claim, words, address, words.replace("strongest ", "")))));
}

const numberOf = (claim) => String(DATA.claims.indexOf(claim) + 1);
const permalink = (claim) => `#${new URLSearchParams({ view: "claims", claim: claimName(claim) })}`;
const waysOf = (claim) => [["strongest for", claim.strongestFor], ["strongest against", claim.strongestAgainst]].filter(([, address]) => address);
const withClaim = (address, claim) => ({ ...readAddress(new URLSearchParams(address).toString()), claim: DATA.claims.indexOf(claim) });
const sourceWords = (claim) => (claim.quote ? `${claim.source}: “${claim.quote}”` : claim.source);
const verdictPill = (claim) => make("span", { class: `verdict ${verdictOf(claim)}` }, VERDICTS.find(([name]) => name === verdictOf(claim))[2]);

function way(claim, words, address, text) {
  const label = `Pictures ${words} claim ${numberOf(claim)}: ${claim.statement}, ${claim.recipe}`;
  return make("a", { href: addressOf(withClaim(address, claim)), "aria-label": label }, text);
}

// Where a reader came from, and the way back.
function showOrigin(state) {
  const claim = DATA.claims[state.claim];
  element("from-claim").hidden = !claim || state.view !== "compare";
  if (!claim) return;
  element("from-claim").replaceChildren(
    make("span", {}, make("b", {}, `Looking at claim ${numberOf(claim)}`), `: ${claim.statement}, ${claim.recipe} `, verdictPill(claim)),
    ...waysOf(claim).map(([words, address]) => way(claim, words, address, words)), make("a", { href: permalink(claim) }, "back to claims"));
}

const signed = (value) => (value < 0 ? short(value) : `+${short(value)}`);

function estimateWords(claim) {
  const interval = claim.interval_low === null || claim.interval_high === null ? "" : ` [${signed(claim.interval_low)}, ${signed(claim.interval_high)}]`;
  const chance = claim.adjusted_p === null ? "" : `, ${claim.family === "primary" ? "p" : "q"} = ${claim.adjusted_p.toPrecision(2)}`;
  return signed(claim.estimate) + interval + chance;
}
