"use strict";
// Numbers and places as a reader meets them.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

// Two or three digits, with a minus as wide as a plus.
function short(value) {
  const size = Math.abs(value);
  const digits = size >= 1e6 ? size.toExponential(1) : size >= 10 ? grouped.format(size) : size > 0 && size < 0.01 ? size.toPrecision(2) : size.toFixed(2);
  return value < 0 ? `−${digits}` : digits;
}

const percent = (fraction) => (fraction === null || fraction === undefined ? "–" : `${Math.floor(100 * fraction + 0.5)} %`);

function scoreWords(measure, value) {
  if (value === null || value === undefined) return "–";
  return measure.fraction ? percent(value) : short(value);
}

const epochWords = (epoch) => (epoch === 0 ? "untrained" : `epoch ${epoch}`);

function countWords(count, one, many) {
  return `${grouped.format(count)} ${count === 1 ? one : many}`;
}

// Verdicts of the table: a name, how it begins there, and how a reader meets it.
const VERDICTS = [
  ["supported", "supported", "supported"],
  ["refuted", "refuted", "refuted"],
  ["undecided", "undecided", "undecided"],
  ["pointing-to", "points to", "points for"],
  ["pointing-against", "points against", "points against"],
  ["unclear", "unclear", "unclear"],
  ["incomplete", "incomplete", "incomplete"],
  ["untested", "not tested", "not tested"],
];
const verdictOf = (claim) => VERDICTS.find(([, start]) => claim.verdict.startsWith(start))[0];
const claimName = (claim) => `${claim.claim}~${claim.recipe}`;
