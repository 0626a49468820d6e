from typing import Any

import pytest

from robust_style.attack.pgd import Attack
from robust_style.errors import ConfigError
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from tiny_training import ADVERSARIAL, EVALUATION, NOISE, STANDARD, TRAINING


def test_blocks_become_settings() -> None:
    assert NetworkSettings.from_config("n", STANDARD).attack is None
    assert NetworkSettings.from_config("n", ADVERSARIAL).attack == Attack("l2", 0.5, 0.3, 2, True)
    noise = NetworkSettings.from_config("n", NOISE)
    assert (noise.attack, noise.noise_epsilon, noise.passes_per_epoch) == (None, 0.5, 1)
    assert NetworkSettings.from_config("n", ADVERSARIAL).noise_epsilon is None
    assert TrainingSettings.from_config(TRAINING).batch_size == 24
    evaluation = EvaluationSettings.from_config(EVALUATION)
    assert evaluation.attack == Attack("l2", 0.5, 0.2, 3, False)
    assert evaluation.monitor_attack.steps == 2


@pytest.mark.parametrize(
    ("block", "change", "message"),
    [
        (STANDARD, {"epsilon": 0.5}, r"networks\.n\.epsilon .*does not belong here"),
        (ADVERSARIAL, {"steps": None}, r"networks\.n\.steps is missing"),
        (STANDARD, {"width": None}, r"networks\.n\.width"),
        (STANDARD, {"engine": None}, r"networks\.n\.engine is missing"),
        (STANDARD, {"passes_per_epoch": None}, r"networks\.n\.passes_per_epoch is missing"),
        (NOISE, {"epsilon": None}, r"networks\.n\.epsilon is missing"),
        (NOISE, {"steps": 3}, r"networks\.n\.steps .*does not belong here"),
    ],
)
def test_missing_and_superfluous_keys_are_named(block: dict[str, Any], change: dict[str, Any], message: str) -> None:
    changed = {key: value for key, value in (block | change).items() if value is not None}
    with pytest.raises(ConfigError, match=message):
        NetworkSettings.from_config("n", changed)
