"""The report of the finished miniature as a reader sees it, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import CHROMIUM, Page, browser
from report_reader import landing_box, open_report, read_report

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def _tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def tab(_tab: Page) -> Page:
    _tab.complaints.clear()
    _tab.requests.clear()
    _tab.size(1400, 900)
    return _tab


def test_every_view_of_the_report_shows_its_results(tab: Page, finished_report: Path) -> None:
    open_report(tab, finished_report)
    reading = read_report(tab)
    assert reading.faults == []
    pictures = "Pictures / astronaut in the style of voronoi_mosaic"
    assert len(reading.seen[pictures]) == 12
    assert reading.toggles[pictures] == ["adversarial", "standard"]
    assert reading.columns[pictures][:2] == ["recipe", "epoch"]
    assert {view.partition(" / ")[0] for view in reading.seen} == {
        "Answer", "Figures", "Methods", "Page to explore", "Pictures", "Tables"
    }  # fmt: skip
    assert [url for url in tab.requests if not url.startswith(("file:", "data:", "about:"))] == []


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (1280, 720), (820, 1180), (390, 844)])
def test_the_landing_text_is_in_sight(tab: Page, finished_report: Path, width: int, height: int) -> None:
    tab.size(width, height)
    open_report(tab, finished_report)
    tab.wait("document.querySelector('#rulegraph :is(svg, canvas)')")
    box = landing_box(tab)
    assert 0 <= box["top"] < height / 2
    assert 0 <= box["left"] < box["right"] <= width
    assert min(box["bottom"], box["end"]) <= height, "the end can be scrolled to"
    if width >= 1280:
        assert box["bottom"] <= height, "all of it is in sight at once"


def test_the_landing_text_leads_to_every_category(tab: Page, finished_report: Path) -> None:
    open_report(tab, finished_report)
    words = tab.tell("[...document.querySelectorAll('.landing a')].map(link => link.innerText)")
    assert set(words) == set(tab.tell("Object.keys(categories)"))
    for number, category in enumerate(words):
        tab.tell(f"document.querySelectorAll('.landing a')[{number}].click()")
        tab.wait(f"app.state.category === {category!r}")
        open_report(tab, finished_report)


def planted(text: str, plant: str) -> str:
    """The report with another script at the end of its results."""
    assert text.count('<script id="categories">') == 1
    return text.replace('<script id="categories">', f'<script>{plant}</script><script id="categories">')


FIRST = "Object.values(results).filter(one => one.labels.recipe && one.labels.epoch)"


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (f"for (const one of {FIRST}) one.labels.epoch = Number(one.labels.epoch)", "localeCompare is not a function"),
        (f"{FIRST}.slice(0, 1).forEach(one => one.labels.network = 'third')", None),
        (
            f"{FIRST}.forEach((one, at) => one.labels = {{recipe: String(at), network: at % 2 ? 'x' : 'y'}})",
            "reading 'mime_type'",
        ),
        (f"{FIRST}.slice(0, 1).forEach(one => one.data_uri = 'data:image/jpeg;base64,AAAA')", "is not shown"),
        (f"{FIRST}.slice(0, 2).forEach(one => one.labels = {FIRST}[0].labels)", "no row leads to"),
        ("console.error('planted')", "planted"),
    ],
)
def test_the_reader_notices_what_is_wrong(
    tab: Page, finished_report: Path, tmp_path: Path, plant: str, fault: str | None
) -> None:
    """Including the two faults of former labels: numbers, and a toggle some of whose combinations do not exist."""
    report = tmp_path / "report.html"
    report.write_text(planted(finished_report.read_text(encoding="utf-8"), plant), encoding="utf-8")
    open_report(tab, report)
    faults = read_report(tab).faults
    if fault is None:
        assert faults == [], "three networks are columns, and all is shown"
    else:
        assert re.search(re.escape(fault), "\n".join(faults)), faults
