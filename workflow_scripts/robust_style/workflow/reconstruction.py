"""Which reconstructions the configuration asks for: of which checkpoints, of which images, how large."""

from typing import Any

from robust_style.workflow.settings import checkpoints, images_of_style, last_epochs, reconstructed_pair

# Small is enough to see what a layer has kept, and ten pictures of each checkpoint are to cost little.
LARGEST_UNASKED_PX = 256


def reconstructed_checkpoints(config: dict[str, Any]) -> list[tuple[str, int, int]]:
    """(network, seed, completed epochs) of every checkpoint that reconstructs: all, each network's last, or none."""
    wanted = config["reconstruction"]["checkpoints"]
    if wanted == "none":
        return []
    last = last_epochs(config)
    return [at for at in checkpoints(config) if wanted == "all" or at[2] == last[at[0]]]


def images_to_reconstruct(config: dict[str, Any]) -> list[str]:
    """The catalogue's images that reconstructions need, each once; none where there are no reconstructions."""
    if not reconstructed_checkpoints(config):
        return []
    content, style = reconstructed_pair(config)
    return list(dict.fromkeys((content, *images_of_style(config, style))))


def reconstruction_px(config: dict[str, Any]) -> int:
    """The shorter side of the reconstructions, px: as named, or that of the pictures, 256 px at most."""
    named: int | None = config["reconstruction"]["size_px"]
    return named or min(config["transfer"]["size_px"], LARGEST_UNASKED_PX)
