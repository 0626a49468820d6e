"""One browser for all tests of the page, a fresh tab's memory for each."""

from pathlib import Path

import pytest

from browser import CHROMIUM, Page, browser
from made_page import build_page
from made_results import make_results


@pytest.fixture(scope="session")
def _tab(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def tab(_tab: Page):
    """A tab; at the end of the test it must have asked for nothing but files and have complained about nothing."""
    _tab.requests.clear()
    _tab.complaints.clear()
    _tab.size(1400, 1000)
    yield _tab
    _tab.tell("0")  # takes note of what was said meanwhile
    assert _tab.complaints == []
    assert [url for url in _tab.requests if not url.startswith(("file:", "data:", "about:"))] == []


@pytest.fixture(scope="session")
def index(tmp_path_factory) -> Path:
    """The index of a page of 2 recipes, 2 networks, 3 epochs and 2 pairs."""
    folder = tmp_path_factory.mktemp("results")
    return build_page(folder, make_results(folder), "A page")
