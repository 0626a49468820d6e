"""The page in a real browser: each control does what it says, and odd results are shown as well."""

import base64

from made_page import build_page
from made_results import make_results, make_results_of_fewer_checkpoints, make_uneven_results
from seen import address, alt, back, click, count, move, row, source, text, texts

ONE = {"recipes": ("fair",), "epochs": (4,), "pairs": (("rocket", "flow_field"),)}


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
    tab.open(f"{index.as_uri()}#view=compare")
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
    expected = tab.tell("SIDES.map(side => shown(state, side).picture.failures.length)")
    assert sum(expected) > 0
    for side, number in zip(("left", "right"), expected, strict=True):
        found = texts(tab, f"#badges-{side} .badge")
        assert len(found) == number
        assert all("Loss exploded" in words or "Light and dark swapped" in words for words in found)
    move(tab, "iteration", 1)
    assert texts(tab, "#stage .badge") == [], "they are told of the finished picture"


def test_accuracies_that_were_not_measured_are_said_so(tab, index):
    tab.open(index.as_uri())
    words = "element('training').textContent.includes('not measured in this run')"
    assert tab.tell(words) is False
    tab.tell("DATA.training.forEach(one => [...one.checkpoints, ...one.history].forEach(row => row.fill(null, 1)))")
    tab.tell("showPanel(state)")
    assert tab.tell(words) is True


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


def test_keys_do_what_the_help_says(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair&content=rocket&style=flow_field")
    tab.press("ArrowLeft")
    assert "epoch 4" in alt(tab, "left")
    tab.press("ArrowRight")
    tab.press("ArrowRight")
    assert "epoch 8" in alt(tab, "left")
    tab.press(",")
    assert text(tab, "#iteration-words") == "50 of 100"
    tab.press(".")
    assert text(tab, "#iteration-words") == "finished (100)"
    tab.press("c")
    assert alt(tab, "left").startswith("astronaut")
    tab.press("S")
    assert alt(tab, "left").startswith("rocket")
    tab.press("r")
    assert "recipe original" in alt(tab, "left")
    tab.press("x")
    assert "adversarial" in alt(tab, "left")
    tab.press("2")
    assert address(tab)["view"] == "all"
    tab.press("3")
    assert address(tab)["view"] == "claims"
    tab.press("1")
    assert "view" not in address(tab)


def test_help_lists_every_key_and_can_turn_them_off(tab, index):
    tab.open(f"{index.as_uri()}#view=compare")
    tab.press("?")
    assert tab.tell("document.getElementById('help').open") is True
    assert count(tab, "#help dt") == tab.tell("KEYS.length")
    tab.tell("document.getElementById('keys-on').click()")
    tab.tell("document.getElementById('help').close()")
    before = alt(tab, "left")
    tab.press("ArrowLeft")
    assert alt(tab, "left") == before


def test_arrows_belong_to_what_has_the_focus(tab, index):
    tab.open(f"{index.as_uri()}#epoch=8")
    tab.tell("document.getElementById('split').focus()")
    tab.press("ArrowLeft", code=37)
    assert "epoch 8" in alt(tab, "left")
    tab.tell("document.getElementById('epoch').focus()")
    tab.press("ArrowLeft", code=37)
    assert "epoch 4" in alt(tab, "left")


def test_the_grid_holds_every_picture_and_loads_few(tab, index):
    tab.open(f"{index.as_uri()}#view=all")
    # Of each pair the untrained picture is shown once, not for 2 recipes and 2 networks.
    assert count(tab, "#grid .cell") == 2 * 2 * 2 * 2 + 2
    assert count(tab, "#grid img[loading=lazy]") == 18
    assert text(tab, "#grid-words").startswith("18 pictures")


def test_it_can_be_narrowed_and_the_address_says_so(tab, index):
    tab.open(f"{index.as_uri()}#view=all")
    move(tab, "only_recipe", "0")
    move(tab, "only_epoch", "2")
    assert count(tab, "#grid .cell") == 4
    found = address(tab)
    assert (found["only_recipe"], found["only_epoch"]) == ("original", "8")
    tab.open(f"{index.as_uri()}#view=all&failed=1")
    assert 0 < count(tab, "#grid .cell") < 18
    assert count(tab, "#grid .cell .badge") >= count(tab, "#grid .cell")


def test_a_picture_leads_to_its_comparison_and_back(tab, index):
    tab.open(f"{index.as_uri()}#view=all&only_network=adversarial&sort=worst_rise&order=down")
    wanted = tab.tell("document.querySelector('#grid .cell:last-child img').alt")
    tab.tell("scrollTo(0, 400)")
    click(tab, "#grid .cell:last-child")
    assert alt(tab, "right") == wanted
    assert tab.tell("scrollY") == 0
    assert "standard network" in alt(tab, "left")
    back(tab)
    assert address(tab)["sort"] == "worst_rise"
    assert count(tab, "#grid .cell") == 2 * 2 * 2 + 2


def test_each_claim_is_one_line_with_its_verdict_primary_first(tab, index):
    tab.open(f"{index.as_uri()}#view=claims")
    assert count(tab, ".claim") == 4
    assert texts(tab, ".claim .verdict") == ["supported", "undecided", "not tested", "refuted"]
    assert text(tab, "#claims-words").startswith("The data support that")
    assert text(tab, ".claim .figures") == "−0.15 [−0.25, −0.05]"
    assert texts(tab, ".claim .decides") == ["", "at least 2 more seeds", "", ""]


def test_claims_can_be_sorted_and_filtered_and_the_address_says_so(tab, index):
    tab.open(f"{index.as_uri()}#view=claims")
    click(tab, "[data-key=decision] button")
    assert texts(tab, ".claim .verdict") == ["supported", "refuted", "undecided", "not tested"]
    click(tab, "[data-key=decision] button")
    assert texts(tab, ".claim .verdict") == ["not tested", "undecided", "refuted", "supported"]
    assert tab.tell("document.querySelector('[data-key=decision]').getAttribute('aria-sort')") == "descending"
    assert (address(tab)["by"], address(tab)["order"]) == ("decision", "down")
    move(tab, "verdict", "refuted")
    assert texts(tab, ".claim .verdict") == ["refuted"]
    tab.open(tab.tell("location.href"))
    assert texts(tab, ".claim .verdict") == ["refuted"]


def test_a_claim_has_a_link_of_its_own(tab, index):
    tab.open(f"{index.as_uri()}#view=claims")
    click(tab, ".claim:nth-child(2) .number a")
    assert texts(tab, ".claim.current .number") == ["2"]
    assert tab.tell("document.querySelector('.claim.current details').open") is True
    assert tab.tell("document.title").startswith("Claim 2 – ")
    tab.open(tab.tell("location.href"))
    assert texts(tab, ".claim.current .number") == ["2"]


def test_a_claim_leads_into_the_pictures_and_back(tab, index):
    tab.open(f"{index.as_uri()}#view=claims")
    assert count(tab, ".ways a") == 2
    click(tab, ".claim:nth-child(1) .ways a")
    assert address(tab)["left"] == "standard"
    assert "epoch 8" in alt(tab, "left")
    assert text(tab, "#from-claim").startswith("Looking at claim 1: ")
    back(tab)
    assert address(tab)["view"] == "claims"
    click(tab, ".claim:nth-child(4) .ways a")
    found = address(tab)
    assert (found["recipe"], found["right_recipe"]) == ("fair", "original")
    assert "recipe fair" in alt(tab, "left")
    assert "recipe original" in alt(tab, "right")
    click(tab, "#from-claim a:last-child")
    assert texts(tab, ".claim.current .number") == ["4"]
    assert tab.tell("document.getElementById('from-claim').hidden") is True


def test_it_opens_with_the_answer_and_four_questions(tab, index):
    tab.open(index.as_uri())
    assert text(tab, "#answer") == tab.tell("DATA.answer.sentence")
    assert count(tab, ".hero .preset .stage img") == 2
    assert texts(tab, ".question h2")[0].startswith("Does the adversarial network paint better?")
    assert count(tab, ".question") == count(tab, "#jumps li") == 4
    assert tab.tell("document.getElementById('view-compare').hidden") is False, "the explorer is its end"
    click(tab, "nav a[data-view=compare]")
    assert tab.tell("document.getElementById('view-read').hidden") is True


def test_forests_share_one_axis_per_measure_and_shade_the_claimed_side(tab, index):
    tab.open(index.as_uri())
    places = "[...document.querySelectorAll('.question .forest .zero')].map(line => line.getAttribute('x1'))"
    assert len(set(tab.tell(places))) == 1
    assert tab.tell("scaleOf(DATA.claims).low <= -0.25 && scaleOf(DATA.claims).high >= 0")
    # The claim says below zero: the shade reaches from the left end to zero.
    shade = "(({x, width}) => [x.baseVal.valueAsString, width.baseVal.valueAsString])"
    side = tab.tell(f"{shade}(document.querySelector('.question .forest .side'))")
    assert side == ["0%", tab.tell(places)[0]]


def test_a_preset_has_its_own_epoch_and_shows_pictures_for_and_against(tab, index):
    tab.open(index.as_uri())
    image = "document.querySelector('.hero .preset img.left')"
    assert "epoch 8" in tab.tell(f"{image}.alt")
    tab.tell(
        "(() => { const it = document.querySelector('.hero .preset .time input'); it.value = 1;"
        "it.dispatchEvent(new Event('input')) })()"
    )
    assert "epoch 4" in tab.tell(f"{image}.alt")
    assert "epoch 8" in alt(tab, "left"), "the explorer keeps its own"
    assert texts(tab, ".question .preset .tools button") == ["strongest for"]
    click(tab, ".question .preset figcaption a")
    assert "view" not in address(tab)
    assert text(tab, "#from-claim").startswith("Looking at claim")


def test_originals_stand_on_either_side_and_while_a_key_is_held(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair&content=rocket&style=flow_field")
    move(tab, "left", "content")
    assert alt(tab, "left") == "rocket, the content image"
    assert address(tab)["left_original"] == "content"
    move(tab, "left", "0")
    assert "left_original" not in address(tab)
    tab.send("Input.dispatchKeyEvent", type="keyDown", key="o", text="o")
    assert (alt(tab, "left"), alt(tab, "right")) == ("rocket, the content image", "flow field, the style image")
    tab.send("Input.dispatchKeyEvent", type="keyUp", key="o")
    assert "painted with" in alt(tab, "right")


def test_side_by_side_lens_and_iterations_played(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair")
    tab.press("b")
    assert address(tab)["beside"] == "1"
    boxes = "SIDES.map(side => document.getElementById(`picture-${side}`).getBoundingClientRect())"
    assert tab.tell(f"(([left, right]) => left.right <= right.left)({boxes})")
    tab.press("z")
    assert tab.tell("document.getElementById('lens').hidden") is False
    tab.press("z")
    tab.press("P")
    tab.wait("state.iteration === 0")
    tab.press("P")
    assert tab.tell("playing") is None


def test_a_drag_on_a_curve_moves_the_epoch_everywhere(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair")
    tab.size(1400, 1400)
    x, y = tab.tell(
        "(({left, top, width, height}) => [left + width * (38 + 314 / 2) / 360, top + height / 2])"
        "(document.getElementById('training').getBoundingClientRect())"
    )
    tab.mouse("mousePressed", x, y)
    tab.mouse("mouseReleased", x, y)
    assert address(tab)["epoch"] == "4"
    assert "epoch 4" in alt(tab, "left")
    assert tab.tell("document.getElementById('epoch').value") == "1"
    assert set(texts(tab, "#strip button[aria-current=true]")) == {""}
    assert tab.tell("document.querySelector('#strip button[aria-current=true]').dataset.epoch") == "1"


def test_nothing_moves_between_pairs_and_no_picture_is_enlarged_too_much(tab, tmp_path):
    made = make_results(tmp_path, recipes=("fair",), size=(48, 32), pairs=(("rocket", "flow_field"),))
    made = make_results(tmp_path, recipes=("fair",), size=(32, 32), pairs=(("astronaut", "op_art"),), made=made)
    page = build_page(tmp_path, made, "A page", claims=False)
    tops = []
    for content in ("rocket", "astronaut"):
        tab.open(f"{page.as_uri()}#content={content}")
        tops.append(tab.tell("document.getElementById('strip').getBoundingClientRect().top"))
        width = tab.tell("document.getElementById('stage').getBoundingClientRect().width")
        assert width <= 2.5 * {"rocket": 48, "astronaut": 32}[content] + 1
    assert tops[0] == tops[1]


def test_networks_that_lack_epochs_show_their_nearest(tab, tmp_path):
    page = build_page(tmp_path, make_uneven_results(tmp_path, recipes=("fair",), epochs=(0, 50, 100)), "A page")
    tab.open(page.as_uri())
    assert "standard network, epoch 100" in alt(tab, "left")
    tab.open(f"{page.as_uri()}#left=imported&right=control&epoch=50&seed=1")
    assert "imported network, epoch 76" in alt(tab, "left")
    assert "control network, untrained" in alt(tab, "right")
    assert text(tab, "#epoch-words") == "epoch 76 · untrained"
    assert tab.tell("document.getElementById('absent').hidden") is True
    tab.open(f"{page.as_uri()}#left=standard&right=imported&epoch=76")
    assert "standard network, epoch 100" in alt(tab, "left")
    move(tab, "seed", "1")
    assert "seed 3" in alt(tab, "left")


def test_a_recipe_that_lacks_epochs_shows_the_nearest(tab, tmp_path):
    page = build_page(tmp_path, make_results_of_fewer_checkpoints(tmp_path), "A page")
    tab.open(f"{page.as_uri()}#recipe=original&epoch=0")
    assert "recipe original" in alt(tab, "left")
    assert "standard network, epoch 8" in alt(tab, "left")
    tab.open(f"{page.as_uri()}#recipe=fair&epoch=0")
    assert "untrained" in alt(tab, "left")


def test_one_network_of_one_epoch_and_nothing_else(tab, tmp_path):
    made = make_results(tmp_path, networks=("imported",), **ONE)
    page = build_page(tmp_path, made, "A page", claims=False, by_iteration=False, further=False)
    tab.open(page.as_uri())
    assert source(tab, "left") == source(tab, "right")
    assert tab.tell("document.getElementById('epoch').disabled") is True
    for hidden in ("seed-choice", "right-recipe-choice"):
        assert tab.tell(f"document.getElementById('{hidden}').hidden") is True
    for key in ("c", "S", "r", "x", "ArrowLeft", ","):
        tab.press(key)
    click(tab, "nav a[data-view=claims]")
    assert text(tab, "#claims-words") == "No claim was judged for this page."
    click(tab, "nav a[data-view=read]")
    assert text(tab, "#answer").startswith("No claim was judged")
    click(tab, "nav a[data-view=all]")
    assert count(tab, "#grid .cell") == 1


def test_the_edition_in_one_file_shows_finished_pictures(tab, index):
    tab.open(f"{(index.parent.parent / 'page.html').as_uri()}#epoch=4")
    assert "epoch 4" in alt(tab, "left")
    assert source(tab, "left").startswith("data:image/jpeg")
    assert tab.tell("document.getElementById('iteration-choice').hidden") is True


def test_the_edition_works_where_an_address_may_not_be_changed(tab, index):
    """A report of one file shows it as a data URI."""
    content = base64.b64encode((index.parent.parent / "page.html").read_bytes()).decode()
    tab.open(f"data:text/html;base64,{content}")
    before = alt(tab, "left")
    click(tab, "#swap")
    assert alt(tab, "right") == before
    move(tab, "epoch", 0)
    assert "untrained" in alt(tab, "left")
    click(tab, "nav a[data-view=all]")
    assert count(tab, "#grid .cell") == 18
    click(tab, "#grid .cell:last-child")
    assert alt(tab, "right") == tab.tell("document.querySelector('#grid .cell:last-child img').alt")


def test_title_and_live_region_follow_what_is_shown(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair&content=rocket&style=flow_field")
    assert tab.tell("document.title").startswith("rocket × flow field, standard | adversarial, epoch 8 – ")
    assert text(tab, "#live") == ""
    move(tab, "epoch", 1)
    assert "epoch 4" in tab.tell("document.title")
    tab.wait("document.getElementById('live').textContent.includes('epoch 4')")


def test_untrained_pictures_are_shown_once_for_all_networks(tab, index):
    tab.open(f"{index.as_uri()}#recipe=fair")
    assert count(tab, "#strip button") == 2 * 2 + 1
    assert count(tab, "#strip button.shared") == 1
    tab.open(f"{index.as_uri()}#view=all&only_epoch=0")
    assert texts(tab, "#grid .name") == ["all networks"] * 2


def test_on_a_phone_pickers_come_first_and_everything_can_be_touched(tab, index):
    tab.size(390, 844)
    top = "document.getElementById('{}').getBoundingClientRect().top"
    for view in ("read", "compare", "all", "claims", "blind"):
        tab.open(f"{index.as_uri()}#view={view}")
        small = tab.tell(
            "[...document.querySelectorAll('a, button, select, input, summary')]"
            ".filter(one => one.checkVisibility() && !one.classList.contains('split'))"
            ".map(one => [one, (one.closest('label') ?? one).getBoundingClientRect()])"
            ".filter(([, {width, height}]) => width < 44 || height < 44).map(([one]) => one.outerHTML)"
        )
        assert small == []
        assert tab.tell("document.documentElement.scrollWidth") <= 390
    tab.open(f"{index.as_uri()}#view=compare")
    assert tab.tell(f"{top.format('contents')} < {top.format('stage')}")


def test_on_paper_the_answer_is_followed_by_all_claims(tab, index):
    tab.open(index.as_uri())
    tab.send("Emulation.setEmulatedMedia", media="print")
    tab.tell("dispatchEvent(new Event('beforeprint'))")
    seen = "['answer', 'board', 'stage', 'views'].map(id => document.getElementById(id).checkVisibility())"
    assert tab.tell(seen) == [True, True, False, False]
    assert count(tab, ".claim") == 4
    tab.send("Emulation.setEmulatedMedia", media="")


def test_a_narrow_dark_window_needs_no_horizontal_scrolling(tab, index):
    tab.open(index.as_uri())
    tab.size(320, 700, dark=True)
    assert tab.tell("document.documentElement.scrollWidth") <= 320


def test_the_grid_sorts_both_ways_and_the_unmeasured_come_last(tab, index):
    measure = "DATA.measures.findIndex((measure) => measure.name === 'style_texture_distance')"
    for order, sign in (("up", ""), ("down", "-")):
        tab.open(f"{index.as_uri()}#view=all&sort=style_texture_distance&order={order}")
        values = f"once(DATA.pictures).map(p => p.scores[{measure}]).filter(v => v !== null)"
        values += f".sort((a, b) => {sign}(a - b))"
        words = tab.tell(f"{values}.map(v => scoreWords(DATA.measures[{measure}], v))")
        shown = tab.tell("[...document.querySelectorAll('#grid .value')].map(cell => cell.textContent)")
        assert 0 < len(words) < len(shown)
        assert shown == words + ["–"] * (len(shown) - len(words))


def test_it_says_so_where_no_claim_is_about_the_networks_of_the_first_picture(tab, index, tmp_path):
    tab.open(index.as_uri())
    assert "No claim is about" not in tab.tell("document.getElementById('setup').textContent")
    networks = ("standard_matched", "imported", "standard", "adversarial")
    other = build_page(tmp_path, make_results(tmp_path, networks=networks), "Four networks")
    tab.open(other.as_uri())
    words = tab.tell("document.getElementById('setup').textContent")
    assert "standard matched on the left" in words
    assert "No claim is about these two: the claims below compare standard and adversarial." in words
