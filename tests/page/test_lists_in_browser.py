"""The grid of all pictures and the claims, in a real browser."""

from seen import address, alt, back, click, count, move, text, texts


def test_the_grid_holds_every_picture_and_loads_few(tab, index):
    tab.open(f"{index.as_uri()}#view=all")
    assert count(tab, "#grid .cell") == 2 * 2 * 3 * 2
    assert count(tab, "#grid img[loading=lazy]") == 24
    assert text(tab, "#grid-words").startswith("24 pictures")


def test_it_sorts_by_any_score_both_ways_and_the_unmeasured_come_last(tab, index):
    tab.open(f"{index.as_uri()}#view=all")
    for measure in range(tab.tell("DATA.measures.length")):
        for order in ("up", "down"):
            tab.open(f"{index.as_uri()}#view=all")
            move(tab, "sort", str(measure))
            move(tab, "order", order)
            expected = tab.tell(
                f"DATA.pictures.map(p => p.scores[{measure}]).filter(v => v !== null).sort((a, b) => a - b)"
            )
            shown = tab.tell("[...document.querySelectorAll('#grid .value')].map(one => one.textContent)")
            assert [words != "–" for words in shown] == [True] * len(expected) + [False] * (24 - len(expected)), measure
            words = f"list => list.map(v => scoreWords(DATA.measures[{measure}], v))"
            in_words = tab.tell(f"({words})({expected[:: -1 if order == 'down' else 1]})")
            assert shown[: len(expected)] == in_words


def test_the_best_comes_first_where_there_is_a_better_end(tab, index):
    tab.open(f"{index.as_uri()}#view=all")
    move(tab, "sort", tab.tell("String(DATA.measures.findIndex(one => one.name === 'content_ssim'))"))
    assert address(tab)["order"] == "down"
    move(tab, "sort", tab.tell("String(DATA.measures.findIndex(one => one.name === 'style_colour_distance'))"))
    assert "order" not in address(tab)


def test_it_can_be_narrowed_and_the_address_says_so(tab, index):
    tab.open(f"{index.as_uri()}#view=all")
    move(tab, "only_recipe", "0")
    move(tab, "only_epoch", "2")
    assert count(tab, "#grid .cell") == 4
    found = address(tab)
    assert (found["only_recipe"], found["only_epoch"]) == ("original", "8")
    tab.open(f"{index.as_uri()}#view=all&failed=1")
    assert 0 < count(tab, "#grid .cell") < 24
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
    assert count(tab, "#grid .cell") == 12


def test_each_claim_is_beside_its_verdict(tab, index):
    tab.open(f"{index.as_uri()}#view=claims")
    assert count(tab, ".claim") == 4
    assert texts(tab, ".verdict") == ["supported", "undecided (n = 1 seed)", "not tested", "refuted"]
    assert text(tab, "#claims-words").startswith("4 ratings: 1 supported, 1 refuted, 1 undecided, 1 not tested.")
    assert "−0.15 [−0.25, −0.05]" in text(tab, ".claim")


def test_a_claim_leads_into_the_pictures(tab, index):
    tab.open(f"{index.as_uri()}#view=claims")
    assert count(tab, ".ways a") == 2
    click(tab, ".claim:nth-child(1) .ways a")
    assert address(tab)["left"] == "standard"
    assert "epoch 8" in alt(tab, "left")
    back(tab)
    assert address(tab)["view"] == "claims"
    click(tab, ".claim:nth-child(4) .ways a")
    found = address(tab)
    assert (found["recipe"], found["right_recipe"]) == ("fair", "original")
    assert "recipe fair" in alt(tab, "left")
    assert "recipe original" in alt(tab, "right")
