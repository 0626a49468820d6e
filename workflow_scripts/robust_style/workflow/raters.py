"""Which networks rate which pictures. Standard library only: the Snakefile reads it."""

from typing import Any

from robust_style.model import kinds
from robust_style.transfer.stand_ins import StandIns
from robust_style.workflow.layers import rated_layers
from robust_style.workflow.roles import networks_by_role
from robust_style.workflow.settings import last_epochs

# Where style is looked at in a network for CIFAR, as every recipe of the literature does; others have stand-ins.
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def held_out_raters(config: dict[str, Any], seed: int) -> dict[str, tuple[str, int, int]]:
    """Regime -> (network, seed, epoch) of who raters pictures painted under `seed`: trained here, of the next seed.

    Empty where the configuration asks for none or has one seed, where every rater would be a painter.
    """
    seeds = config["seeds"]
    if not config["raters"]["held_out"] or len(seeds) < 2:
        return {}
    following = seeds[(seeds.index(seed) + 1) % len(seeds)]
    by_role, epochs = networks_by_role(config), last_epochs(config)
    return {
        regime: (by_role[regime], following, epochs[by_role[regime]])
        for regime in ("standard", "adversarial")
        if regime in by_role and not kinds.is_imported(config["networks"][by_role[regime]])
    }


def has_raters(config: dict[str, Any]) -> bool:
    """Whether anybody raters."""
    return config["raters"]["squeezenet"] is not None or bool(held_out_raters(config, config["seeds"][0]))


def layers_of_raters(config: dict[str, Any], seed: int, stand_ins: StandIns) -> dict[str, list[str]]:
    """Regime -> the layers with which its rater compares pictures painted under `seed`."""
    return {
        regime: rated_layers(config, network, LAYERS, stand_ins)
        for regime, (network, _, _) in held_out_raters(config, seed).items()
    }
