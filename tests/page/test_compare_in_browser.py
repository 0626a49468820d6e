"""Two pictures compared in a real browser: each control shows what it says."""

import base64
import io

import pytest
from PIL import Image

from seen import address, alt, back, click, count, move, row, source, text, texts


def test_it_opens_on_the_last_epoch_with_everything_loaded(tab, index):
    tab.open(index.as_uri())
    assert "painted with the standard network, epoch 8" in alt(tab, "left")
    assert "painted with the adversarial network, epoch 8" in alt(tab, "right")
    assert source(tab, "left") != source(tab, "right")
    tab.wait("['left', 'right'].every(side => document.getElementById(`picture-${side}`).naturalWidth === 48)")
    assert count(tab, "#strip button[aria-current=true]") == 2
    assert texts(tab, "#strip span") == ["untrained", "4", "8"]
    # The opening is the pair of the largest difference, which the data names.
    assert tab.tell("DATA.opening.content === DATA.contents[state.content].slug") is True
    assert tab.tell("document.querySelectorAll('img:not([alt])').length") == 0


def test_epochs_scrub_and_the_point_on_the_training_curve_follows(tab, index):
    tab.open(index.as_uri())
    place = "Number(document.querySelector('#training circle').getAttribute('cx'))"
    before = tab.tell(place)
    move(tab, "epoch", 1)
    assert "epoch 4" in alt(tab, "left")
    assert text(tab, "#epoch-words") == "epoch 4"
    assert tab.tell(place) < before
    assert address(tab)["epoch"] == "4"
    move(tab, "epoch", 0)
    assert source(tab, "left") == source(tab, "right"), "untrained networks show one picture"


def test_iterations_scrub_and_scores_and_the_point_on_the_loss_follow(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair")
    finished, place = source(tab, "left"), "Number(document.querySelector('#loss circle').getAttribute('cx'))"
    before = tab.tell(place)
    assert text(tab, "#iteration-words") == "finished (100)"
    move(tab, "iteration", 1)
    assert alt(tab, "left").endswith("iteration 50")
    assert text(tab, "#iteration-words") == "50 of 100"
    assert source(tab, "left") != finished
    assert tab.tell(place) < before
    assert row(tab, "Structure kept") == ["0.75", "0.75"]
    assert count(tab, ".scores td.late") > 0, "what is measured at the end only is told apart"
    assert address(tab)["iteration"] == "50"
    move(tab, "iteration", 0)
    assert text(tab, "#iteration-words") == "the start"
    assert source(tab, "left") == source(tab, "right"), "both start from the content"
    move(tab, "iteration", 2)
    assert source(tab, "left") == finished
    assert "iteration" not in address(tab)
    assert count(tab, ".scores td.late") == 0


def test_thumbnails_choose_and_a_pair_that_was_not_painted_is_left(tab, index):
    tab.open(f"{index.as_uri()}#content=rocket&style=flow_field")
    assert count(tab, "#contents input") == count(tab, "#styles input") == 2
    assert count(tab, "#styles label.elsewhere") == 1
    click(tab, "#contents input[value='1']")
    assert alt(tab, "left").startswith("astronaut in the style of op art")
    assert text(tab, "#style-name") == "op art"
    click(tab, "#styles input[value='0']")
    assert alt(tab, "left").startswith("rocket in the style of flow field")


def test_networks_recipes_and_swap(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair")
    left, right = source(tab, "left"), source(tab, "right")
    click(tab, "#swap")
    assert (source(tab, "left"), source(tab, "right")) == (right, left)
    assert texts(tab, ".scores thead th") == ["adversarial", "standard"]
    move(tab, "right", 1)
    assert source(tab, "left") == source(tab, "right") == right
    move(tab, "right_recipe", 0)
    assert texts(tab, ".scores thead th") == ["fair", "original"]
    assert "recipe original" in alt(tab, "right")
    assert address(tab)["right_recipe"] == "original"
    move(tab, "recipe", 0)
    assert "right_recipe" not in address(tab)


def test_the_border_moves_by_pointer_and_by_keys(tab, index):
    tab.open(index.as_uri())
    box = tab.tell("(({left, top, width, height}) => [left, top, width, height])(stage.getBoundingClientRect())")
    at = lambda share: (box[0] + share * box[2], box[1] + box[3] / 2)  # noqa: E731
    tab.mouse("mousePressed", *at(0.5))
    tab.mouse("mouseMoved", *at(0.25))
    tab.mouse("mouseReleased", *at(0.25))
    split = "document.getElementById('stage').style.getPropertyValue('--split')"
    assert abs(float(tab.tell(split).rstrip("%")) - 25) < 1
    tab.press("a")
    assert tab.tell(split) == "100%"
    tab.press("f")
    assert tab.tell(split) == "50%"


def test_failures_are_said_in_words(tab, index):
    tab.open(f"{index.as_uri()}#recipe=original&epoch=8")
    expected = tab.tell("SIDES.map(side => failuresOf(shown(state, side).picture.scores).length)")
    assert sum(expected) > 0
    for side, number in zip(("left", "right"), expected, strict=True):
        found = texts(tab, f"#badges-{side} .badge")
        assert len(found) == number
        assert all("Loss exploded" in words or "Light and dark swapped" in words for words in found)
    move(tab, "iteration", 1)
    assert texts(tab, ".stage .badge") == [], "they are told of the finished picture"


def test_the_address_restores_the_view_and_back_leads_back(tab, index):
    wanted = (
        "#recipe=original&left=adversarial&right=standard&seed=0&epoch=4&content=astronaut&style=op_art&iteration=50"
        "&swapped=1"
    )
    tab.open(index.as_uri() + wanted)
    assert alt(tab, "left") == (
        "astronaut in the style of op art, painted with the adversarial network, epoch 4, recipe original, iteration 50"
    )
    assert "the standard network, epoch 4" in alt(tab, "right")
    click(tab, "#swap")
    click(tab, "nav a[data-view=all]")
    assert tab.tell("document.getElementById('view-compare').hidden") is True
    back(tab)
    assert "standard network" in alt(tab, "left")
    back(tab)
    assert "adversarial network" in alt(tab, "left")
    assert tab.tell("location.hash") == wanted


def test_unknown_values_of_an_address_are_named_and_corrected(tab, index):
    tab.open(
        f"{index.as_uri()}#content=%3Cscript%3E&style=__proto__&epoch=999&left=constructor&iteration=x&view=no&recipe=fair"
        "&constructor=1"
    )
    assert "standard network, epoch 8" in alt(tab, "left")
    assert text(tab, "#iteration-words") == "finished (100)"
    notice = text(tab, "#notice")
    for words in (
        "content “<script>”",
        "style “__proto__”",
        "epoch “999”",
        "left “constructor”",
        "iteration “x”",
        "view “no”",
    ):
        assert f"{words} is unknown" in notice
    assert "constructor “1” is unknown" in notice
    assert "recipe" not in notice
    assert tab.tell("document.getElementById('notice').getAttribute('role')") == "status", "screen readers announce it"
    corrected = address(tab)
    assert (corrected["left"], corrected["epoch"], corrected["recipe"]) == ("standard", "8", "fair")
    assert not {"view", "iteration", "constructor"} & set(corrected)
    move(tab, "epoch", 1)
    assert text(tab, "#notice") == ""


def test_a_pair_that_was_not_painted_is_named(tab, index):
    tab.open(f"{index.as_uri()}#content=rocket&style=op_art")
    assert "rocket in the style of op art was not painted" in text(tab, "#notice")
    assert address(tab)["style"] == "flow_field"


@pytest.mark.parametrize(
    "fragment", ["", "#recipe=fair&left=adversarial&right=standard&epoch=4", "#view=all&sort=worst_rise"]
)
def test_an_address_of_known_values_has_no_notice(tab, index, fragment):
    tab.open(index.as_uri() + fragment)
    assert text(tab, "#notice") == ""
    assert tab.tell("location.hash") == fragment


def test_an_address_that_is_corrected_by_hand_is_read_again(tab, index):
    tab.open(f"{index.as_uri()}#recipe=nothing")
    assert "recipe “nothing”" in text(tab, "#notice")
    tab.tell("location.hash = '#recipe=fair&epoch=4'")
    tab.wait("document.getElementById('notice').innerText === ''")
    assert "epoch 4" in alt(tab, "left")


def test_the_standard_network_stays_on_the_left(tab, index):
    other = "#recipe=fair&left=adversarial&right=standard&epoch=4&content=astronaut&style=op_art"
    tab.open(f"{index.as_uri()}{other}&right_recipe=original")
    assert "standard network" in alt(tab, "left")
    assert "recipe original" in alt(tab, "left"), "each network keeps its recipe"
    assert "adversarial network" in alt(tab, "right")
    assert "recipe fair" in alt(tab, "right")
    tab.open(f"{index.as_uri()}{other}")
    click(tab, "#swap")
    assert "adversarial network" in alt(tab, "left"), "the reader may swap them"
    assert address(tab)["swapped"] == "1"
    tab.open(tab.tell("location.href"))
    assert "adversarial network" in alt(tab, "left"), "and a link to that shows the same"
    click(tab, "#swap")
    assert "swapped" not in address(tab)


def test_the_border_keeps_the_focus_after_a_drag(tab, index):
    tab.open(f"{index.as_uri()}#epoch=8")
    x, y, width = tab.tell(
        "(() => { const box = document.getElementById('stage').getBoundingClientRect();"
        " return [box.left, box.top + box.height / 2, box.width] })()"
    )
    tab.mouse("mousePressed", x + 0.7 * width, y)
    tab.mouse("mouseMoved", x + 0.3 * width, y)
    tab.mouse("mouseReleased", x + 0.3 * width, y)
    assert tab.tell("document.activeElement.id") == "split"
    before = tab.tell("Number(document.getElementById('split').value)")
    tab.press("ArrowLeft", code=37)
    assert tab.tell("Number(document.getElementById('split').value)") == before - 1
    assert "epoch 8" in alt(tab, "left"), "the arrow did not change the epoch"


def test_the_border_does_not_cross_a_badge(tab, index):
    tab.open(f"{index.as_uri()}#recipe=original&epoch=8")
    found = tab.tell(
        "[...document.querySelectorAll('.stage .badge')].map(one => one.getBoundingClientRect())"
        ".map(({x, y, width, height}) => ({x, y, width, height, scale: 1}))"
    )
    assert found
    stage = tab.tell("(({left, width}) => ({left, width}))(document.getElementById('stage').getBoundingClientRect())")
    for badge in found:
        split = 100 * (badge["x"] + badge["width"] / 2 - stage["left"]) / stage["width"]
        tab.tell(f"split({split})")
        crossed = pixels(tab, badge)
        tab.tell("document.querySelector('.divider').style.visibility = 'hidden'")
        assert crossed.tobytes() == pixels(tab, badge).tobytes()
        tab.tell("document.querySelector('.divider').style.visibility = ''")


def test_all_scores_open_and_close(tab, index):
    tab.open(index.as_uri())
    before = texts(tab, ".scores tbody th")
    click(tab, "#further")
    assert tab.tell("document.getElementById('further').getAttribute('aria-expanded')") == "true"
    assert any(words.startswith("Light and dark kept") for words in texts(tab, "#further-scores th"))
    assert not any("judge" in words for words in texts(tab, "#further-scores th")), "never measured, never shown"
    click(tab, "#further")
    assert [words for words in texts(tab, ".scores tbody th") if words] == [words for words in before if words]


def test_it_draws_something(tab, index):
    tab.open(index.as_uri())
    tab.size(320, 700, dark=True)
    assert tab.tell("document.documentElement.scrollWidth") <= 320
    shot = base64.b64decode(tab.send("Page.captureScreenshot", format="png")["data"])
    assert len(shot) > 10_000


def pixels(tab, clip):
    """A part of the window as it is drawn."""
    shot = tab.send("Page.captureScreenshot", format="png", clip=clip)["data"]
    return Image.open(io.BytesIO(base64.b64decode(shot))).convert("RGB")
