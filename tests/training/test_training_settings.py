from typing import Any

import pytest
import torch

from robust_style.attack.pgd import Attack
from robust_style.errors import ConfigError
from robust_style.training.regime import view_of
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from tiny_training import ADVERSARIAL, EVALUATION, STANDARD, TRAINING


def test_blocks_become_settings() -> None:
    assert NetworkSettings.from_config("n", STANDARD).attack is None
    assert NetworkSettings.from_config("n", ADVERSARIAL).attack == Attack("l2", 0.5, 0.3, 2, True)
    assert TrainingSettings.from_config(TRAINING).batch_size == 24
    evaluation = EvaluationSettings.from_config(EVALUATION)
    assert evaluation.attack == Attack("l2", 0.5, 0.2, 3, False)
    assert evaluation.monitor_attack.steps == 2


@pytest.mark.parametrize(
    ("block", "change", "message"),
    [
        (STANDARD, {"epsilon": 0.5}, r"networks\.n\.epsilon: expected no such key"),
        (ADVERSARIAL, {"steps": None}, r"networks\.n\.steps: expected a value"),
        (STANDARD, {"width": None}, r"networks\.n\.width"),
        (STANDARD, {"engine": None}, r"networks\.n\.engine: expected a value"),
    ],
)
def test_missing_and_superfluous_keys_are_named(block: dict[str, Any], change: dict[str, Any], message: str) -> None:
    changed = {key: value for key, value in (block | change).items() if value is not None}
    with pytest.raises(ConfigError, match=message):
        NetworkSettings.from_config("n", changed)


def test_unknown_regime_is_refused() -> None:
    with pytest.raises(ConfigError, match="'robust'"):
        view_of(NetworkSettings.from_config("n", STANDARD | {"regime": "robust"}), "float32")


def test_standard_regime_sees_the_images_themselves() -> None:
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    view = view_of(NetworkSettings.from_config("n", STANDARD), "float32")
    assert view(torch.nn.Identity(), images, torch.zeros(2, dtype=torch.int64), torch.Generator()) is images
