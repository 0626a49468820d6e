"use strict";
// Two loss curves on a logarithmic axis. `curves` is a list of [class name, losses by evaluation].
function drawLosses(svg, curves) {
  const room = { left: 38, right: 334, top: 8, bottom: 122 };
  const values = curves.flatMap(([, losses]) => losses).filter((loss) => loss > 0);
  const last = Math.max(2, ...curves.map(([, losses]) => losses.length)) - 1;
  const low = Math.log10(values.length ? Math.min(...values) : 1);
  const high = Math.max(low + 0.3, Math.log10(values.length ? Math.max(...values) : 10));
  const across = (evaluation) => room.left + ((room.right - room.left) * evaluation) / last;
  const down = (loss) => room.bottom - ((room.bottom - room.top) * (Math.log10(loss) - low)) / (high - low);

  const parts = [];
  // Ticks at powers of ten, at most about four.
  const step = Math.ceil((high - low) / 4);
  for (let power = Math.ceil(low); power <= high; power += step) {
    const y = down(10 ** power);
    parts.push(drawn("line", { x1: room.left, x2: room.right, y1: y, y2: y, class: "grid" }));
    parts.push(drawn("text", { x: room.left - 5, y: y + 3.5, "text-anchor": "end" }, powerOfTen(power)));
  }
  for (const [name, losses] of curves) {
    const points = losses.map((loss, evaluation) => [evaluation, loss]).filter(([, loss]) => loss > 0);
    const steps = points.map(([evaluation, loss]) => `${across(evaluation).toFixed(1)} ${down(loss).toFixed(1)}`);
    parts.push(drawn("path", { d: steps.length ? `M${steps.join("L")}` : "", class: name }));
  }
  parts.push(drawn("text", { x: room.left, y: 138 }, "0"));
  parts.push(drawn("text", { x: (room.left + room.right) / 2, y: 138, "text-anchor": "middle" }, "evaluations by the optimiser"));
  parts.push(drawn("text", { x: room.right, y: 138, "text-anchor": "end" }, String(last)));
  svg.replaceChildren(...parts);
}

function powerOfTen(power) {
  return Math.abs(power) < 4 ? String(Number((10 ** power).toPrecision(3))) : `1e${power}`;
}

function drawn(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
