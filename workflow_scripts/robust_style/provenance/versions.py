"""Which software a result was made with."""

import platform

import torch


def software_versions() -> dict[str, str]:
    """The versions that can change a trained network's bits: torch and Python."""
    return {"torch": str(torch.__version__), "python": platform.python_version()}
