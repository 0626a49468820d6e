"""In a browser: hostile texts and links run nothing, load nothing, and do not change the structure of the pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from browser import CHROMIUM, Page, browser
from hostile import CANARY, HARMLESS, RUN, TEXTS, labelled_results
from made_results import claim_row, make_results, write_claims
from merged_config import merged
from robust_style.figure.words import plain, spoken
from robust_style.page.comparison import build_comparison
from robust_style.report.answer import write_answer
from robust_style.report.methods import write_methods
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.schema_page import descriptions

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"
VIEWS = ("read", "compare", "all", "claims", "blind")
# Every element with the names of its attributes: a text that became markup would add to it.
ELEMENTS = """[...document.querySelectorAll('*')].map((one) =>
  [one.tagName, ...[...one.attributes].map((attribute) => attribute.name).sort()].join(' '))"""
# A label of a picture with a carriage return has no row in the table, which has none: that is said, and no page made.
LABELS = {name: text for name, text in TEXTS.items() if "\r" not in text}


@dataclass(frozen=True)
class Pages:
    """What readers open, all of it made of the same texts."""

    texts: Mapping[str, str]
    folder: Path

    @property
    def comparisons(self) -> tuple[Path, Path]:
        return self.folder / "page" / "index.html", self.folder / "page.html"

    def make(self) -> "Pages":
        texts = self.texts
        made = labelled_results(self.folder, {name: texts[name] for name in LABELS})
        fields = ("claim", "statement", "source", "recipe", "contrast", "measure", "reading", "strongest_for")
        rows = [claim_row(**dict.fromkeys(fields, text), verdict=f"refuted ({text})") for text in texts.values()]
        claims = write_claims(self.folder / "claims.tsv", rows)
        made.collect(self.folder / "scores.tsv")
        build_comparison(
            traces=made.traces, evaluations=made.evaluations, table=self.folder / "scores.tsv", by_iteration=None,
            claims=claims, images=made.images, folder=self.folder / "page", edition=self.folder / "page.html",
            title=" ".join(texts.values()),
        )  # fmt: skip
        write_answer(claims=claims, answer=self.folder / "answer.html")
        about = {text: dict.fromkeys(("title", "author", "year", "licence"), text) for text in texts.values()}
        config = check_configuration(merged("config"), SCHEMA)
        network = config["networks"]["standard"]
        write_methods(
            config=config | {"networks": {text: network | {"regime": text} for text in texts.values()}},
            meanings=descriptions(SCHEMA), images=about, pairs=[(text, text) for text in texts.values()], claims=claims,
            traces=made.traces[:1], methods=self.folder / "methods.html",
        )  # fmt: skip
        return self


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pages]:
    given = {"hostile": TEXTS, "harmless": HARMLESS}
    return {kind: Pages(texts, tmp_path_factory.mktemp(kind)).make() for kind, texts in given.items()}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ordinary page, for hostile links to it."""
    folder = tmp_path_factory.mktemp("ordinary")
    made = make_results(folder, recipes=("fair",), epochs=(0, 4))
    made.collect(folder / "scores.tsv")
    build_comparison(
        traces=made.traces, evaluations=made.evaluations, table=folder / "scores.tsv", by_iteration=None, claims=None,
        images=made.images, folder=folder / "page", edition=folder / "page.html", title="A page",
    )  # fmt: skip
    return folder / "page" / "index.html"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        # A dialog would hold the page up; asking for one is as good as opening it.
        asked = "".join(f"window.{name} = () => {{ {RUN} }};" for name in ("alert", "confirm", "prompt", "open"))
        page.send("Page.addScriptToEvaluateOnNewDocument", source=asked)
        yield page


@pytest.fixture
def tab(running: Page) -> Iterator[Page]:
    """A tab in which at the end nothing must have run, been asked of the network, or been complained about."""
    running.requests.clear()
    running.complaints.clear()
    yield running
    running.tell("new Promise((done) => setTimeout(done, 50))")
    assert running.tell(f"window.{CANARY}") is None
    assert running.complaints == []
    assert [url for url in running.requests if not url.startswith(("file:", "data:", "about:"))] == []


def texts_of(tab: Page, selector: str) -> list[str]:
    return tab.tell(f"[...document.querySelectorAll({selector!r})].map((one) => one.textContent)")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("edition", [0, 1], ids=["folder", "one_file"])
def test_the_page_is_made_of_the_same_elements_whatever_its_texts(
    tab: Page, pages: dict[str, Pages], edition: int, view: str
) -> None:
    found = {}
    for kind, made in pages.items():
        tab.open(f"{made.comparisons[edition].as_uri()}#view={view}")
        found[kind] = tab.tell(ELEMENTS)
        assert tab.tell(f"document.getElementById('view-{view}').hidden") is False
    assert len(found["hostile"]) > 300
    assert found["hostile"] == found["harmless"]


def test_every_label_is_shown_as_it_is_written(tab: Page, pages: dict[str, Pages]) -> None:
    names = [spoken(text) for text in LABELS.values()]
    tab.open(pages["hostile"].comparisons[0].as_uri())
    for select in ("left", "right", "recipe"):
        assert texts_of(tab, f"#{select} option")[: len(names)] == names
    for kind in ("contents", "styles"):
        assert tab.tell(f"[...document.querySelectorAll('#{kind} img')].map((one) => one.alt)") == names
    assert tab.tell("document.querySelector('h1').textContent") == plain(" ".join(TEXTS.values()))
    for number, name in enumerate(names):
        tab.tell(f"choose({{left: {number}, content: {number}, style: {number}, recipe: {number}}})")
        words = f"{name} in the style of {name}, painted with the {name} network"
        assert words in tab.tell("document.getElementById('picture-left').alt")
        assert tab.tell("document.getElementById('head-left').textContent") == name


def test_every_claim_is_shown_as_it_is_written(tab: Page, pages: dict[str, Pages]) -> None:
    tab.open(f"{pages['hostile'].comparisons[0].as_uri()}#view=claims")
    words = [plain(text) for text in TEXTS.values()]
    assert texts_of(tab, ".claim summary") == [f"{word} {spoken(word)}" for word in words]
    assert texts_of(tab, ".claim .source") == [f"primary · {text}" for text in words]
    assert texts_of(tab, ".claim .reading-of") == words
    assert texts_of(tab, ".claim .verdict") == ["refuted"] * len(words)
    assert texts_of(tab, ".claim td:not(.number) a") == [], "no text is a link"


@pytest.mark.parametrize("name", ["answer.html", "methods.html"])
def test_the_pages_of_the_report_are_made_of_the_same_elements_whatever_their_texts(
    tab: Page, pages: dict[str, Pages], name: str
) -> None:
    found = {}
    for kind, made in pages.items():
        tab.open((made.folder / name).as_uri())
        found[kind] = tab.tell(ELEMENTS)
        assert tab.tell("getComputedStyle(document.body).display") == "block"
    assert len(found["hostile"]) > 100
    assert found["hostile"] == found["harmless"]


def test_the_pages_of_the_report_show_every_text_as_it_is_written(tab: Page, pages: dict[str, Pages]) -> None:
    shown = {}
    for name in ("answer.html", "methods.html"):
        tab.open((pages["hostile"].folder / name).as_uri())
        shown[name] = {cell.strip() for cell in texts_of(tab, "td")}
    for text in TEXTS.values():
        words = plain(text).strip()
        assert words in shown["answer.html"]
        assert words in shown["methods.html"]


LINKS = {
    "broken_percent": "#view=all&left=%&right=%zz&content=%E0%A4%A",
    "script": f"#view={quote(TEXTS['script'])}&left={quote(TEXTS['script'])}&sort={quote(TEXTS['image'])}",
    "raw_markup": f"#{TEXTS['attribute']}",
    "prototype": "#view=__proto__&left=__proto__&right=constructor&recipe=toString&seed=valueOf&sort=hasOwnProperty",
    "numbers": "#epoch=-1&iteration=-5&seed=1e999&only_epoch=NaN",
    "nobody": "#left=nobody&right=&content=rocket&style=nothing&right_recipe=fair",
    "nul": "#left=%00standard&view=compare%00",
    "long": f"#left={'w' * 300_000}",
    "grid": "#view=all&only_network=%3Cimg%3E&only_content=__proto__&sort=content_ssim&order=sideways&failed=2",
}


@pytest.mark.parametrize("name", LINKS)
def test_a_broken_link_leaves_the_page_whole(tab: Page, index: Path, name: str) -> None:
    tab.open(index.as_uri() + LINKS[name])
    assert tab.tell("[...document.querySelectorAll('main > section')].filter((one) => !one.hidden).length") == 1
    tab.press("1")
    assert tab.tell("document.getElementById('picture-left').alt").split(" in the style of ")[0] in (
        "rocket",
        "astronaut",
    )
    assert tab.tell("document.getElementById('absent').hidden") is True
    tab.press("x")
    links = tab.tell("[...document.querySelectorAll('nav a')].map((one) => one.getAttribute('href'))")
    assert all(link.startswith("#") and len(link) < 200 for link in links), "nothing of the link goes on"
    tab.press("2")
    assert tab.tell("document.getElementById('grid').children.length") in (6, 0)
