"""The three kinds of networks: trained here, imported, untrained; and which keys each kind needs.

Standard library and PyYAML only: the Snakefile imports it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from robust_style.data.catalogue import has_host
from robust_style.errors import ConfigError
from robust_style.model.architectures import ARCHITECTURES, is_of_library, is_pretrained
from robust_style.model.painters import is_painter, painter_file

UNTRAINED = "untrained"
ATTACK_KEYS = ("constraint", "epsilon", "step_size", "steps")
# Keys that a regime needs to describe its perturbation; the other regimes have none.
KEYS_OF_REGIME = {"adversarial": ATTACK_KEYS, "noise": ("epsilon",)}
# The regimes of the engine `robustness`, and its fixed augmentation.
LIBRARY_REGIMES = ("standard", "adversarial")
LIBRARY_AUGMENTATION = {"crop_padding": 4, "flip": True, "colour_jitter": 0.25, "rotation": 2}
IMPORT_KEYS = ("sha256", "epoch")
CAFFE = "caffe"
# The hub's format of names, as in its own addresses.
_HUB = "hf://"
_HUB_FILE = re.compile(r"hf://([\w.-]+/[\w.-]+)@([\w.-]+)/(?!.*\.\.)([\w./-]+)", re.ASCII)
# The default branch of a repository on the hub: its files can change.
_BRANCH = "main"
# torchvision's convention: the name of a file ends with the first eight digits of its SHA-256.
_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8})\.pth$")

Block = Mapping[str, Any]


def is_imported(network: Block) -> bool:
    """True if the network was trained elsewhere and comes from a file."""
    return "source" in network


def is_trained(network: Block) -> bool:
    """True if its epochs are trained here."""
    return not is_imported(network) and network["regime"] != UNTRAINED


def only_paints(network: Block) -> bool:
    """True for an ImageNet network and for a painter of the package, which are not evaluated."""
    return is_pretrained(network["architecture"]) or is_painter(network.get("source"))


def local_source(network: Block) -> Path | None:
    """The local file that the network comes from, as an input for Snakemake; None for a URL."""
    source = network["source"]
    if is_painter(source):
        return painter_file(source)
    return None if is_url(source) else Path(source)


def is_url(source: str) -> bool:
    """True if the source is downloaded: an https URL or a file on the hub."""
    return source.startswith(("https://", _HUB))


@dataclass(frozen=True)
class HubFile:
    """A file of a repository (`OWNER/NAME`) on the Hugging Face Hub; `revision` is a commit, a tag or a branch."""

    repository: str
    revision: str
    path: str

    def __str__(self) -> str:
        return f"{_HUB}{self.repository}@{self.revision}/{self.path}"


def file_on_hub(source: str) -> HubFile | None:
    """The file that `hf://OWNER/NAME@REVISION/FILE` names; None for another kind of source or a malformed one."""
    match = _HUB_FILE.fullmatch(source)
    return match and HubFile(*match.groups())


def hash_in_name(source: str) -> str | None:
    """The first eight digits of the SHA-256, from a file name such as `vgg19-dcbb9e9d.pth`; None if it has none."""
    match = _HASH_IN_NAME.search(urlsplit(source).path if is_url(source) else source)
    return match and match[1]


def states_hash(source: str) -> bool:
    """True if the SHA-256 of `source`, or the first digits, are known from the source itself.

    The hub states the hash of a file in a commit or tag. A branch can change, and its hash with it.
    """
    hub = file_on_hub(source)
    return hub.revision != _BRANCH if hub else hash_in_name(source) is not None


def without_place(source: str) -> str:
    """The source without folders of this machine, and without keys and passwords of a URL."""
    if source.startswith(_HUB) or is_painter(source):
        return source
    if not is_url(source):
        return Path(source).name
    parts = urlsplit(source)
    return f"https://{parts.hostname}{parts.path}"


def contradictions(name: str, network: Block) -> Iterator[str]:
    """Errors in the block `networks.<name>` that the schema does not find: one sentence each."""
    given = [key for key in (*ATTACK_KEYS, "random_start") if key in network]
    if is_imported(network):
        yield from _of_imported(name, network, given)
        return
    if only_paints(network):
        yield (
            f"networks.{name}: {network['architecture']} is not trained here; give source, sha256 and epoch, or take "
            "an architecture for 32 x 32 images"
        )
    strays = [key for key in (*IMPORT_KEYS, "input") if key in network]
    if strays:
        yield f"networks.{name}: {', '.join(strays)} belong to a source, which is not given; give it or take them away"
    regime = network["regime"]
    needed = KEYS_OF_REGIME.get(regime, ())
    missing = [key for key in needed if key not in network]
    superfluous = [key for key in given if key not in needed]
    if missing:
        yield f"networks.{name}: regime {regime} needs {', '.join(missing)}"
    if regime != "adversarial" and superfluous:
        yield f"networks.{name}: regime {regime} has no attack; take {', '.join(superfluous)} away"


def engine_contradictions(name: str, network: Block, training: Block) -> Iterator[str]:
    """Settings of `networks.<name>` and `training` that the engine of the network does not support.

    The library has a fixed augmentation, two regimes, and one pass over the data in an epoch.
    """
    if network["engine"] != "robustness":
        return
    where = f"networks.{name}: engine robustness"
    if network["architecture"] in ARCHITECTURES and not is_of_library(network["architecture"]):
        yield f"{where} trains the library's own networks, found {network['architecture']}; take engine: fast"
    if network["regime"] not in LIBRARY_REGIMES:
        yield f"{where} trains {' or '.join(LIBRARY_REGIMES)}, found regime {network['regime']}; take engine: fast"
    if network["passes_per_epoch"] != 1:
        yield f"{where} trains one pass an epoch, found passes_per_epoch {network['passes_per_epoch']}; take it away"
    for key, value in LIBRARY_AUGMENTATION.items():
        if training[key] != value:
            yield f"{where} always augments with {key} {value}, found training.{key} {training[key]}; make them agree"


def _of_imported(name: str, network: Block, attack: list[str]) -> Iterator[str]:
    source = network["source"]
    missing = [key for key in IMPORT_KEYS if key not in network and not (key == "sha256" and states_hash(source))]
    if missing:
        alternative = " (or, in place of the branch main, a commit or tag)" if file_on_hub(source) else ""
        yield f"networks.{name}: a source needs {', '.join(missing)}{alternative if 'sha256' in missing else ''}"
    if network["regime"] == UNTRAINED:
        yield f"networks.{name}: regime {UNTRAINED} has no source; take it away, or name the regime of its training"
    is_for_imagenet = is_pretrained(network["architecture"])
    if is_for_imagenet and network["width"] != 1:
        yield f"networks.{name}.width: expected 1 for {network['architecture']}, found {network['width']}; take it away"
    if "input" in network and not is_for_imagenet:
        yield f"networks.{name}.input: belongs to a network for ImageNet, found {network['architecture']}; take it away"
    if attack:
        yield f"networks.{name}: a network with a source is not trained here; take {', '.join(attack)} away"
    if is_painter(source):
        try:
            painter_file(source)
        except ConfigError as error:
            yield f"networks.{name}.source: {error}"
        return
    has_other_scheme = not is_url(source) and re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", source)
    is_malformed = not file_on_hub(source) if source.startswith(_HUB) else is_url(source) and not has_host(source)
    if has_other_scheme or is_malformed:
        yield (
            f"networks.{name}.source: expected a local path, painter:NAME, https://… or hf://OWNER/NAME@REVISION/FILE, "
            f"found {source!r}"
        )
