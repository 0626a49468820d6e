import socket
from hashlib import sha256

import pytest

from fault_client import BODY, RIGHT, assert_whole, get
from fault_server import Offer
from robust_style.artefact.lock import exclusive_lock
from robust_style.data.http_source import Patience
from robust_style.errors import DownloadError, RobustStyleError


def test_a_file_is_fetched_and_nothing_else_left(server, tmp_path):
    get(tmp_path / "deep" / "file", server.offer("/file", Offer([BODY])))
    assert_whole(tmp_path / "deep" / "file")


def test_a_valid_file_needs_no_network(server, tmp_path):
    offer = Offer([BODY])
    (tmp_path / "file").write_bytes(BODY)
    get(tmp_path / "file", server.offer("/file", offer))
    assert offer.asked == []


def test_wrong_bytes_of_the_right_length_never_get_the_name(server, tmp_path):
    wrong = BODY[:-1] + bytes([BODY[-1] ^ 1])
    urls = [server.offer("/a", Offer([wrong])), server.offer("/b", Offer([wrong]))]
    with pytest.raises(DownloadError) as error:
        get(tmp_path / "file", *urls)
    for part in (*urls, RIGHT, sha256(wrong).hexdigest(), "put it there by hand", str(tmp_path / "file")):
        assert part in str(error.value)
    assert list(tmp_path.iterdir()) == []


USELESS = {
    "403": (Offer([b"no"], status=403), "HTTP status 403"),
    "404": (Offer([b"no"], status=404), "HTTP status 404"),
    "500": (Offer([b"no"], status=500), "HTTP status 500"),
    "page": (Offer([b"hello"], content_type="text/html; charset=utf-8"), "web page"),
    "page in disguise": (Offer([b"\n<!DOCTYPE html><p>gone"], states_length=False), "web page"),
    "empty": (Offer([b""]), "bytes offered"),
    "empty, no length": (Offer([b""], states_length=False), "empty answer"),
    "wrong": (Offer([bytes(len(BODY))]), "sha256"),
    "short": (Offer([BODY[:-1]]), "299999 bytes offered"),
    "long": (Offer([BODY + b"x"], states_length=False), "more than"),
    "promises more": (Offer([BODY], lies_by=10), "bytes offered"),
    "promises less": (Offer([BODY], lies_by=-10), "bytes offered"),
    "stalls": (Offer([BODY], stalls_at=100, piece=100), "stalled"),
    "trickles": (Offer([BODY], piece=1, pause_s=0.05), "kB/s"),
}


@pytest.mark.parametrize("kind", USELESS)
def test_a_useless_source_is_named_and_the_next_one_asked(server, tmp_path, capsys, kind):
    offer, answer = USELESS[kind]
    good = server.offer("/good", Offer([BODY]))
    get(tmp_path / "file", server.offer("/bad", offer), good)
    assert_whole(tmp_path / "file")
    told = capsys.readouterr().err
    assert "/bad" in told
    assert answer in told


@pytest.mark.parametrize("kind", [kind for kind in USELESS if kind not in ("stalls", "trickles")])
def test_a_useless_source_alone_leaves_nothing(server, tmp_path, kind):
    with pytest.raises(DownloadError, match=USELESS[kind][1]):
        get(tmp_path / "file", server.offer("/bad", USELESS[kind][0]))
    assert list(tmp_path.iterdir()) == []


def test_a_promise_of_more_than_comes_is_an_interruption_where_no_size_is_stated(server, tmp_path):
    with pytest.raises(DownloadError, match="2 times in a row"):
        get(tmp_path / "file", server.offer("/bad", Offer([b""], lies_by=10)), size=False)
    assert not (tmp_path / "file").exists()


def test_a_slow_source_is_borne_when_all_others_fail(server, tmp_path):
    slow = Offer([BODY], piece=30_000, pause_s=0.04)
    patience = Patience(
        stall_s=2.0, window_s=0.1, preferred_bytes_per_s=1e9, least_bytes_per_s=10.0, tries=2, pause_s=0.0
    )
    get(tmp_path / "file", server.offer("/slow", slow), server.root + "/none", patience=patience)
    assert_whole(tmp_path / "file")
    assert len(slow.asked) == 2
    assert int(slow.asked[1]["Range"][len("bytes=") : -1]) > 0


def test_without_a_network_every_source_is_named(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        urls = [f"http://127.0.0.1:{unused.getsockname()[1]}/{name}" for name in "ab"]
        with pytest.raises(DownloadError) as error:
            get(tmp_path / "file", *urls)
    assert all(f"{url}: no connection" in str(error.value) for url in urls)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_are_refused(server, tmp_path):
    offer = Offer([BODY])
    with exclusive_lock(tmp_path / ".file.lock"), pytest.raises(RobustStyleError, match="process"):
        get(tmp_path / "file", server.offer("/file", offer))
    assert offer.asked == []
