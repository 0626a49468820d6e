"""The settings of networks, training and evaluation as frozen dataclasses, built from the validated configuration."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from robust_style.attack.pgd import Attack
from robust_style.errors import ConfigError
from robust_style.training.augmentation import Augmentation


@dataclass(frozen=True)
class NetworkSettings:
    """A network's architecture, regime and engine (`fast`: ours; `robustness`: the library's).

    An epoch is `passes_per_epoch` passes over the data. `attack` is the attack of regime "adversarial",
    `noise_epsilon` the L2 norm of the noise of regime "noise"; each is None under any other regime.
    """

    architecture: str
    width: float
    engine: str
    regime: str
    passes_per_epoch: int
    attack: Attack | None
    noise_epsilon: float | None

    @classmethod
    def from_config(cls, name: str, block: Mapping[str, Any]) -> "NetworkSettings":
        """The settings in `networks.<name>`. Raises ConfigError for a missing or superfluous key, with its name."""
        shared_keys = ("architecture", "width", "engine", "regime", "passes_per_epoch")
        keys_of_regime = {"adversarial": [field.name for field in fields(Attack)], "noise": ["epsilon"]}
        regime = block.get("regime", "")
        keys = keys_of_regime.get(regime, [])
        _check_keys(f"networks.{name}", block, [*shared_keys, *keys])
        return cls(
            **{key: block[key] for key in shared_keys},
            attack=Attack(**{key: block[key] for key in keys}) if regime == "adversarial" else None,
            noise_epsilon=block["epsilon"] if regime == "noise" else None,
        )


@dataclass(frozen=True)
class TrainingSettings:
    """The training of every network: SGD as in torch.optim.SGD, schedule in epochs, `Augmentation`'s settings."""

    batch_size: int
    learning_rate: float
    momentum: float
    weight_decay: float
    learning_rate_drop_every: int
    learning_rate_drop_factor: float
    crop_padding: int
    flip: bool
    colour_jitter: float
    rotation: float

    @classmethod
    def from_config(cls, block: Mapping[str, Any]) -> "TrainingSettings":
        """The settings in `training`. Raises ConfigError for a missing or superfluous key, with its name."""
        _check_keys("training", block, [field.name for field in fields(cls)])
        return cls(**block)

    @property
    def augmentation(self) -> Augmentation:
        """The augmentation with these settings."""
        return Augmentation(self.crop_padding, self.flip, self.colour_jitter, self.rotation)


@dataclass(frozen=True)
class EvaluationSettings:
    """How accuracy is measured: PGD on `images` test images (None: all), and monitoring; clean accuracy is over all.

    `monitor_images` test images are classified after every epoch, and attacked with `monitor_steps` steps (0: not).
    PGD is run `restarts` times, from the second on from random points. `autoattack_images` are given to AutoAttack (0:
    none), at the checkpoints that `autoattack_checkpoints` names: "last" or "all".
    """

    constraint: str
    epsilon: float
    step_size: float
    steps: int
    restarts: int
    images: int | None
    monitor_images: int
    monitor_steps: int
    autoattack_images: int
    autoattack_checkpoints: str

    @classmethod
    def from_config(cls, block: Mapping[str, Any]) -> "EvaluationSettings":
        """The settings in `evaluation`. Raises ConfigError for a missing or superfluous key, with its name."""
        _check_keys("evaluation", block, [field.name for field in fields(cls)])
        return cls(**block)

    @property
    def attack(self) -> Attack:
        """The attack of the evaluation, without a random start (the library's default)."""
        return Attack(self.constraint, self.epsilon, self.step_size, self.steps)

    @property
    def monitor_attack(self) -> Attack:
        """The same attack with `monitor_steps` steps."""
        return Attack(self.constraint, self.epsilon, self.step_size, self.monitor_steps)

    def monitored(self) -> dict[str, Any]:
        """What decides the accuracies in a checkpoint's history, as plain data."""
        return {"images": self.monitor_images, **asdict(self.monitor_attack)}


def _check_keys(place: str, block: Mapping[str, Any], expected: Iterable[str]) -> None:
    keys = set(expected)
    for key in sorted(keys - set(block)):
        raise ConfigError(f"{place}.{key} is missing; add it to the configuration")
    for key in sorted(set(block) - keys):
        raise ConfigError(f"{place}.{key} (value {block[key]!r}) does not belong here; remove it")
