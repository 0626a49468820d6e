"""Numbers whose scale is easily mistaken: impossible ones are refused, suspicious ones warned of.

One table of rules, `RULES`. Standard library only: the Snakefile reads it.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from robust_style.model import kinds
from robust_style.model.architectures import FIRST_CHANNELS
from robust_style.workflow.dataset import FOLDER, side_px, sizes, sizes_available

Config = dict[str, Any]

# Of the largest distance between two images. ASSUME: within it an image of another class is usually found. Radii in use
# are far below: L2 0.25 to 2 for 32 px (largest distance 55), L2 3 for 224 px (388), Linf 8/255 to 0.3.
_LARGE_RADIUS = {"l2": 0.1, "linf": 0.3}
# Of epsilon. The original work has 3; beyond this the gradient only chooses a point on the border of the ball.
_LARGE_STEP = 10
# learning_rate / (1 - momentum): the length of all steps that one gradient leads to, 1 in the published experiment.
_GAIN = (1e-4, 10.0)
# Share of the weights that one step takes away, 5e-5 in the published experiment.
_LARGE_DECAY = 0.01
# Standard deviations of noise on values from 0 to 1: one step of 8-bit images, half of the range.
_NOISE = (1 / 255, 0.5)
_FEW_CHANNELS = 4
# Sums such as 5 × 0.1 are not exact.
_ROUNDING = 1 - 1e-9


def impossible(config: Config) -> Iterator[str]:
    """The faults of a configuration that fits the schema: what cannot be, each with its arithmetic."""
    return _messages(config, is_refused=True)


def suspicious(config: Config) -> Iterator[str]:
    """Warnings about a configuration without faults.

    Raises DatasetError where images of the dataset `folder` are to be counted and cannot be.
    """
    return _messages(config, is_refused=False)


@dataclass(frozen=True)
class Perturbation:
    """A ball of radius `epsilon` around images of `side_px`, as the block at `place` says."""

    place: str
    constraint: str
    epsilon: float
    side_px: int

    @property
    def farthest(self) -> float:
        """The largest distance between two images with values from 0 to 1."""
        return math.sqrt(3) * self.side_px if self.constraint == "l2" else 1.0

    @property
    def of_255(self) -> float:
        """Epsilon on the scale from 0 to 1 if it was meant for the one from 0 to 255."""
        return self.epsilon / 255

    @property
    def deviation(self) -> float:
        """The standard deviation per value of noise with the L2 norm epsilon."""
        return self.epsilon / (math.sqrt(3) * self.side_px)

    @property
    def epsilon_of_deviation(self) -> float:
        """The L2 norm of noise whose standard deviation is the number that stands for epsilon."""
        return self.epsilon * math.sqrt(3) * self.side_px


@dataclass(frozen=True)
class Attack(Perturbation):
    """Projected gradient descent in that ball. `may_start_elsewhere`: from a random point of it."""

    step_size: float
    steps: int
    may_start_elsewhere: bool

    @property
    def reach(self) -> float:
        """The farthest that the steps lead from their start."""
        return self.steps * self.step_size

    @property
    def falls_short(self) -> bool:
        """Whether points of the ball are out of reach of its centre. False if epsilon is wrong by itself."""
        return self.reach < self.epsilon * _ROUNDING and self.epsilon <= self.farthest

    @property
    def arithmetic(self) -> str:
        """`10 steps of 0.0005 reach 0.005, epsilon is 0.5`."""
        steps = "1 step" if self.steps == 1 else f"{self.steps} steps"
        reach = "reaches" if self.steps == 1 else "reach"
        return f"{steps} of {self.step_size:g} {reach} {self.reach:g}, epsilon is {self.epsilon:g}"


@dataclass(frozen=True)
class Descent:
    """Stochastic gradient descent, as the block `training` says."""

    learning_rate: float
    momentum: float
    weight_decay: float

    @property
    def gain(self) -> float:
        """The length of all steps that one gradient leads to, as a multiple of the gradient."""
        return self.learning_rate / (1 - self.momentum)

    @property
    def decay(self) -> float:
        """The share of the weights that one step takes away."""
        return self.learning_rate * self.weight_decay


@dataclass(frozen=True)
class Count:
    """A number of images that the key `place` asks for, and how many there are of `what`."""

    place: str
    count: int
    available: int
    what: str


@dataclass(frozen=True)
class Width:
    """The factor on the channels of the network at `place`."""

    place: str
    width: float

    @property
    def channels(self) -> float:
        """Channels of the first layer before rounding."""
        return FIRST_CHANNELS * self.width


class Rule(NamedTuple):
    """For each of `subjects` for which `applies` is true: a fault or a warning. `message` names it as `s`."""

    subjects: Callable[[Config], Iterator[Any]]
    applies: Callable[[Any], bool]
    is_refused: bool
    message: str


REFUSED, WARNED = True, False


def _attacks(config: Config) -> Iterator[Attack]:
    yield _attack(config, "evaluation", config["evaluation"], may_start_elsewhere=False)
    for name, network in config["networks"].items():
        has_attack = kinds.is_trained(network) and network["regime"] == "adversarial"
        if has_attack and all(key in network for key in kinds.ATTACK_KEYS):
            yield _attack(config, f"networks.{name}", network, may_start_elsewhere=network.get("random_start", False))


def _monitors(config: Config) -> Iterator[Attack]:
    evaluation = config["evaluation"]
    if evaluation["monitor_steps"] > 0:
        monitor = evaluation | {"steps": evaluation["monitor_steps"]}
        yield _attack(config, "evaluation", monitor, may_start_elsewhere=False)


def _attack(config: Config, place: str, block: Config, *, may_start_elsewhere: bool) -> Attack:
    return Attack(
        place=place,
        constraint=block["constraint"],
        epsilon=float(block["epsilon"]),
        side_px=side_px(config),
        step_size=float(block["step_size"]),
        steps=block["steps"],
        may_start_elsewhere=may_start_elsewhere,
    )


def _noises(config: Config) -> Iterator[Perturbation]:
    for name, network in config["networks"].items():
        if kinds.is_trained(network) and network["regime"] == "noise" and "epsilon" in network:
            yield Perturbation(f"networks.{name}", "l2", float(network["epsilon"]), side_px(config))


def _descents(config: Config) -> Iterator[Descent]:
    training = config["training"]
    yield Descent(*(float(training[key]) for key in ("learning_rate", "momentum", "weight_decay")))


def _widths(config: Config) -> Iterator[Width]:
    for name, network in config["networks"].items():
        if not kinds.is_imported(network):
            yield Width(f"networks.{name}.width", float(network["width"]))


def _dataset_sizes(config: Config) -> Iterator[Count]:
    dataset = config["dataset"]
    for key, available in zip(("train_size", "test_size"), sizes_available(dataset["name"]), strict=True):
        if dataset[key] is not None and available is not None:
            yield Count(f"dataset.{key}", dataset[key], available, f"images of {dataset['name']}")


def _batches(config: Config) -> Iterator[Count]:
    yield Count("training.batch_size", config["training"]["batch_size"], sizes(config)[0], "training images")


def _evaluated(config: Config) -> Iterator[Count]:
    count = config["evaluation"]["images"]
    if count is not None:
        yield Count("evaluation.images", count, sizes(config)[1], "test images")


def _unless_folder(subjects: Callable[[Config], Iterator[Any]]) -> Callable[[Config], Iterator[Any]]:
    """Of a dataset with a known number of images."""
    return lambda config: subjects(config) if config["dataset"]["name"] != FOLDER else iter(())


def _in_folder(subjects: Callable[[Config], Iterator[Any]]) -> Callable[[Config], Iterator[Any]]:
    """Of a dataset whose images are counted in its folder: not in every job, so that they are only warned of."""
    return lambda config: subjects(config) if config["dataset"]["name"] == FOLDER else iter(())


def _is_more(count: Count) -> bool:
    return count.count > count.available


_SCALE = "images have values from 0 to 1; {s.epsilon:g} / 255 is {s.of_255:.4g}"
_TOO_MANY = "{s.place}: {s.count} is more than the {s.available} {s.what}"

RULES = (
    # The attack.
    Rule(
        _attacks,
        lambda s: s.epsilon > s.farthest,
        REFUSED,
        "{s.place}.epsilon: {s.epsilon:g} is more than {s.farthest:.4g}, the largest {s.constraint} distance between "
        f"two images; {_SCALE}",
    ),
    Rule(
        _attacks,
        lambda s: s.step_size > s.farthest,
        REFUSED,
        "{s.place}.step_size: {s.step_size:g} is more than {s.farthest:.4g}, the largest {s.constraint} distance "
        "between two images; a quarter of epsilon is usual",
    ),
    # Whatever the restarts of an evaluation: around a random point the attack is as weak as around the image, and the
    # accuracy would be reported as that under epsilon.
    Rule(
        _attacks,
        lambda s: s.falls_short and not s.may_start_elsewhere,
        REFUSED,
        "{s.place}: {s.arithmetic}: the attack cannot reach the border of its ball; raise step_size or steps",
    ),
    # A random start may lie anywhere in the ball, and training methods with short steps from it are published
    # (Tramèr et al. 2018: half of epsilon).
    Rule(
        _attacks,
        lambda s: s.falls_short and s.may_start_elsewhere,
        WARNED,
        "{s.place}: {s.arithmetic}: the attack only looks near its random start; raise step_size or steps",
    ),
    Rule(
        _monitors,
        lambda s: s.falls_short,
        WARNED,
        "evaluation.monitor_steps: {s.arithmetic}: training curves will show more robustness than there is; raise "
        "monitor_steps",
    ),
    Rule(
        _attacks,
        lambda s: s.epsilon > _LARGE_RADIUS[s.constraint] * s.farthest,
        WARNED,
        "{s.place}.epsilon: {s.epsilon:g} is large, the largest {s.constraint} distance between two images is "
        f"{{s.farthest:.4g}}; {_SCALE}",
    ),
    Rule(
        _attacks,
        lambda s: s.step_size > _LARGE_STEP * s.epsilon > 0,
        WARNED,
        "{s.place}.step_size: {s.step_size:g} is more than "
        f"{_LARGE_STEP} times epsilon ({{s.epsilon:g}}); a quarter of epsilon is usual",
    ),
    # Noise.
    Rule(
        _noises,
        lambda s: s.epsilon > s.farthest,
        REFUSED,
        "{s.place}.epsilon: noise of L2 norm {s.epsilon:g} has a standard deviation of {s.deviation:.3g} per value, "
        f"and {_SCALE}",
    ),
    Rule(
        _noises,
        lambda s: s.deviation > _NOISE[1],
        WARNED,
        "{s.place}.epsilon: noise of L2 norm {s.epsilon:g} has a standard deviation of {s.deviation:.3g} per value, "
        f"and {_SCALE}",
    ),
    Rule(
        _noises,
        lambda s: s.deviation < _NOISE[0],
        WARNED,
        "{s.place}.epsilon: noise of L2 norm {s.epsilon:g} has a standard deviation of {s.deviation:.2g} per value, "
        "less than one step of 8-bit images; if {s.epsilon:g} is to be the standard deviation, write "
        "{s.epsilon_of_deviation:.3g}",
    ),
    # Training.
    Rule(
        _descents,
        lambda s: s.decay >= 1,
        REFUSED,
        "training.weight_decay: each step takes learning_rate × weight_decay = {s.decay:g} of every weight away, which "
        "leaves none; lower it (5.0e-4 is usual)",
    ),
    Rule(
        _descents,
        lambda s: _LARGE_DECAY < s.decay < 1,
        WARNED,
        "training.weight_decay: each step takes learning_rate × weight_decay = {s.decay:g} of every weight away; 5e-5 "
        "is usual",
    ),
    Rule(
        _descents,
        lambda s: s.gain > _GAIN[1],
        WARNED,
        "training.learning_rate: learning_rate {s.learning_rate:g} / (1 - momentum {s.momentum:g}) is {s.gain:g}; 1 is "
        "usual, and training will probably diverge",
    ),
    Rule(
        _descents,
        lambda s: s.gain < _GAIN[0],
        WARNED,
        "training.learning_rate: learning_rate {s.learning_rate:g} / (1 - momentum {s.momentum:g}) is {s.gain:g}; 1 is "
        "usual, and the weights will hardly change",
    ),
    Rule(
        _widths,
        lambda s: s.channels < 1,
        REFUSED,
        f"{{s.place}}: {{s.width:g}} of the {FIRST_CHANNELS} channels of the first layer is {{s.channels:.2g}}, less "
        f"than one; choose {_FEW_CHANNELS / FIRST_CHANNELS:g} or more",
    ),
    Rule(
        _widths,
        lambda s: 1 <= s.channels < _FEW_CHANNELS,
        WARNED,
        f"{{s.place}}: {{s.width:g}} leaves {{s.channels:.2g}} of the {FIRST_CHANNELS} channels of the first layer",
    ),
    # Numbers of images. evaluation.monitor_images and autoattack_images are upper limits with defaults.
    Rule(_dataset_sizes, _is_more, REFUSED, f"{_TOO_MANY}; lower it, or set it to null for all"),
    Rule(_unless_folder(_batches), _is_more, REFUSED, f"{_TOO_MANY}; lower it"),
    Rule(_unless_folder(_evaluated), _is_more, REFUSED, f"{_TOO_MANY}; lower it, or set it to null for all"),
    Rule(_in_folder(_batches), _is_more, WARNED, f"{_TOO_MANY}: each epoch is a single step; lower it"),
    Rule(_in_folder(_evaluated), _is_more, WARNED, f"{_TOO_MANY}, which are all used"),
)


def _messages(config: Config, *, is_refused: bool) -> Iterator[str]:
    for rule in RULES:
        if rule.is_refused == is_refused:
            yield from (rule.message.format(s=s) for s in rule.subjects(config) if rule.applies(s))
