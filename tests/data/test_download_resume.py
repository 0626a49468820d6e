import errno
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fault_client import BODY, RIGHT, assert_whole, get
from fault_server import FaultServer, Offer
from robust_style.data.http_source import Patience
from robust_style.data.partial import Partial
from robust_style.errors import DownloadError


@pytest.mark.parametrize("size", [True, False])
@pytest.mark.parametrize("at", [0, 1, 150_000, len(BODY) - 1])
def test_a_dropped_connection_is_resumed_where_it_broke(server, tmp_path, at, size):
    offer = Offer([BODY], drops_at=[at])
    get(tmp_path / "file", server.offer("/file", offer), size=size)
    assert_whole(tmp_path / "file")
    assert offer.sent == len(BODY)
    assert offer.asked[1].get("Range") == (f"bytes={at}-" if at else None)
    assert ("If-Range" in offer.asked[1]) == (at > 0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drops=st.lists(st.integers(0, len(BODY)), max_size=4), ignores_range=st.booleans(), has_etag=st.booleans())
def test_any_series_of_drops_ends_in_the_right_file(server, tmp_path_factory, drops, ignores_range, has_etag):
    folder = tmp_path_factory.mktemp("drops")
    offer = Offer([BODY], drops_at=drops, ignores_range=ignores_range, has_etag=has_etag)
    patience = Patience(stall_s=2.0, tries=6, pause_s=0.0)
    get(folder / "file", server.offer(f"/{folder.name}", offer), patience=patience)
    assert_whole(folder / "file")
    if not ignores_range:
        assert offer.sent == len(BODY)


def test_a_server_that_ignores_ranges_starts_from_0(server, tmp_path):
    offer = Offer([BODY], drops_at=[100_000], ignores_range=True)
    get(tmp_path / "file", server.offer("/file", offer))
    assert_whole(tmp_path / "file")
    assert offer.sent == len(BODY) + 100_000


@pytest.mark.parametrize("has_etag", [True, False])
def test_a_file_that_changed_between_parts_starts_from_0(server, tmp_path, has_etag):
    old = bytes(len(BODY))
    offer = Offer([old, BODY], drops_at=[100_000], has_etag=has_etag)
    get(tmp_path / "file", server.offer("/file", offer))
    assert_whole(tmp_path / "file")
    # With an ETag the server itself notices; without one the hash does, a request later.
    assert len(offer.asked) == (2 if has_etag else 3)


def test_a_weak_etag_is_no_validator(server, tmp_path):
    offer = Offer([BODY], drops_at=[10], is_weak_etag=True)
    get(tmp_path / "file", server.offer("/file", offer))
    assert "If-Range" not in offer.asked[1]
    assert_whole(tmp_path / "file")


def test_a_later_call_goes_on_with_the_partial_file(server, tmp_path):
    url = server.offer("/file", Offer([BODY], drops_at=[200_000, 200_000]))
    with pytest.raises(DownloadError, match=r"ended|lost"):
        get(tmp_path / "file", url)
    assert (tmp_path / "file.partial").read_bytes() == BODY[:200_000]
    get(tmp_path / "file", url)
    assert_whole(tmp_path / "file")
    assert server.offers["/file"].sent == len(BODY)


def test_a_mirror_goes_on_with_the_bytes_of_another(server, tmp_path):
    first = server.offer("/first", Offer([BODY], drops_at=[200_000, 200_000]))
    mirror = Offer([BODY])
    get(tmp_path / "file", first, server.offer("/mirror", mirror))
    assert mirror.sent == 100_000
    assert_whole(tmp_path / "file")


@pytest.mark.parametrize("content", [b"", b"garbage", BODY[:1000], BODY, BODY + b"more"])
def test_a_partial_file_of_unknown_origin_is_worth_nothing(server, tmp_path, content):
    (tmp_path / "file.partial").write_bytes(content)
    (tmp_path / "file.partial.json").write_text("[]")
    offer = Offer([BODY])
    get(tmp_path / "file", server.offer("/file", offer))
    assert_whole(tmp_path / "file")
    assert "Range" not in offer.asked[0]


def test_damage_to_the_partial_file_costs_one_more_request(server, tmp_path):
    url = server.offer("/file", Offer([BODY], drops_at=[200_000, 200_000]))
    with pytest.raises(DownloadError):
        get(tmp_path / "file", url)
    (tmp_path / "file.partial").write_bytes(bytes(200_000))
    get(tmp_path / "file", url)
    assert_whole(tmp_path / "file")


def test_a_full_disk_keeps_what_came_and_says_so(server, tmp_path):
    body = np.random.default_rng(2).bytes(3 * 2**20)
    url = server.offer("/file", Offer([body]))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        with pytest.raises(DownloadError, match="expected room for the download, found File too large"):
            get(tmp_path / "file", url, body=body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    kept = (tmp_path / "file.partial").stat().st_size
    assert kept == 2**20
    assert not (tmp_path / "file").exists()
    before = server.offers["/file"].sent
    get(tmp_path / "file", url, body=body)
    assert (tmp_path / "file").read_bytes() == body
    assert server.offers["/file"].sent - before == len(body) - kept


def test_a_disk_that_has_no_room_for_the_sidecar_either(server, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Partial, "set_origin", full)
    with pytest.raises(DownloadError, match="No space left on device"):
        get(tmp_path / "file", server.offer("/file", Offer([BODY])))
    assert list(tmp_path.iterdir()) == []


def test_killed_at_any_time_the_next_call_completes_it(server: FaultServer, tmp_path):
    offer = Offer([BODY], piece=10_000, pause_s=0.02)
    url = server.offer("/file", offer)
    program = (
        "import sys; from pathlib import Path; from robust_style.data.download import download;"
        "from robust_style.data.http_source import Source;"
        "print('on my way', flush=True);"
        "download([Source(sys.argv[1], sys.argv[2], int(sys.argv[3]))], Path(sys.argv[4]), by_hand='')"
    )
    root = Path(__file__).resolve().parents[2] / "workflow_scripts"
    moments = random.Random(3)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", program, url, RIGHT, str(len(BODY)), str(tmp_path / "file")],
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
        ) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.25))
            running.send_signal(signal.SIGKILL)
        final = tmp_path / "file"
        assert not final.exists() or final.read_bytes() == BODY
    offer.pause_s = 0
    get(tmp_path / "file", url)
    assert (tmp_path / "file").read_bytes() == BODY
    assert any("Range" in asked for asked in offer.asked)
    assert offer.sent < 3 * len(BODY)


def test_bytes_of_a_file_with_another_hash_are_not_built_upon(server, tmp_path):
    first = Offer([BODY[::-1]], drops_at=[200_000, 200_000])
    with pytest.raises(DownloadError, match=r"start again to go on from the 200000 bytes kept in .*file\.partial"):
        get(tmp_path / "file", server.offer("/first", first), body=BODY[::-1])
    second = Offer([BODY])
    get(tmp_path / "file", server.offer("/second", second))
    assert_whole(tmp_path / "file")
    assert ["Range" in asked for asked in second.asked] == [False]
