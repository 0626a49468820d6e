"""The blind test of the page: names stay hidden until its end, and what it saves is read back as scores."""

import base64
from collections import Counter

import pandas as pd
import pytest

from made_page import build_page
from made_results import make_results
from robust_style.score.blind_test import COLUMNS, read_answers, shares_chosen
from robust_style.score.score_tables import read_score_table
from seen import click, move, text

PAIRS = (("rocket", "flow_field"), ("astronaut", "op_art"))
NAMES = ("standard", "adversarial")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Results of 11 seeds: 22 comparisons, two parts of the test."""
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, recipes=("fair",), seeds=tuple(range(11)), epochs=(0, 8), pairs=PAIRS)


@pytest.fixture(scope="module")
def page(tmp_path_factory, made):
    return build_page(tmp_path_factory.mktemp("page"), made, "Which network paints better?")


@pytest.fixture
def test(tab, page):
    """The page at the start of a test that nobody has begun."""
    address = f"{page.as_uri()}#view=blind"
    tab.open(address)
    tab.tell("localStorage.clear()")
    tab.open(address)
    yield tab
    tab.tell("localStorage.clear()")


def begin(tab, rater="r1", part=0):
    move(tab, "rater", rater)
    move(tab, "part", part)
    click(tab, "#blind-begin")


def saved(tab) -> str:
    """What the button saves."""
    return tab.tell(
        """(async () => {
          const make = URL.createObjectURL;
          let blob = null, name = null;
          URL.createObjectURL = (given) => { blob = given; return make.call(URL, given); };
          const press = HTMLAnchorElement.prototype.click;
          HTMLAnchorElement.prototype.click = function () { name = this.download; };
          document.getElementById("blind-save").click();
          URL.createObjectURL = make;
          HTMLAnchorElement.prototype.click = press;
          return name === "ratings.tsv" ? blob.text() : name;
        })()"""
    )


def test_twenty_rounds_by_keys_then_the_file_and_the_result(test, made, tmp_path):
    begin(test)
    assert text(test, "#blind-count") == "Round 1 of 20"
    for key in ("ArrowLeft", "ArrowDown", "s", "ArrowRight"):
        test.press(key)
    assert text(test, "#blind-count") == "Round 5 of 20"
    # From here on this rater always chooses the standard network.
    for _ in range(16):
        test.tell("answer(DATA.networks[sidesOf(openRound())[0].at[1]].slug === 'standard' ? 'left' : 'right')")
    assert test.tell("document.getElementById('blind-round').hidden") is True
    assert text(test, "#blind-thanks") == "19 answers, 1 round skipped."
    assert test.tell("document.getElementById('blind-result').checkVisibility()") is False
    assert text(test, "#blind-more") == "2 more rounds"

    path = tmp_path / "ratings.tsv"
    path.write_text(saved(test), encoding="utf-8")
    rows = pd.read_csv(path, sep="\t")
    assert tuple(rows.columns) == COLUMNS
    assert list(rows["answer"][:3]) == ["left", "cannot_tell", "right"]
    assert set(rows["rater"]) == {"r1"}
    assert set(rows["shuffle_seed"]) == {test.tell("test.shuffleSeed")}
    made.collect(tmp_path / "scores.tsv", [path])
    scores = read_score_table(tmp_path / "scores.tsv")
    assert scores["people_prefer"].notna().sum() == 2 * 19
    means = scores.groupby("network")["people_prefer"].mean()
    assert means["standard"] > 0.8
    assert means.sum() == pytest.approx(1)

    click(test, "#blind-reveal")
    chosen = Counter(
        row[f"{row['answer']}_network"] for row in rows.to_dict("records") if row["answer"] != "cannot_tell"
    )
    cells = test.tell("[...document.querySelectorAll('#blind-counts td')].map(one => Number(one.textContent))")
    assert cells == [chosen["standard"], chosen["adversarial"], 1]
    assert f"in {chosen['adversarial']} of 18 choices" in text(test, "#blind-share")
    assert "The answers of one person decide nothing." in text(test, "#blind-result")
    assert test.tell("document.getElementById('blind-more').hidden") is True, "the result ends the test"


def test_nothing_tells_which_network_painted(test):
    begin(test)
    for _ in range(3):
        seen = test.tell(
            "[document.title, document.body.innerText, location.href.split('#').pop(), document.getElementById('live')"
            ".textContent, document.getElementById('view-blind').outerHTML].join()"
        )
        assert not any(name in seen for name in (*NAMES, "better?"))
        assert test.tell("document.getElementById('top').checkVisibility()") is False
        test.press("ArrowLeft")
    click(test, "#blind-stop")
    assert not any(name in test.tell("document.body.innerText") for name in NAMES)


def test_pictures_of_a_round_differ_in_the_network_only_and_each_side_has_each_network_as_often(test):
    sides = test.tell("comparisons.map((_, number) => sidesOf(number).map(({at}) => at))")
    assert len(sides) == 22
    for left, right in sides:
        assert left[1] != right[1]
        assert left[:1] + left[2:] == right[:1] + right[2:]
    assert Counter(left[1] for left, _ in sides) == {0: 11, 1: 11}
    others = (
        "[1, 2, 3].map(seed => { test.shuffleSeed = seed; return [comparisons.map((_, number) => sidesOf(number)[0]"
    )
    others = test.tell(f"{others}.at[1]).join(), roundsOf(0).join()] }})")
    assert len({order for order, _ in others}) == len({rounds for _, rounds in others}) == 3
    parts = test.tell("parts.map(part => numbersOf(part).length)")
    assert parts == [20, 2], "all raters have the same parts"


def test_answers_outlive_the_tab_and_a_new_test_deletes_them(test, page):
    begin(test, rater="someone-2", part=1)
    click(test, "#blind-choose-left")
    test.open(f"{page.as_uri()}#view=blind")
    assert text(test, "#blind-count") == "Round 2 of 2"
    click(test, "#blind-skip")
    click(test, "#blind-more")
    assert text(test, "#blind-count") == "Round 1 of 20", "the other part"
    click(test, "#blind-stop")
    first = test.tell("test.shuffleSeed")
    test.tell("window.confirm = () => false")
    click(test, "#blind-new")
    assert test.tell("test.answers.length") == 1
    test.tell("window.confirm = () => true")
    click(test, "#blind-new")
    assert test.tell("[test.answers.length, JSON.parse(localStorage.getItem(STORED_AS)).answers.length]") == [0, 0]
    assert test.tell("test.shuffleSeed") != first
    assert test.tell("document.getElementById('blind-start').checkVisibility()") is True


def test_on_a_phone_a_round_fits_the_screen(test):
    test.size(390, 844)
    begin(test)
    assert test.tell("document.documentElement.scrollWidth") <= 390
    parts = ("painting", "blind-choose-left", "blind-choose-right", "blind-cannot-tell", "blind-skip", "blind-stop")
    boxes = [
        test.tell(f"(({{width, height, bottom}}) => [width, height, bottom])({name}.getBoundingClientRect())")
        for name in (f"document.getElementById('{part}')" for part in parts)
    ]
    assert all(width >= 44 and height >= 44 and bottom <= 844 for width, height, bottom in boxes)


def test_the_name_is_typed_without_leaving_and_a_bad_one_is_refused(test):
    test.tell("document.getElementById('rater').select()")
    for key in "s1 ":
        test.press(key)
    click(test, "#blind-begin")
    assert test.tell("test.isRunning") is False, "a space is no part of a name"
    assert test.tell("document.getElementById('rater').value") == "s1 "
    assert test.tell("state.view") == "blind"


def test_where_nothing_can_be_stored_the_page_says_so(tab, page):
    edition = page.parent.parent / "page.html"
    tab.open(f"data:text/html;base64,{base64.b64encode(edition.read_bytes()).decode()}")
    tab.tell("choose({view: 'blind'})")
    assert "does not keep the answers" in text(tab, "#blind-unstored")
    begin(tab)
    tab.press("ArrowLeft")
    assert saved(tab).count("\n") == 2


def test_a_small_page_is_filled_up_with_other_epochs_and_recipes(tab, index):
    tab.open(f"{index.as_uri()}#view=blind")
    order = tab.tell("comparisons.map(([{at}]) => [DATA.recipes[at[0]].slug, DATA.epochs[at[3]]].join())")
    main, other = tab.tell("DATA.recipes.map(({slug}) => slug)")
    assert order == [f"{main},8"] * 2 + [f"{main},4"] * 2 + [f"{other},8"] * 2 + [f"{other},4"] * 2
    tab.tell("localStorage.clear()")


def test_one_network_cannot_be_compared(tab, tmp_path):
    made = make_results(tmp_path, networks=("standard",), recipes=("fair",), epochs=(4,), pairs=PAIRS[:1])
    tab.open(f"{build_page(tmp_path, made, 'A page', claims=False).as_uri()}#view=blind")
    assert text(tab, "#blind-none") == "This page has no pictures of two networks to compare."
    assert tab.tell("document.getElementById('blind-start').hidden") is True
    tab.tell("localStorage.clear()")


@pytest.mark.parametrize(
    ("count", "of", "low", "high"), [(0, 10, 0.0, 0.278), (7, 16, 0.231, 0.668), (20, 20, 0.839, 1.0)]
)
def test_the_interval_is_wilsons(tab, page, count, of, low, high):
    tab.open(page.as_uri())
    assert tab.tell(f"wilsonInterval({count}, {of})") == pytest.approx([low, high], abs=6e-4)


def test_the_shares_of_what_the_page_saves_are_counted(test, tmp_path):
    path = tmp_path / "ratings.tsv"
    begin(test, part=1)
    test.press("ArrowLeft")
    test.press("ArrowDown")
    path.write_text(saved(test), encoding="utf-8")
    assert sorted(shares_chosen(read_answers([path])).values()) == [0.0, 0.5, 0.5, 1.0]
