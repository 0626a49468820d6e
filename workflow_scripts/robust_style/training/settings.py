"""The settings of networks, training and evaluation, built once from the validated configuration."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from robust_style.attack.pgd import Attack
from robust_style.errors import ConfigError
from robust_style.training.augment import Augmentation


@dataclass(frozen=True)
class NetworkSettings:
    """What network, under which regime and by which engine it is trained (`fast`: ours; `robustness`: the library's).

    An epoch is `passes_per_epoch` passes over the data. `attack` is the adversary of regime "adversarial",
    `noise_epsilon` the L2 norm of the noise of regime "noise"; None under any other regime.
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
        """The settings in `networks.<name>`. Raises ConfigError for a missing or superfluous key, naming it."""
        own = ("architecture", "width", "engine", "regime", "passes_per_epoch")
        of_regime = {"adversarial": [field.name for field in fields(Attack)], "noise": ["epsilon"]}
        regime = block.get("regime", "")
        keys = of_regime.get(regime, [])
        _demand_keys(f"networks.{name}", block, [*own, *keys])
        return cls(
            **{key: block[key] for key in own},
            attack=Attack(**{key: block[key] for key in keys}) if regime == "adversarial" else None,
            noise_epsilon=block["epsilon"] if regime == "noise" else None,
        )


@dataclass(frozen=True)
class TrainingSettings:
    """How every network is trained: rates and decay as in torch.optim.SGD, drops in epochs, then `augment`'s."""

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
        """The settings in `training`. Raises ConfigError for a missing or superfluous key, naming it."""
        _demand_keys("training", block, [field.name for field in fields(cls)])
        return cls(**block)

    @property
    def augmentation(self) -> Augmentation:
        """The augmentation that they describe."""
        return Augmentation(self.crop_padding, self.flip, self.colour_jitter, self.rotation)


@dataclass(frozen=True)
class EvaluationSettings:
    """How accuracy is measured: the attack, on how many test images (None: all), and what is watched each epoch.

    `monitor_images` test images are classified after every epoch, and attacked with `monitor_steps` steps (0: not).
    PGD is restarted at random points until it ran `restarts` times. `autoattack_images` are handed to AutoAttack (0:
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
        """The settings in `evaluation`. Raises ConfigError for a missing or superfluous key, naming it."""
        _demand_keys("evaluation", block, [field.name for field in fields(cls)])
        return cls(**block)

    @property
    def attack(self) -> Attack:
        """The attack of the evaluation, without a random start (the library's default)."""
        return Attack(self.constraint, self.epsilon, self.step_size, self.steps)

    @property
    def monitor_attack(self) -> Attack:
        """The same attack, shortened to `monitor_steps`."""
        return Attack(self.constraint, self.epsilon, self.step_size, self.monitor_steps)

    def monitored(self) -> dict[str, Any]:
        """The part that ends up in a checkpoint's history, as plain data."""
        return {"images": self.monitor_images, **asdict(self.monitor_attack)}


def _demand_keys(where: str, block: Mapping[str, Any], expected: Iterable[str]) -> None:
    wanted = set(expected)
    for key in sorted(wanted - set(block)):
        raise ConfigError(f"{where}.{key}: expected a value, found none; add it to the configuration")
    for key in sorted(set(block) - wanted):
        raise ConfigError(f"{where}.{key}: expected no such key here, found {block[key]!r}; remove it")
