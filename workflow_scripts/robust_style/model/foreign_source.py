"""The file that `source` and `sha256` in the configuration name. Does not import torch."""

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import requests

from robust_style.data.download import TIMEOUTS_S, USER_AGENT, Source, describe, download
from robust_style.errors import CheckpointError, DownloadError
from robust_style.files.digest import sha256_of_file
from robust_style.messages import escaped
from robust_style.model.kinds import HubFile, file_on_hub, hash_in_name, is_url
from robust_style.model.painters import is_painter, painter_file

# Environment variable of the hub's own client for the address of a mirror.
_ENDPOINT, _DEFAULT_ENDPOINT = "HF_ENDPOINT", "https://huggingface.co"
# Headers of the hub's answer. SOURCE: huggingface_hub/constants.py.
_HASH, _COMMIT, _ERROR = "X-Linked-Etag", "X-Repo-Commit", "X-Error-Code"


def stated_hash(block: str, source: str) -> tuple[str, str]:
    """The source, pinned, and its SHA-256 or first digits of it, where the source states them (`kinds.states_hash`).

    The hub is asked for the hash of its file and for the commit that a tag means; the answer is printed on stderr. Of
    every other source the file name has eight digits. `block` is the block of the configuration for messages. Raises
    DownloadError if the hub does not answer or states no hash, CheckpointError for a source without a hash.
    """
    hub = file_on_hub(source)
    if hub is not None:
        return _ask_hub(block, hub)
    digits = hash_in_name(source)
    if digits is None:
        raise CheckpointError(f"{block}: expected sha256 beside {source}, found none; give it")
    return source, digits


def file_of_source(block: str, source: str, sha256: str, download_to: Path) -> Path:
    """The verified local file of `source`: a path, an https URL or a file on the hub.

    A download is kept as `download_to` and used again. `sha256` may be the first digits. `block` is the block of the
    configuration for messages. Raises CheckpointError for a missing file or another hash, DownloadError for a failed
    download.
    """
    if is_url(source):
        hub = file_on_hub(source)
        url = _address(hub) if hub else source
        by_hand = f"get it some other way and put it at {download_to} (sha256 {sha256}), or correct {block}.source"
        download([Source(url, sha256)], download_to, by_hand=by_hand)
        return download_to
    path = painter_file(source) if is_painter(source) else Path(source)
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no such file"
        raise CheckpointError(f"{block}.source: expected a file at {path}, found {kind}; correct the path")
    try:
        actual_sha256 = sha256_of_file(path)
    except OSError as error:
        raise CheckpointError(
            f"{block}.source: expected to read {path}, found {error.strerror}; permit reading it, or correct the path"
        ) from None
    if not actual_sha256.startswith(sha256):
        raise CheckpointError(
            f"{block}.source: expected {path} with sha256 {sha256}, found {actual_sha256}; get the file again, or "
            f"correct {block}.sha256"
        )
    return path


def _address(hub: HubFile) -> str:
    endpoint = os.environ.get(_ENDPOINT) or _DEFAULT_ENDPOINT
    return f"{endpoint.rstrip('/')}/{hub.repository}/resolve/{hub.revision}/{hub.path}"


def _ask_hub(block: str, hub: HubFile) -> tuple[str, str]:
    """One HEAD request. The ETag of a file in Git LFS, or in its successor Xet, is its SHA-256."""
    url = _address(hub)
    remedy = f"run again, or download the file some other way and name its path and sha256 in {block}"
    try:
        # The answer may redirect: from an old name of the repository, and to the server that has the content.
        last = requests.head(url, headers={"User-Agent": USER_AGENT}, timeout=TIMEOUTS_S, allow_redirects=True)
    except (requests.RequestException, ValueError) as error:
        raise DownloadError(f"{block}: the sha256 of {url} is unknown: {describe(error)}; {remedy}") from None
    answer = next((one for one in (*last.history, last) if _HASH in one.headers), last)
    sha256 = answer.headers.get(_HASH, "").removeprefix("W/").strip('"')
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        reason = f"the answer has no header {_HASH} with a SHA-256"
        if last.status_code != 200:
            reason = escaped(f"HTTP status {last.status_code} {last.headers.get(_ERROR, '')}".rstrip(), 80)
        if last.status_code in (401, 403, 404):
            remedy = f"correct {block}.source"
        raise DownloadError(f"{block}: the sha256 of {url} is unknown: {reason}; {remedy}")
    commit = answer.headers.get(_COMMIT, "")
    pinned = replace(hub, revision=commit) if re.fullmatch(r"[0-9a-f]{40}", commit) else hub
    print(f"{block}: the hub states sha256 {sha256} for {pinned}", file=sys.stderr)
    return str(pinned), sha256
