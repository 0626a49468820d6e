"use strict";
// One state, read from the address, and what shows it.

let state = null;

// Reads the address; a link that names what this page does not have is answered in words, and corrected.
function openAddress() {
  const faults = [];
  state = readAddress(location.hash, faults);
  show();
  if (faults.length) remember(state, true);
  element("notice").textContent = faults.length ? `This link does not fit this page: ${faults.join("; ")}. The page shows what it has instead, and the address is corrected.` : "";
}

function choose(change, replace = false) {
  element("notice").textContent = "";
  state = { ...state, ...change };
  remember(state, replace);
  show();
}

function show() {
  for (const view of VIEWS) element(`view-${view}`).hidden = view !== state.view;
  for (const link of element("views").querySelectorAll("a")) {
    link.href = addressOf({ ...state, view: link.dataset.view });
    if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (state.view !== "compare") play(false);
  if (state.view === "all") showGrid(state);
  if (state.view !== "compare") return;
  showPickers(state);
  showStage(state);
  showScrubbers(state);
  showPanel(state);
}

// Links are followed here: inside another page (a report) the browser would refuse to.
function follow(event) {
  const link = event.target.closest?.("a[href^='#']");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  choose(readAddress(link.getAttribute("href")));
  scrollTo(0, 0);
  element(`view-${state.view}`).focus({ preventScroll: true });
}

element("count").textContent = grouped.format(DATA.pictures.length);
buildPickers();
buildGrid();
buildClaims();
listenToStage();
listenToScrubbers();
listenToPanel();
listenToKeys();
addEventListener("click", follow);
addEventListener("popstate", openAddress);
openAddress();
