"""Which device a step computes on."""

import torch

from robust_style.errors import ConfigError


def choose_device(wanted: str) -> torch.device:
    """The device named by `wanted`: "cpu", "cuda", or with "auto" CUDA where there is one.

    Raises ConfigError if CUDA is demanded and absent (never a silent fall to the CPU, where the published experiment
    would take days), or if `wanted` is none of the three.
    """
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted == "cpu":
        return torch.device("cpu")
    if wanted == "cuda":
        if torch.cuda.is_available():
            return torch.device("cuda")
        raise ConfigError(
            f"device: expected a usable CUDA device, found {_what_is_there()}; "
            "either set device: cpu (or auto) in the configuration, or run on a machine with an NVIDIA driver and a "
            "torch built for CUDA"
        )
    raise ConfigError(f"device: expected auto, cpu or cuda, found {wanted!r}; correct it in the configuration")


def _what_is_there() -> str:
    if torch.version.cuda is None:
        return f"torch {torch.__version__}, which is built without CUDA"
    return f"torch {torch.__version__} built for CUDA {torch.version.cuda}, but no device that its driver offers"
