"use strict";
// Estimates of claims drawn on one axis per measure; the side that supports a claim is shaded, each seed is a dot.

const AXES = new Map(DATA.claims.map((claim) => [claim.axis, null]));
for (const axis of AXES.keys()) AXES.set(axis, scaleOf(DATA.claims.filter((claim) => claim.axis === axis)));

function scaleOf(claims) {
  const ends = claims.filter((claim) => claim.estimate !== null).flatMap((claim) => [
    claim.estimate, claim.interval_low, claim.interval_high, claim.threshold - claim.smallest_effect,
    claim.threshold + claim.smallest_effect, ...claim.perSeed.map(([, value]) => value),
  ]).filter((value) => value !== null);
  const [low, high] = ends.length ? [Math.min(0, ...ends), Math.max(0, ...ends)] : [-1, 1];
  const room = 0.06 * (high - low) || 1;
  return { low: low - room, high: high + room };
}

const across = (scale, value) => `${((100 * (value - scale.low)) / (scale.high - scale.low)).toFixed(2)}%`;

function forestOf(claim) {
  const scale = AXES.get(claim.axis);
  const x = (value) => across(scale, value);
  const isAbove = claim.claimed_side === "above";
  const effect = claim.threshold + (isAbove ? 1 : -1) * claim.smallest_effect;
  const share = isAbove ? scale.high - claim.threshold : claim.threshold - scale.low;
  const hasInterval = claim.interval_low !== null && claim.interval_high !== null;
  const seeds = claim.perSeed.filter(([, value]) => value !== null);
  return drawn("svg", { class: `forest ${verdictOf(claim)}`, role: "img", "aria-label": forestWords(claim) },
    drawn("rect", { class: "side", x: isAbove ? x(claim.threshold) : "0%", y: 0, width: `${((100 * share) / (scale.high - scale.low)).toFixed(2)}%`, height: 26 }),
    drawn("line", { class: "zero", x1: x(claim.threshold), x2: x(claim.threshold), y1: 0, y2: 26 }),
    drawn("line", { class: "effect", x1: x(effect), x2: x(effect), y1: 0, y2: 26 }),
    hasInterval ? drawn("line", { class: "interval", x1: x(claim.interval_low), x2: x(claim.interval_high), y1: 13, y2: 13 }) : null,
    ...seeds.map(([, value]) => drawn("circle", { class: "seed", cx: x(value), cy: 13, r: 3.6 })),
    hasInterval ? drawn("line", { class: "estimate", x1: x(claim.estimate), x2: x(claim.estimate), y1: 6, y2: 20 }) : null);
}

function forestWords(claim) {
  const seeds = claim.perSeed.map(([name, value]) => `${name}: ${value === null ? "not reached" : signed(value)}`).join(", ");
  return `${estimateWords(claim)} ${claim.axis}; the claim says ${claim.claimed_side} ${short(claim.threshold ?? 0)}; by ${claim.unit}: ${seeds || "none"}`;
}

// Numbers below the rows that share an axis.
function axisOf(axis) {
  const scale = AXES.get(axis);
  const most = (scale.high - scale.low) / 2.5;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = power * [5, 2, 1].find((factor) => factor * power <= most);
  const ticks = [];
  for (let at = Math.ceil(scale.low / step); at * step <= scale.high; at += 1) ticks.push(at * step);
  return drawn("svg", { class: "axis", "aria-hidden": "true" }, ...ticks.flatMap((tick) => [
    drawn("line", { x1: across(scale, tick), x2: across(scale, tick), y1: 0, y2: 5 }),
    drawn("text", { x: across(scale, tick), y: 18, "text-anchor": "middle" }, tick === 0 ? "0" : `${tick < 0 ? "−" : "+"}${Number(Math.abs(tick).toPrecision(2))}`),
  ]));
}
