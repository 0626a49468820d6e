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
  announce();
}

function show() {
  // The explorer is the end of the article.
  for (const view of VIEWS) element(`view-${view}`).hidden = view !== state.view && !(view === "compare" && state.view === "read");
  for (const link of element("views").querySelectorAll("a")) {
    link.href = addressOf({ ...state, view: link.dataset.view });
    if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // The title and the other views would tell a rater what is compared.
  const isBlind = state.view === "blind" && !test.isOver;
  element("top").hidden = isBlind;
  document.title = isBlind ? "Blind test" : `${titleOf(state)}${DATA.title}`;
  const isExploring = state.view === "compare" || state.view === "read";
  if (!isExploring) play(null);
  if (state.view === "all") showGrid(state);
  if (state.view === "claims") showClaims(state);
  if (state.view === "blind") showBlind();
  showOrigin(state);
  if (!isExploring) return;
  showPickers(state);
  showStage(state);
  showScrubbers(state);
  showPanel(state);
}

function titleOf(state) {
  if (state.view === "read") return "";
  if (state.view === "all") return "All pictures – ";
  if (state.view === "blind") return "Blind test – ";
  if (state.view === "claims") return state.claim === null ? "Claims – " : `Claim ${numberOf(DATA.claims[state.claim])} – `;
  const names = SIDES.map((side) => DATA.networks[state[side]].name);
  return `${DATA.contents[state.content].name} × ${DATA.styles[state.style].name}, ${names.join(" | ")}, ${epochWords(DATA.epochs[state.epoch])} – `;
}

// What changed is announced once, when a drag has come to rest.
let announcement = null;
function announce() {
  clearTimeout(announcement);
  announcement = setTimeout(() => {
    const pictureNames = SIDES.map((side) => `${side}: ${element(`picture-${side}`).alt}`);
    const isExploring = state.view === "compare" || state.view === "read";
    element("live").textContent = isExploring ? pictureNames.join("; ") : document.title;
  }, 600);
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
buildArticle();
listenToStage();
listenToScrubbers();
listenToPanel();
listenToCurves();
listenToBlind();
listenToKeys();
addEventListener("click", follow);
addEventListener("beforeprint", () => showClaims(state));
addEventListener("popstate", openAddress);
openAddress();
