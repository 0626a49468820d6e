"""Our settings, spelt as the library's command, are the original work's command."""

from dataclasses import replace
from typing import Any

import pytest

from merged_config import CONFIG, merged
from robust_style.attack.pgd import Attack
from robust_style.errors import ConfigError
from robust_style.training.library_command import library_arguments, library_options
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.workflow.settings import checked
from tiny_training import ADVERSARIAL, STANDARD, TRAINING

ORIGINAL = (
    "--dataset cifar --arch vgg19 --adv-train 1 --constraint 2 --eps 0.5 --attack-lr 1.5 --attack-steps 20 "
    "--epochs 100 --save-ckpt-iters 25"
)


def options_of(settings: dict[str, Any], **changes: Any) -> list[str]:
    training = replace(TrainingSettings.from_config(TRAINING), **changes)
    return library_options("n", NetworkSettings.from_config("n", settings), training, 4)


def test_the_published_experiment_is_the_original_command() -> None:
    """Argument by argument, as the library parses and completes them; but for what decides no weight."""
    config = checked(merged("config"), CONFIG / "schema.yaml")
    block = config["networks"]["adversarial"] | {"engine": "robustness"}
    outside = {"epochs", "checkpoint_every", "precision", "threads"}
    training = {key: value for key, value in config["training"].items() if key not in outside}
    options = library_options(
        "adversarial",
        NetworkSettings.from_config("adversarial", block),
        TrainingSettings.from_config(training),
        config["training"]["epochs"],
    )
    ours, theirs = (vars(library_arguments(command, "folder")) for command in (options, ORIGINAL.split()))
    assert set(ours) == set(theirs)
    assert theirs["use_best"] == 1
    differing = {key for key in ours if ours[key] != theirs[key]}
    assert differing == {"workers", "log_iters", "save_ckpt_iters"}


def test_each_setting_has_its_option() -> None:
    arguments = library_arguments(options_of(ADVERSARIAL | {"constraint": "linf", "epsilon": 8 / 255}), "folder")
    assert (arguments.constraint, float(arguments.eps)) == ("inf", 8 / 255)
    assert (float(arguments.attack_lr), arguments.attack_steps) == (0.3, 2)
    assert (arguments.adv_train, arguments.random_start, arguments.use_best) == (1, 1, 1)
    assert (arguments.lr, arguments.momentum, arguments.weight_decay) == (0.05, 0.9, 5e-4)
    assert (arguments.step_lr, arguments.step_lr_gamma) == (3, 0.1)
    assert (arguments.batch_size, arguments.epochs, arguments.out_dir) == (24, 4, "folder")


def test_the_standard_regime_has_no_attack() -> None:
    arguments = library_arguments(options_of(STANDARD), "folder")
    assert (arguments.adv_train, arguments.adv_eval) == (0, None)
    assert "--eps" not in options_of(STANDARD)


@pytest.mark.parametrize(
    ("settings", "changes", "message"),
    [
        (STANDARD, {"crop_padding": 2}, r"networks\.n: engine robustness always augments with crop_padding 4, .* 2;"),
        (STANDARD, {"flip": False}, r"always augments with flip True, found training\.flip False; make them agree"),
        (
            STANDARD | {"regime": "noise", "epsilon": 0.5},
            {},
            r"trains standard or adversarial, found regime noise; take engine: fast",
        ),
        (STANDARD, {"colour_jitter": 0.0}, r"always augments with colour_jitter 0\.25, found .* 0\.0;"),
        (STANDARD, {"rotation": 5.0}, r"always augments with rotation 2, found .* 5\.0;"),
        (STANDARD | {"passes_per_epoch": 21}, {}, r"trains one pass an epoch, found passes_per_epoch 21"),
    ],
)
def test_what_the_library_cannot_follow_is_refused(
    settings: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        options_of(settings, **changes)


def test_numbers_reach_the_library_unrounded() -> None:
    attack = Attack("l2", 1 / 3, 2 / 7, 5)
    settings = replace(NetworkSettings.from_config("n", ADVERSARIAL), attack=attack)
    training = replace(TrainingSettings.from_config(TRAINING), learning_rate=0.1 * 3, weight_decay=1e-4 / 3)
    arguments = library_arguments(library_options("n", settings, training, 1), "folder")
    assert (float(arguments.eps), float(arguments.attack_lr)) == (attack.epsilon, attack.step_size)
    assert (arguments.lr, arguments.weight_decay) == (training.learning_rate, training.weight_decay)
