"""The page by keyboard."""

from seen import address, alt, count, text


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
    tab.open(index.as_uri())
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


def test_the_focus_is_seen_wherever_it_goes(tab, index):
    tab.open(index.as_uri())
    for _ in range(12):
        tab.press("Tab", code=9)
        outlines = tab.tell(
            "[document.activeElement, document.activeElement.nextElementSibling,"
            " ...(document.activeElement.parentElement?.querySelectorAll('.divider span') ?? [])]"
            ".filter(Boolean).map(one => getComputedStyle(one).outlineStyle)"
        )
        assert "solid" in outlines


def test_playing_moves_through_the_epochs(tab, index):
    tab.open(f"{index.as_uri()}#epoch=0")
    tab.press("p")
    assert text(tab, "#play") == "Pause"
    tab.wait("state.epoch > 0")
    tab.press("p")
    assert text(tab, "#play") == "Play"
