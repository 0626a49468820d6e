"""Which network of a configuration stands for what in a comparison."""

from typing import Any

from robust_style.model import kinds
from robust_style.workflow.settings import checkpoints

ROLES = ("standard", "adversarial", "noise", "step_matched", "untrained")


def networks_by_role(config: dict[str, Any]) -> dict[str, str]:
    """Role (standard, adversarial, noise, step_matched, untrained) -> name of the network, where there is one.

    A network's own name stands for it too, unless it is the word for a role. Of several that could play a role it is
    the one with the most checkpoints, among equals the one of that name, else the first by name: an imported network
    has one, and shares neither initialisation nor data order with another. `step_matched` is a standard network with
    more passes over the data in an epoch. Where no network is `untrained`, epoch 0 of the standard one is. A network
    for ImageNet has no role.
    """
    counted: dict[str, int] = {}
    for name, _, _ in checkpoints(config):
        counted[name] = counted.get(name, 0) + 1
    found: dict[str, str] = {}
    # A network for ImageNet differs in all but its regime.
    roles = {
        name: _role(config["networks"][name]) for name in counted if not kinds.only_paints(config["networks"][name])
    }
    for name in sorted(roles, key=lambda name: (-counted[name], name != roles[name], name)):
        found.setdefault(roles[name], name)
    if "standard" in found:
        found.setdefault("untrained", found["standard"])
    return {name: name for name in counted if name not in ROLES} | found


def epsilons(config: dict[str, Any]) -> dict[str, float]:
    """The epsilon that each network was trained with: 0 for standard training of one pass over the images an epoch.

    Networks of other regimes, and those trained elsewhere, whose epsilon is not known, are left out.
    """
    found = {}
    for name, network in config["networks"].items():
        if kinds.is_trained(network) and _role(network) in ("standard", "adversarial"):
            found[name] = float(network.get("epsilon", 0.0))
    return found


def _role(network: dict[str, Any]) -> str:
    regime: str = network["regime"]
    more_passes = not kinds.is_imported(network) and network["passes_per_epoch"] > 1
    return "step_matched" if regime == "standard" and more_passes else regime
