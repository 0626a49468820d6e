"""Names of devices in configuration and command line: auto, cpu, cuda, cuda:N. Standard library only."""

import re

from robust_style.model.architectures import did_you_mean

_NAME = re.compile(r"auto|cpu|cuda(:[0-9]{1,3})?")
# Names used elsewhere.
_SYNONYMS = {"gpu": "cuda", "nvidia": "cuda", "cuda0": "cuda:0"}


def device_fault(name: str) -> str | None:
    """Return what is wrong with the name of a device as a phrase; None for a valid name."""
    if _NAME.fullmatch(name):
        return None
    if name.partition(":")[0] == "mps":
        return "mps is not supported yet (Apple's GPU); use cpu"
    meant = _SYNONYMS.get(name.lower())
    hint = f"; did you mean {meant}?" if meant else did_you_mean(name, ("auto", "cpu", "cuda", "cuda:0"))
    return f"expected auto, cpu, cuda or cuda:N, found {name!r}{hint}"
