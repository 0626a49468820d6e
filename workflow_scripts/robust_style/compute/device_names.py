"""Names of devices in configuration and command line: auto, cpu, cuda, cuda:N. Standard library only."""

import difflib
import re

_NAME = re.compile(r"auto|cpu|cuda(:[0-9]{1,3})?")
# What other programs and people call them.
_SYNONYMS = {"gpu": "cuda", "nvidia": "cuda", "cuda0": "cuda:0"}


def device_fault(name: str) -> str | None:
    """What is wrong with the name of a device, in a phrase that begins with it; None for a usable name."""
    if _NAME.fullmatch(name):
        return None
    if name.partition(":")[0] == "mps":
        return "mps is not supported yet (Apple's GPU); use cpu"
    # closer than usual: tpu is not a misspelt cpu
    near = difflib.get_close_matches(name, ("auto", "cpu", "cuda", "cuda:0"), 1, 0.7)
    meant = _SYNONYMS.get(name.lower()) or (near[0] if near else None)
    return f"expected auto, cpu, cuda or cuda:N, found {name!r}{f'; did you mean {meant}?' if meant else ''}"
