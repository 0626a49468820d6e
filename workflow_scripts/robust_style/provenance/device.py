"""Which device a step computes on."""

import torch

from robust_style.errors import ConfigError
from robust_style.provenance.device_names import device_fault


def choose_device(name: str) -> torch.device:
    """The device of that name: "cpu", "cuda", "cuda:N", or with "auto" CUDA where there is one.

    A numbered device becomes torch's current one. Raises ConfigError if CUDA or that device is absent (never a silent
    change to the CPU, where the published experiment would take days), or if there is no such name.
    """
    if (fault := device_fault(name)) is not None:
        raise ConfigError(f"device: {fault}")
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ConfigError(
            f"device: expected a usable CUDA device, found {_what_is_there()}; "
            "either set device: cpu (or auto), or run on a machine with an NVIDIA driver and a torch built for CUDA"
        )
    device = torch.device("cuda" if name == "auto" else name)
    if device.index is not None:
        if device.index >= (count := torch.cuda.device_count()):
            raise ConfigError(f"device: expected cuda:0 to cuda:{count - 1} on this machine, found {name}")
        torch.cuda.set_device(device)
    return device


def _what_is_there() -> str:
    if torch.version.cuda is None:
        return f"torch {torch.__version__}, which is built without CUDA"
    return f"torch {torch.__version__} built for CUDA {torch.version.cuda}, but no device that its driver offers"
