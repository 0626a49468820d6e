"""The page opens where the two networks differ most."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from robust_style.page.opening import opening

distance = st.floats(-1, 2)


def rows_of(distances, measure="style_colour_distance", networks=("standard", "adversarial"), recipe="fair"):
    """A row per network and pair at epochs 4 and 8; the distances are those of the last epoch."""
    rows = [
        {
            "recipe": recipe,
            "network": network,
            "regime": network,
            "seed": 0,
            "epoch": epoch,
            "content": "rocket",
            "style": f"style_{pair}",
            measure: values[at] if epoch == 8 else 50.0 * at,
        }
        for at, network in enumerate(networks)
        for pair, values in enumerate(distances)
        for epoch in (4, 8)
    ]
    return pd.DataFrame(rows)


@settings(deadline=None)
@given(st.lists(st.tuples(distance, distance), min_size=1, max_size=6))
def test_it_is_the_pair_of_the_largest_difference_at_the_last_epoch(distances):
    found = opening(rows_of(distances), ["fair"], ["standard", "adversarial"])
    gaps = [abs(left - right) for left, right in distances]
    assert gaps[int(found["style"].removeprefix("style_"))] == max(gaps)
    assert (found["left"], found["right"], found["epoch"]) == ("standard", "adversarial", "8")


def test_a_difference_in_favour_of_either_network_counts():
    found = opening(rows_of([(0.5, 0.4), (0.2, 0.9)]), ["fair"], ["standard", "adversarial"])
    assert found["style"] == "style_1"


def test_texture_comes_before_colour_where_it_was_measured():
    rows = rows_of([(0.5, 0.4), (0.2, 0.9)])
    rows["style_texture_distance"] = [0.9 * (row == "style_0") for row in rows["style"]]
    rows.loc[rows["network"] == "standard", "style_texture_distance"] = 0.0
    assert opening(rows, ["fair"], ["standard", "adversarial"])["style"] == "style_0"


def test_other_recipes_do_not_count():
    rows = pd.concat([rows_of([(0.5, 0.4), (0.5, 0.5)]), rows_of([(0.5, 0.5), (0.0, 9.0)], recipe="original")])
    found = opening(rows.reset_index(drop=True), ["fair", "original"], ["standard", "adversarial"])
    assert (found["recipe"], found["style"]) == ("fair", "style_0")


def test_one_network_without_any_distance_opens_with_the_first_picture():
    rows = rows_of([(0.5, 0.4), (0.2, 0.9)], networks=("mine",)).drop(columns="style_colour_distance")
    found = opening(rows, ["fair"], ["mine"])
    assert (found["left"], found["right"], found["style"], found["epoch"]) == ("mine", "mine", "style_0", "8")


def test_networks_that_share_no_epoch_still_open():
    rows = rows_of([(0.5, 0.4)])
    rows = rows[(rows["network"] == "standard") == (rows["epoch"] == 8)]
    found = opening(rows, ["fair"], ["standard", "adversarial"])
    assert found["style"] == "style_0"
