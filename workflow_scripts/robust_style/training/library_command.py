"""Our settings as a command of the `robustness` library: `python -m robustness.main --dataset cifar …`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict

from robust_style.errors import ConfigError
from robust_style.model.compat import CONSTRAINTS, import_robustness
from robust_style.model.kinds import engine_contradictions
from robust_style.training.settings import NetworkSettings, TrainingSettings


def library_options(name: str, settings: NetworkSettings, training: TrainingSettings, epochs: int) -> list[str]:
    """The command-line options with which the library trains what network `name` is set to, for `epochs` in all.

    Options that are not given have the library's defaults, among them `--use-best 1`. The width has no option there.
    Raises ConfigError, naming the key, for settings that the library cannot follow.
    """
    _refuse_what_it_cannot(name, settings, training)
    options = {
        "dataset": "cifar",
        "arch": settings.architecture,
        "adv-train": int(settings.attack is not None),
        "epochs": epochs,
        "batch-size": training.batch_size,
        "lr": training.learning_rate,
        "momentum": training.momentum,
        "weight-decay": training.weight_decay,
        "step-lr": training.learning_rate_drop_every,
        "step-lr-gamma": training.learning_rate_drop_factor,
        "workers": 0,
        # Every epoch, since the hook at its end is given what was logged last.
        "log-iters": 1,
    }
    if settings.attack is not None:
        options |= {
            "constraint": CONSTRAINTS[settings.attack.constraint],
            "eps": settings.attack.epsilon,
            "attack-lr": settings.attack.step_size,
            "attack-steps": settings.attack.steps,
            "random-start": int(settings.attack.random_start),
        }
    return [text for option, value in options.items() for text in (f"--{option}", str(value))]


def library_arguments(options: Sequence[str], folder: str) -> Namespace:
    """What the library's `main` hands its `train_model` for these options: parsed, and filled with its own defaults.

    `folder` is where the library's own files go, which it insists on knowing.

    Source: `robustness.main.setup_args`, which cannot be imported where there is no git.
    """
    robustness = import_robustness()
    defaults = robustness.defaults
    blocks = (defaults.CONFIG_ARGS, defaults.MODEL_LOADER_ARGS, defaults.TRAINING_ARGS, defaults.PGD_ARGS)
    parser = ArgumentParser(allow_abbrev=False)
    for block in blocks:
        defaults.add_args_to_parser(block, parser)
    arguments = parser.parse_args([*options, "--out-dir", folder])
    for block in blocks:
        if block is not defaults.PGD_ARGS or arguments.adv_train:
            defaults.check_and_fill_args(arguments, block, robustness.datasets.CIFAR)
    return arguments


def _refuse_what_it_cannot(name: str, settings: NetworkSettings, training: TrainingSettings) -> None:
    faults = [*engine_contradictions(name, {**asdict(settings), "engine": "robustness"}, asdict(training))]
    if faults:
        raise ConfigError("; ".join(faults))
