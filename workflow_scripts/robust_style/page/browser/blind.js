"use strict";
// The blind test: which of two pictures is closer to the painting? The answers stay in the browser until they are saved.

const ROUNDS = 20;
const Z95 = 1.959964;
const ANSWER_COLUMNS = ["rater", "time", "shuffle_seed", "recipe", "content", "style", "seed", "epoch", "left_network", "right_network", "answer"];
// The comparisons, in one order for all raters. A part of the test has ROUNDS of them, so that raters of different parts
// together rate every pair of pictures.
const comparisons = comparedPictures();
const parts = Array.from({ length: Math.ceil(comparisons.length / ROUNDS) }, (_, part) => part);
const STORED_AS = `robust-style blind test ${fingerprintOf(comparisons.flat().map(({ image }) => DATA.images[image].slice(-64)).join())}`;
let test = storedTest();

// Pairs of pictures that differ in the network only, [one of the left network, one of the right network]: all with the
// main recipe at the last epoch. Where these are fewer than ROUNDS, later epochs of the main recipe, then of the others,
// fill the test up.
function comparedPictures() {
  const both = DATA.pictures.filter(({ at }) => at[1] === OPENING.left).flatMap((one) => {
    const other = pictures.get([one.at[0], OPENING.right, ...one.at.slice(2)].join());
    return other && other.image !== one.image ? [[one, other]] : [];
  });
  const order = ([{ at: [recipe, , , epoch] }]) => [recipe !== OPENING.recipe, epoch !== OPENING.epoch, -epoch];
  const isMain = (pair) => !order(pair)[0] && !order(pair)[1];
  const main = shuffled(both.filter(isMain), 0);
  const others = shuffled(both.filter((pair) => !isMain(pair)), 0).sort((one, other) => compareLists(order(one), order(other)));
  return [...main, ...others.slice(0, Math.max(0, ROUNDS - main.length))];
}

function compareLists(one, other) {
  return one.map((value, place) => value - other[place]).find((difference) => difference) ?? 0;
}

// A generator of numbers from 0 to 1 (mulberry32, Tommy Ettinger 2017).
function randomNumbers(seed) {
  let number = seed;
  return () => {
    number = (number + 0x6d2b79f5) | 0;
    let mixed = Math.imul(number ^ (number >>> 15), number | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// A shuffled copy (Fisher and Yates).
function shuffled(list, seed) {
  const random = randomNumbers(seed);
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random() * (last + 1));
    [copy[last], copy[chosen]] = [copy[chosen], copy[last]];
  }
  return copy;
}

// FNV-1a: the answers to other pictures are stored under another name.
function fingerprintOf(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193);
  return (hash >>> 0).toString(16);
}

function newTest() {
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  return { rater: `r${seed.toString(16)}`, shuffleSeed: seed, part: seed % Math.max(1, parts.length), answers: [], skipped: [], isRunning: false, isOver: false };
}

function storedTest() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED_AS));
    return Array.isArray(stored?.answers) ? stored : newTest();
  } catch {
    // No storage here (a page inside a report), or something else under this name.
    return newTest();
  }
}

function store() {
  element("blind-unstored").hidden = true;
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(test));
  } catch {
    element("blind-unstored").hidden = false;
  }
}

function change(changes) {
  test = { ...test, ...changes };
  show();
  if (openRound() === undefined) element("view-blind").focus({ preventScroll: true });
}

const isDone = (number) => test.skipped.includes(number) || test.answers.some((answer) => answer.comparison === number);
const numbersOf = (part) => comparisons.map((_, number) => number).slice(part * ROUNDS, (part + 1) * ROUNDS);
// The rounds of a part in the rater's own order.
const roundsOf = (part) => shuffled(numbersOf(part), test.shuffleSeed);
const openRound = () => (test.isRunning ? roundsOf(test.part).find((number) => !isDone(number)) : undefined);
// The part to go on with: this one, or the next one with an open round.
const openPart = () => parts.map((_, step) => (test.part + step) % parts.length).find((part) => numbersOf(part).some((number) => !isDone(number)));

// The two pictures of a comparison, left and right. Each network is on the left in half of all comparisons.
function sidesOf(number) {
  const isSwapped = shuffled([...comparisons.keys()], test.shuffleSeed).indexOf(number) % 2 === 1;
  return isSwapped ? [...comparisons[number]].reverse() : comparisons[number];
}

function showBlind() {
  store();
  const round = openRound();
  const isAtStart = round === undefined && !test.answers.length && !test.skipped.length;
  element("blind-none").hidden = comparisons.length > 0;
  element("blind-start").hidden = !comparisons.length || !isAtStart;
  element("blind-round").hidden = round === undefined;
  element("blind-end").hidden = round !== undefined || isAtStart;
  if (round !== undefined) showRound(round);
  else if (!isAtStart) showEnd();
}

function showRound(round) {
  const rounds = roundsOf(test.part);
  const count = rounds.filter(isDone).length;
  const sides = sidesOf(round);
  const [, , , , , style] = sides[0].at;
  element("blind-progress").max = rounds.length;
  element("blind-progress").value = count;
  element("blind-count").textContent = `Round ${count + 1} of ${rounds.length}`;
  element("painting").src = DATA.images[DATA.styles[style].image];
  SIDES.forEach((side, number) => {
    element(`blind-${side}`).src = DATA.images[sides[number].image];
  });
  const { width, height } = sides[0];
  element("blind-round").style.setProperty("--shape", width / height);
  element("blind-round").style.setProperty("--limit", `${MOST_ENLARGED * height}px`);
  const next = rounds.find((number) => number !== round && !isDone(number));
  if (next !== undefined) for (const { image } of comparisons[next]) new Image().src = DATA.images[image];
}

function answer(choice) {
  const round = openRound();
  if (round === undefined) return false;
  const [left, right] = sidesOf(round).map(({ at }) => DATA.networks[at[1]].slug);
  const answered = { comparison: round, left, right, answer: choice, time: new Date().toISOString() };
  return change({ answers: [...test.answers, answered] });
}

function skipRound() {
  const round = openRound();
  return round === undefined ? false : change({ skipped: [...test.skipped, round] });
}

function showEnd() {
  const part = openPart();
  element("blind-thanks").textContent = `${countWords(test.answers.length, "answer", "answers")}, ${countWords(test.skipped.length, "round", "rounds")} skipped.`;
  element("blind-more").hidden = test.isOver || part === undefined;
  if (part !== undefined) element("blind-more").textContent = `${countWords(numbersOf(part).filter((number) => !isDone(number)).length, "more round", "more rounds")}`;
  element("blind-reveal").hidden = test.isOver;
  element("blind-save").disabled = !test.answers.length;
  element("blind-result").hidden = !test.isOver;
  if (test.isOver) showResult();
}

function showResult() {
  const chosen = test.answers.filter(({ answer }) => answer !== "cannot_tell").map((one) => one[one.answer]);
  const [one, other] = SIDES.map((side) => DATA.networks[OPENING[side]]);
  const counts = [one, other].map(({ slug }) => chosen.filter((network) => network === slug).length);
  const rows = [[`${one.name} network`, counts[0]], [`${other.name} network`, counts[1]], ["cannot tell", test.answers.length - chosen.length]];
  element("blind-counts").replaceChildren(...rows.map(([words, count]) => make("tr", {}, make("th", { scope: "row" }, words), make("td", {}, String(count)))));
  element("blind-share").textContent = shareWords(other.name, counts[1], chosen.length);
}

function shareWords(name, count, of) {
  if (!of) return "No picture was chosen.";
  const [low, high] = wilsonInterval(count, of);
  const reading = low > 0.5 || high < 0.5 ? "the interval does not contain one half" : "the interval contains one half, so that chance alone could give this";
  return `You chose the ${name} network’s picture in ${count} of ${of} choices: ${percent(count / of)} (95 % binomial interval ${percent(low)} to ${percent(high)}); ${reading}.`;
}

// Wilson's score interval of a share, 95 %.
function wilsonInterval(count, of) {
  const share = count / of;
  const centre = share + Z95 ** 2 / (2 * of);
  const half = Z95 * Math.sqrt((share * (1 - share)) / of + Z95 ** 2 / (4 * of ** 2));
  const scale = 1 + Z95 ** 2 / of;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}

function ratingsTable() {
  const rows = test.answers.map(({ comparison, left, right, answer, time }) => {
    const [recipe, , seed, epoch, content, style] = comparisons[comparison][0].at;
    const names = [DATA.recipes[recipe].slug, DATA.contents[content].slug, DATA.styles[style].slug, DATA.seeds[seed], DATA.epochs[epoch]];
    return [test.rater, time, test.shuffleSeed, ...names, left, right, answer];
  });
  return [ANSWER_COLUMNS, ...rows].map((row) => `${row.join("\t")}\n`).join("");
}

function saveRatings() {
  const address = URL.createObjectURL(new Blob([ratingsTable()], { type: "text/tab-separated-values" }));
  make("a", { href: address, download: "ratings.tsv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const BLIND_KEYS = { ArrowLeft: () => answer("left"), ArrowRight: () => answer("right"), ArrowDown: () => answer("cannot_tell"), s: () => skipRound() };

function listenToBlind() {
  element("rater").value = test.rater;
  offer(element("part"), parts.map((part) => [part, `${part + 1} of ${parts.length}`]));
  element("part").value = test.part;
  element("part-choice").hidden = parts.length < 2;
  element("blind-form").addEventListener("submit", (event) => {
    event.preventDefault();
    change({ rater: element("rater").value, part: Number(element("part").value), isRunning: true });
    element("view-blind").focus();
  });
  for (const [id, choice] of [["blind-choose-left", "left"], ["blind-choose-right", "right"], ["blind-cannot-tell", "cannot_tell"]]) {
    element(id).addEventListener("click", () => answer(choice));
  }
  element("blind-skip").addEventListener("click", skipRound);
  element("blind-stop").addEventListener("click", () => change({ isRunning: false }));
  element("blind-more").addEventListener("click", () => change({ part: openPart(), isRunning: true }));
  element("blind-reveal").addEventListener("click", () => change({ isRunning: false, isOver: true }));
  element("blind-save").addEventListener("click", saveRatings);
  element("blind-new").addEventListener("click", () => {
    if (!confirm("Delete these answers from this browser and start a new test?")) return;
    change(newTest());
    element("rater").value = test.rater;
    element("part").value = test.part;
  });
}
