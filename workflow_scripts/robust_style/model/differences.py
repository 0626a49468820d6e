"""Where weights differ from those of a network, in words."""

from collections.abc import Mapping, Sequence

from torch import Tensor

# How many names of each kind a message lists.
_TOLD = 3


def differences(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], *, optional: str = "") -> list[str]:
    """The first missing, unexpected and differently shaped weights, a phrase for each kind; none where all fit.

    Those whose name ends in `optional` may be missing.
    """
    missing = [name for name in wanted if name not in found and not (optional and name.endswith(optional))]
    unexpected = [name for name in found if name not in wanted]
    reshaped = [
        f"{name} {tuple(found[name].shape)} instead of {tuple(wanted[name].shape)}"
        for name in wanted
        if name in found and found[name].shape != wanted[name].shape
    ]
    return [*_told("missing", missing), *_told("unexpected", unexpected), *_told("of another shape", reshaped)]


def _told(kind: str, names: Sequence[str]) -> list[str]:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    # A stranger's names: no control characters, not long.
    return [f"{kind} {', '.join(ascii(name)[1:-1][:100] for name in names[:_TOLD])}{more}"] if names else []
