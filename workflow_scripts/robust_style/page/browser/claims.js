"use strict";
// Each published claim beside its verdict, with links to the pictures that speak most for and against it.

const VERDICTS = [
  ["supported", "supported"],
  ["refuted", "refuted"],
  ["undecided", "undecided"],
  ["pointing-to", "points to"],
  ["pointing-against", "points against"],
  ["unclear", "unclear"],
  ["incomplete", "incomplete"],
  ["untested", "not tested"],
];
const verdictOf = (claim) => VERDICTS.find(([, words]) => claim.verdict.startsWith(words))[0];

function buildClaims() {
  const byClaim = new Map();
  for (const claim of DATA.claims) byClaim.set(claim.claim, [...(byClaim.get(claim.claim) ?? []), claim]);
  element("claims").replaceChildren(...[...byClaim.values()].map(claimCard));
  element("claims-words").textContent = DATA.claims.length ? summary() : "No claim was judged for this page.";
  element("claims-count").textContent = byClaim.size || "";
}

function summary() {
  const counts = VERDICTS.map(([name, words]) => [words, DATA.claims.filter((claim) => verdictOf(claim) === name).length]);
  const found = counts.filter(([, count]) => count).map(([words, count]) => `${count} ${words}`);
  return `${countWords(DATA.claims.length, "verdict", "verdicts")}: ${found.join(", ")}. The unit of evidence is the training seed; few seeds decide nothing, however large a difference looks.`;
}

function claimCard(rows) {
  const table = make("table", {},
    make("thead", {}, make("tr", {}, ...["Recipe", "What was compared", "Estimate, interval", "n", "Verdict", "Pictures"].map((words) => make("th", { scope: "col" }, words)))),
    make("tbody", {}, ...rows.map(claimRow)));
  return make("article", { class: "claim", "aria-label": rows[0].statement },
    make("h2", {}, rows[0].statement), make("p", { class: "words" }, `${rows[0].family} · ${sourceWords(rows[0])}`), table);
}

function claimRow(claim) {
  const tested = claim.estimate !== null;
  return make("tr", {},
    make("th", { scope: "row" }, claim.recipe.replaceAll("+", " + ") || "–"),
    make("td", {}, claim.measure.replaceAll("_", " "), make("small", {}, claim.contrast.replaceAll(" - ", " − "))),
    make("td", {}, tested ? forest(claim) : null, make("span", { class: "number" }, tested ? estimateWords(claim) : "–"), make("small", {}, claim.reading)),
    make("td", { class: "count" }, seedWords(claim)),
    make("td", {}, make("span", { class: `verdict ${verdictOf(claim)}` }, claim.verdict)),
    make("td", { class: "ways" }, way(claim.strongestFor, "for", claim), way(claim.strongestAgainst, "against", claim)));
}

const sourceWords = (claim) => claim.quote ? `${claim.source}: “${claim.quote}”` : claim.source;

const signed = (value) => (value < 0 ? short(value) : `+${short(value)}`);

function estimateWords(claim) {
  const interval = claim.interval_low === null || claim.interval_high === null ? "" : ` [${signed(claim.interval_low)}, ${signed(claim.interval_high)}]`;
  const chance = claim.adjusted_p === null ? "" : `, ${claim.family === "primary" ? "p" : "q"} = ${claim.adjusted_p.toPrecision(2)}`;
  return signed(claim.estimate) + interval + chance;
}

function seedWords(claim) {
  const parts = [claim.seeds === null ? null : claim.unit === "architectures" ? countWords(claim.seeds, "architecture", "architectures") : countWords(claim.seeds, "seed", "seeds"), claim.pairs === null ? null : countWords(claim.pairs, "pair", "pairs")];
  return parts.filter((part) => part !== null).join(", ");
}

// The estimate and its interval beside zero, each on its own scale.
function forest(claim) {
  const ends = [claim.estimate, claim.interval_low ?? claim.estimate, claim.interval_high ?? claim.estimate];
  const reach = Math.max(...ends.map(Math.abs)) || 1;
  const across = (value) => 60 + (54 * value) / reach;
  return drawn("svg", { viewBox: "0 0 120 16", class: `forest ${verdictOf(claim)}`, "aria-hidden": "true" },
    drawn("line", { x1: 60, x2: 60, y1: 1, y2: 15, class: "zero" }),
    drawn("line", { x1: across(ends[1]), x2: across(ends[2]), y1: 8, y2: 8, class: "interval" }),
    drawn("circle", { cx: across(ends[0]), cy: 8, r: 3.4, class: "estimate" }));
}

function way(address, words, claim) {
  if (!address) return null;
  const state = readAddress(new URLSearchParams(address).toString());
  const label = `Strongest pictures ${words} the claim: ${claim.statement}, ${claim.recipe}`;
  return make("a", { href: addressOf(state), "aria-label": label }, words);
}
