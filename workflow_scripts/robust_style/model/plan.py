"""The plan of a VGG network: its convolutions and poolings in order."""

from robust_style.errors import ConfigError
from robust_style.model.compat import import_vgg

POOLING = "M"


def plan_of(architecture: str) -> list[int | str]:
    """The library's plan of `architecture`: the output channels of each convolution, "M" for each pooling.

    Raises ConfigError if the library has no VGG network of that name (vgg11, vgg13, vgg16, vgg19).
    Source: Simonyan and Zisserman 2015, table 1 (A, B, D, E).
    """
    plans = {name.lower(): plan for name, plan in import_vgg().cfg.items()}
    if architecture not in plans:
        raise ConfigError(
            f"architecture: expected one of {', '.join(sorted(plans))}, found {architecture!r}; "
            "correct it in the configuration"
        )
    return list(plans[architecture])


def scaled_plan(architecture: str, width: float) -> list[int | str]:
    """The plan of `architecture` with every channel count multiplied by `width`, rounded, at least 1.

    Raises ConfigError if `width` is not above 0.
    """
    if not width > 0:
        raise ConfigError(f"width: expected a number above 0, found {width}; correct it in the configuration")
    return [entry if isinstance(entry, str) else max(1, round(entry * width)) for entry in plan_of(architecture)]
