"use strict";
// One state, read from the address, and what shows it.

let state = readAddress(location.hash);

function choose(change, replace = false) {
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
addEventListener("popstate", () => {
  state = readAddress(location.hash);
  show();
});
show();
