"""Figures of names and sentences that are formulas, markup, or too long: drawn as they are written, whole, at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from browser import CHROMIUM, browser
from hostile import CANARY, TEXTS, rename
from made_results import (
    MadeResults,
    claim_row,
    make_reconstructions,
    make_results,
    write_by_iteration,
    write_claims,
)
from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.figure.optimisation import draw_optimisation
from robust_style.figure.original_layout import draw_original_layout
from robust_style.figure.recipes import draw_recipes
from robust_style.figure.reconstructions import draw_reconstructions
from robust_style.figure.score_vs_epoch import draw_score_vs_epoch
from robust_style.figure.score_vs_iteration import draw_score_vs_iteration
from robust_style.figure.score_vs_robustness import draw_score_vs_robustness
from robust_style.figure.standard_vs_adversarial import draw_overview, draw_standard_vs_adversarial
from robust_style.figure.style import fit
from robust_style.figure.trade_off import draw_trade_off
from robust_style.figure.training_curves import draw_training_curves
from robust_style.figure.words import plain

# No font that comes with matplotlib has every letter of the world; a box stands for those.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph")

# A formula, one that has no end, what XML cannot hold, what never ends, and what a browser would run.
NAMES = {
    "standard": TEXTS["mathtext"],
    "adversarial": TEXTS["broken_mathtext"],
    "original": TEXTS["one_dollar"],
    "fair": TEXTS["controls"] + TEXTS["not_a_character"] + TEXTS["reversed"],
    "rocket": TEXTS["attribute"],
    "flow_field": TEXTS["cdata"],
    "astronaut": TEXTS["long_word"][:600],
    "op_art": TEXTS["lines"].replace("\r", ""),
}
# Everything that matplotlib writes into an SVG; nothing of it runs or loads.
ELEMENTS = {
    "svg", "metadata", "RDF", "Work", "type", "format", "defs", "style", "g", "path", "text", "tspan", "use",
    "clipPath", "rect", "image",
}  # fmt: skip
CLAIMED = (
    "script", "cdata", "attribute", "directive", "mathtext", "broken_mathtext", "one_dollar", "lines", "controls",
    "reversed", "not_a_character", "long_word",
)  # fmt: skip


@dataclass(frozen=True)
class Given:
    """Results whose names are hostile, and tables of them."""

    folder: Path
    made: MadeResults
    records: list[Path]

    @property
    def networks(self) -> list[str]:
        return [NAMES["standard"], NAMES["adversarial"]]

    @property
    def recipes(self) -> list[str]:
        return [NAMES["fair"], NAMES["original"]]

    def traces(self, *, recipe: str = "", pair: str = "") -> list[Path]:
        """Those of one recipe, of one pair, or all."""
        return [
            path for path in self.made.traces if f"/stylized/{recipe}" in path.as_posix() and path.stem.startswith(pair)
        ]

    def files(self, name: str) -> dict[str, Path]:
        return {"figure": self.folder / f"{name}.png", "vector": self.folder / f"{name}.svg"}

    def images(self) -> dict[str, Path]:
        """Content and style of one pair."""
        return {"content": self.made.images[NAMES["rocket"]], "style": self.made.images[NAMES["flow_field"]]}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("hostile")
    made = make_results(folder, epochs=(0, 4), size=(24, 16))
    records = make_reconstructions(folder, epochs=(0, 4), layers=2, size=(24, 16))
    rename(made, NAMES, records)
    for record in records:
        content = json.loads(record.read_text())
        content["content"][0]["layers"] = content["texture"][0]["layers"] = [TEXTS["broken_mathtext"]]
        record.write_text(json.dumps(content))
    made.collect(folder / "scores.tsv")
    write_by_iteration(folder / "moments.tsv", made.traces)
    return Given(folder, made, records)


def overview(given: Given, name: str) -> None:
    draw_overview(
        traces=given.traces(recipe="fair"), evaluations=given.made.evaluations, networks=given.networks,
        images=given.made.images, preview=given.folder / "preview.jpg", **given.files(name),
    )  # fmt: skip


def one_pair(given: Given, name: str) -> None:
    draw_standard_vs_adversarial(
        traces=given.traces(recipe="fair", pair="astronaut"), evaluations=given.made.evaluations,
        networks=given.networks, preview=given.folder / "preview.jpg", **given.images(), **given.files(name),
    )  # fmt: skip


def optimisation(given: Given, name: str) -> None:
    draw_optimisation(
        traces=given.traces(pair="rocket"), networks=given.networks, recipes=given.recipes,
        preview=given.folder / "preview.jpg", **given.files(name),
    )  # fmt: skip


def original_layout(given: Given, name: str) -> None:
    draw_original_layout(
        traces=given.traces(recipe="original", pair="rocket"),
        networks=given.networks,
        preview=given.folder / "preview.jpg",
        **given.images(),
        **given.files(name),
    )


def recipes(given: Given, name: str) -> None:
    draw_recipes(
        traces=given.traces(pair="rocket"), networks=given.networks, recipes=given.recipes, **given.images(),
        preview=given.folder / "preview.jpg", **given.files(name),
    )  # fmt: skip


def reconstructions(given: Given, name: str) -> None:
    image = given.made.images[NAMES["rocket"]]
    draw_reconstructions(
        records=given.records, content=image, style=image, networks=given.networks,
        preview=given.folder / "preview.jpg", **given.files(name),
    )  # fmt: skip


def training_curves(given: Given, name: str) -> None:
    draw_training_curves(evaluations=given.made.evaluations, networks=given.networks, **given.files(name))


def score_vs_epoch(given: Given, name: str) -> None:
    draw_score_vs_epoch(
        table=given.folder / "scores.tsv", networks=given.networks, recipes=given.recipes, **given.files(name)
    )


def score_vs_iteration(given: Given, name: str) -> None:
    draw_score_vs_iteration(
        table=given.folder / "moments.tsv", traces=given.made.traces, networks=given.networks, recipes=given.recipes,
        **given.files(name),
    )  # fmt: skip


def trade_off(given: Given, name: str) -> None:
    draw_trade_off(
        table=given.folder / "scores.tsv", networks=given.networks, recipes=given.recipes,
        ratios={TEXTS["mathtext"]: given.recipes}, **given.files(name),
    )  # fmt: skip


def score_vs_robustness(given: Given, name: str) -> None:
    draw_score_vs_robustness(
        table=given.folder / "scores.tsv", networks=given.networks, recipes=given.recipes,
        architectures=dict.fromkeys(given.networks, TEXTS["mathtext"]), **given.files(name),
    )  # fmt: skip


def claims_forest(given: Given, name: str) -> None:
    rows = [claim_row(key, statement=TEXTS[key]) for key in CLAIMED]
    fields = ("source", "recipe", "contrast", "measure", "reading")
    text = TEXTS["mathtext"] + TEXTS["controls"]
    rows.append(claim_row("all", **dict.fromkeys(fields, text), verdict=f"undecided ({text})"))
    rows += [row | {"claim": f"{row['claim']} 2", "estimate": None, "verdict": "not tested"} for row in rows[-2:]]
    draw_claims_forest(claims=write_claims(given.folder / "claims.tsv", rows), **given.files(name))


DRAWINGS = (
    overview, one_pair, optimisation, original_layout, recipes, reconstructions, training_curves, score_vs_epoch,
    score_vs_iteration, score_vs_robustness, trade_off, claims_forest,
)  # fmt: skip


def drawn(given: Given, draw: Callable[[Given, str], None]) -> dict[str, Path]:
    """The figure and its SVG, drawn if they were not."""
    files = given.files(draw.__name__)
    if not files["vector"].exists():
        draw(given, draw.__name__)
    return files


@pytest.mark.timeout(600)
@pytest.mark.parametrize("draw", DRAWINGS)
def test_names_are_drawn_as_they_are_written(given: Given, draw: Callable[[Given, str], None]) -> None:
    files = drawn(given, draw)
    with Image.open(files["figure"]) as picture:
        assert max(picture.size) < 65_536
        picture.load()
    tree = ElementTree.parse(files["vector"])
    assert {element.tag.rpartition("}")[2] for element in tree.iter()} <= ELEMENTS
    for element in tree.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        for name, value in element.attrib.items():
            assert not name.endswith("href") or value.startswith(("#", "data:image/")), value
    text = "".join("".join(tree.getroot().itertext()).split())
    for words in (TEXTS["mathtext"], TEXTS["broken_mathtext"]):
        assert "".join(plain(words).split()) in text


def test_every_claim_stands_in_the_figure_of_claims(given: Given) -> None:
    files = drawn(given, claims_forest)
    text = "".join("".join(ElementTree.parse(files["vector"]).getroot().itertext()).split())
    for key in CLAIMED:
        assert "".join(plain(TEXTS[key]).split())[:200] in text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_no_figure_runs_anything_in_a_browser(given: Given, tmp_path: Path) -> None:
    paths = [drawn(given, draw)["vector"] for draw in DRAWINGS]
    with browser(tmp_path) as tab:
        for path in paths:
            tab.open(path.as_uri())
            assert tab.tell("document.documentElement.tagName") == "svg", "it can be read as XML"
            assert tab.tell(f"window.{CANARY}") is None
        assert tab.complaints == []
        assert [url for url in tab.requests if not url.startswith(("file:", "data:", "about:"))] == []


@pytest.mark.timeout(20)
@pytest.mark.parametrize("words", ["w" * 100_000, "so many words " * 10_000, "\u200b" * 100_000, "$" * 100_001])
def test_words_without_an_end_are_cut_at_once(words: str) -> None:
    text, _ = fit(words, 60.0, 8.0, lines=2)
    assert text.endswith("…")
    assert len(text) <= 1000
