"use strict";
// The loss over iterations and the accuracies over epochs, drawn small, with a mark where the reader is.

const ROOM = { left: 38, right: 352, top: 10, bottom: 122 };

function showLosses(svg, sides, iteration) {
  const curves = sides.map(({ picture }) => picture?.loss ?? []);
  const values = curves.flat().filter((loss) => loss > 0);
  const last = Math.max(1, ...curves.map((losses) => losses.length - 1));
  const low = Math.log10(values.length ? Math.min(...values) : 1);
  const high = Math.max(low + 0.3, Math.log10(values.length ? Math.max(...values) : 10));
  const across = (at) => ROOM.left + ((ROOM.right - ROOM.left) * at) / last;
  const down = (loss) => ROOM.bottom - ((ROOM.bottom - ROOM.top) * (Math.log10(loss) - low)) / (high - low);
  const parts = [];
  // Lines at powers of ten, at most about four.
  const step = Math.ceil((high - low) / 4);
  for (let power = Math.ceil(low); power <= high; power += step) parts.push(...gridLine(down(10 ** power), powerOfTen(power)));
  curves.forEach((losses, number) => {
    const points = losses.map((loss, at) => [at, loss]).filter(([, loss]) => loss > 0);
    parts.push(line(points.map(([at, loss]) => [across(at), down(loss)]), SIDES[number]));
    if (!sides[number].picture) return;
    const at = Math.min(stepOf(sides[number].picture, iteration)[0], losses.length - 1);
    if (losses[at] > 0) parts.push(mark(across(at), down(losses[at]), SIDES[number]));
  });
  const iterationNow = Math.max(0, ...sides.filter(({ picture }) => picture).map(({ picture }) => stepOf(picture, iteration)[0]));
  parts.push(cursor(across(iterationNow)), ...underline("0", "iterations by the optimiser", String(last)));
  svg.dataset.last = last;
  svg.replaceChildren(...parts);
  svg.setAttribute("aria-label", `Total loss of both pictures over ${last} iterations by the optimiser`);
}

function showTraining(svg, sides) {
  const trainings = sides.map(({ network, seed }) => DATA.training.find((one) => one.network === network && one.seed === seed));
  const rows = trainings.flatMap((one) => (one ? [...one.checkpoints, ...one.history] : []));
  const last = Math.max(1, ...rows.map(([epoch]) => epoch));
  const across = (epoch) => ROOM.left + ((ROOM.right - ROOM.left) * epoch) / last;
  const down = (fraction) => ROOM.bottom - (ROOM.bottom - ROOM.top) * fraction;
  const parts = [0, 0.5, 1].flatMap((fraction) => gridLine(down(fraction), percent(fraction)));
  trainings.forEach((one, number) => {
    for (const [column, kind] of [[1, "clean"], [2, "attacked"]]) {
      if (!one) continue;
      const measured = (list) => list.filter((row) => row[column] !== null).map((row) => [across(row[0]), down(row[column])]);
      // Seen while training, on few images; where nobody looked, from checkpoint to checkpoint.
      const seen = measured(one.history);
      parts.push(line(seen.length > 1 ? seen : measured(one.checkpoints), `${SIDES[number]} ${kind}`));
      const current = one.checkpoints.find(([epoch]) => epoch === DATA.epochs[sides[number].epoch]);
      if (current && current[column] !== null) parts.push(mark(across(current[0]), down(current[column]), SIDES[number]));
    }
  });
  if (rows.every(([, clean, robust]) => clean === null && robust === null)) {
    const middle = { x: (ROOM.left + ROOM.right) / 2, y: ROOM.top + 20, "text-anchor": "middle" };
    parts.push(drawn("text", middle, "not measured in this run"));
  }
  parts.push(cursor(across(DATA.epochs[state.epoch])), ...underline("0", "training epochs", String(last)));
  svg.dataset.last = last;
  svg.replaceChildren(...parts);
  svg.setAttribute("aria-label", `Accuracy of both networks over training epochs; ${trainingWords(trainings, sides)}`);
}

function trainingWords(trainings, sides) {
  return trainings.map((one, number) => {
    const epoch = DATA.epochs[sides[number].epoch];
    const [, clean, robust] = one?.checkpoints.find(([at]) => at === epoch) ?? [epoch, null, null];
    return `${DATA.networks[sides[number].network].name}, ${epochWords(epoch)}: clean ${percent(clean)}, under attack ${percent(robust)}`;
  }).join("; ");
}

const cursor = (x) => drawn("line", { x1: x, x2: x, y1: ROOM.top, y2: ROOM.bottom, class: "cursor" });

// A drag on a curve moves the one cursor that pictures, scores, curves and strip share.
function listenToCurves() {
  const drag = (id, change) => {
    const svg = element(id);
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      const x = (360 * (event.clientX - box.left)) / box.width;
      choose(change((Number(svg.dataset.last) * (x - ROOM.left)) / (ROOM.right - ROOM.left)), true);
    };
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      follow(event);
    });
    svg.addEventListener("pointermove", (event) => {
      if (event.buttons) follow(event);
    });
  };
  drag("training", (at) => ({ epoch: nearest(DATA.epochs, at) }));
  drag("loss", (at) => {
    const iterations = iterationsOf(...SIDES.map((side) => shown(state, side).picture));
    return iterations.length ? { iteration: iterationAt(state, nearest(iterations, at)) } : {};
  });
}

function gridLine(y, words) {
  return [
    drawn("line", { x1: ROOM.left, x2: ROOM.right, y1: y, y2: y, class: "rule" }),
    drawn("text", { x: ROOM.left - 6, y: y + 3.5, "text-anchor": "end" }, words),
  ];
}

const line = (points, name) => drawn("path", { class: name, d: points.length ? `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}` : "" });

// Round on the left, square on the right: told apart without colour as well.
function mark(x, y, side) {
  return side === "left"
    ? drawn("circle", { cx: x, cy: y, r: 4.2, class: `mark ${side}` })
    : drawn("rect", { x: x - 3.8, y: y - 3.8, width: 7.6, height: 7.6, class: `mark ${side}` });
}

function underline(first, middle, last) {
  const y = 139;
  return [
    drawn("text", { x: ROOM.left, y }, first),
    drawn("text", { x: (ROOM.left + ROOM.right) / 2, y, "text-anchor": "middle" }, middle),
    drawn("text", { x: ROOM.right, y, "text-anchor": "end" }, last),
  ];
}

function powerOfTen(power) {
  return Math.abs(power) < 4 ? String(Number((10 ** power).toPrecision(3))) : `1e${power}`;
}
