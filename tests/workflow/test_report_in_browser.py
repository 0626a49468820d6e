"""The report of the finished miniature as a reader sees it, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import CHROMIUM, Page, browser
from report_reader import click_link, complaints, landing_box, open_report, read_report

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


def test_the_landing_text_shows_a_picture_of_each_network(tab: Page, finished_report: Path) -> None:
    open_report(tab, finished_report)
    shown = "[...document.querySelectorAll('.landing .painted img')]"
    tab.wait(f"{shown}.length > 1 && {shown}.every(image => image.naturalWidth > 1)")
    captions = tab.tell("[...document.querySelectorAll('.landing figcaption')].map(caption => caption.innerText)")
    assert captions[:2] == ["standard", "adversarial"]


def test_every_category_opens_on_a_result_and_the_way_back_on_the_landing_text(
    tab: Page, finished_report: Path
) -> None:
    tab.size(1280, 720)
    open_report(tab, finished_report)
    for category in sorted(set(tab.tell("Object.keys(categories)")) - {"Tables"}):  # tables can only be downloaded
        click_link(tab, category)
        tab.wait(f"Object.values(categories[{category!r}]).flat().includes(app.state.resultPath)")
        assert tab.tell("!!document.querySelector('.grow > div > img, iframe')"), category
        tab.tell("document.querySelector('nav nav ol a').click()")
        tab.wait("document.querySelector('.landing')")
    assert complaints(tab) == []


def test_a_report_is_small_enough_to_send(finished_report: Path) -> None:
    assert finished_report.stat().st_size < 10_000_000


def test_the_landing_text_leads_to_every_category(tab: Page, finished_report: Path) -> None:
    open_report(tab, finished_report)
    primary = tab.tell("[...document.querySelectorAll('.landing .verdict')].map(verdict => verdict.innerText)")
    assert primary, "the verdicts on the primary claims"
    words = tab.tell("[...document.querySelectorAll('.landing a')].map(link => link.innerText)")
    assert set(words) == set(tab.tell("Object.keys(categories)"))
    for number, category in enumerate(words):
        tab.tell(f"document.querySelectorAll('.landing a')[{number}].click()")
        tab.wait(f"app.state.category === {category!r}")
        open_report(tab, finished_report)
