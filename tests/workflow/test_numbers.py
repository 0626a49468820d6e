"""Text that spells a number is a number wherever the configuration wants one."""

from pathlib import Path
from typing import Any

import pytest

from merged_config import merged
from robust_style.errors import ConfigError
from robust_style.workflow.numbers import number_in, whole_number_in
from robust_style.workflow.settings import checked

SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("300", 300), ("-1", -1), ("1e3", 1000.0), ("1e-3", 0.001), ("1.5E+2", 150.0), (".5", 0.5), ("2.", 2.0),
        ("8/255", 8 / 255), (" 1 / 8 ", 0.125),
        ("inf", None), ("nan", None), ("1e999", None), ("1/0", None), ("0x10", None), ("1_000", None), ("٣", None),
        ("", None), ("e5", None), ("1e", None), ("8/255/2", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_numbers_in_text(text: str, number: float | None) -> None:
    assert number_in(text) == number
    assert type(number_in(text)) is type(number)


@pytest.mark.parametrize(("text", "number"), [("1e3", 1000), ("7", 7), ("1e-1", None), ("1.5", None), ("4/2", None)])
def test_whole_numbers_in_text(text: str, number: int | None) -> None:
    assert whole_number_in(text) == number


def configured(*path: str, value: Any) -> dict[str, Any]:
    config = merged("config")
    block = config
    for key in path[:-1]:
        block = block[key]
    block[path[-1]] = value
    return config


@pytest.mark.parametrize(
    ("path", "text", "number"),
    [
        (("training", "weight_decay"), "1e-3", 0.001),
        (("networks", "adversarial", "epsilon"), "8/255", 8 / 255),
        (("transfer", "recipes", "fair"), {"style_weight": "1e3"}, 1000.0),
        (("dataset", "train_size"), "1e4", 10_000),
        (("seeds",), ["0", "1"], [0, 1]),
    ],
)
def test_a_configuration_may_spell_them_as_people_do(path: tuple[str, ...], text: Any, number: Any) -> None:
    value: Any = checked(configured(*path, value=text), SCHEMA)
    for key in path:
        value = value[key]
    assert (value["style_weight"] if isinstance(value, dict) else value) == number


def test_a_weight_beyond_float32_is_refused_with_the_limit() -> None:
    with pytest.raises(ConfigError, match=r"fair\.style_weight: expected at most 1e\+12, found 1e\+30"):
        checked(configured("transfer", "recipes", "fair", value={"style_weight": "1e30"}), SCHEMA)
