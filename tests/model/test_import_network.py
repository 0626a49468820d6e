"""From a stranger's file, local or downloaded, to a checkpoint that evaluation and style transfer accept."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch

from fault_server import FaultServer, Offer, fault_server, impatient
from foreign_files import torch_bytes, written
from robust_style.data.download import Source
from robust_style.errors import CheckpointError, DownloadError
from robust_style.files.checkpoint import load_checkpoint
from robust_style.files.digest import sha256_of_file
from robust_style.files.evaluation import Evaluation
from robust_style.model import foreign_source
from robust_style.model.compat import import_torchvision_models
from robust_style.model.convert import CIFAR10_MEAN
from robust_style.model.import_network import import_network
from robust_style.model.network import build_network
from robust_style.model.painters import painter_settings
from robust_style.score.evaluation_tables import collect_evaluations
from robust_style.training.evaluate import evaluate_checkpoint
from tiny_training import CLASSES, EVALUATION, write_tiny_dataset

STATE = build_network("vgg11", 0.05, len(CLASSES), seed=4).state_dict()
CONTENT = torch_bytes({"net": STATE, "epoch": 41})


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return write_tiny_dataset(tmp_path / "data" / "tiny.npz")


def imported(dataset: Path, source: str, content: bytes = CONTENT, **changes: Any) -> Path:
    """Import `source`; a change to None takes the key away."""
    checkpoint = dataset.parents[1] / "epoch_042.pt"
    settings = {
        "architecture": "vgg11", "width": 0.05, "regime": "adversarial", "source": source,
        "sha256": sha256(content).hexdigest(), "epoch": 42,
    }  # fmt: skip
    import_network(
        dataset=dataset, checkpoint=checkpoint, downloads=dataset.parent / "downloads", network="theirs",
        settings={key: value for key, value in (settings | changes).items() if value is not None},
        seed=5, epoch=(settings | changes)["epoch"], code="code",
    )  # fmt: skip
    return checkpoint


def test_a_local_file(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "ckpt.pth", CONTENT)
    checkpoint = load_checkpoint(imported(dataset, str(path)))
    assert (checkpoint.network, checkpoint.regime, checkpoint.seed, checkpoint.epoch) == (
        "theirs",
        "adversarial",
        5,
        42,
    )
    assert checkpoint.class_names == CLASSES
    assert checkpoint.mean == CIFAR10_MEAN
    assert checkpoint.dataset_sha256 == sha256_of_file(dataset)
    assert checkpoint.settings["source"] == {"origin": "ckpt.pth", "sha256": sha256(CONTENT).hexdigest(), "epoch": 42}
    assert str(tmp_path) not in json.dumps(checkpoint.settings)
    assert all(torch.equal(checkpoint.weights[name], tensor) for name, tensor in STATE.items())
    assert "assumed: mean (0.4914, 0.4822, 0.4465)" in capsys.readouterr().err


def test_another_epoch_than_the_file_s_is_told(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "ckpt.pth", CONTENT)
    assert load_checkpoint(imported(dataset, str(path), epoch=41)).epoch == 41
    assert "ckpt.pth: the file says 42 completed epochs, recorded are 41" in capsys.readouterr().err


def test_a_download_is_kept_and_used_again(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fault_server() as server:
        url = server.offer("/ckpt.pth", Offer([CONTENT]))
        # The configuration takes https only; the server on this machine speaks http.
        monkeypatch.setattr(foreign_source, "Source", lambda _, hashed: Source(url, hashed))
        source = "https://name:password@example.org/net/ckpt.pth?key=secret"
        for _ in range(2):
            checkpoint = load_checkpoint(imported(dataset, source))
        assert len(server.offers["/ckpt.pth"].asked) == 1
        assert checkpoint.settings["source"]["origin"] == "https://example.org/net/ckpt.pth"
        assert "secret" not in json.dumps(checkpoint.settings)
        assert "password" not in json.dumps(checkpoint.settings)
        assert [p.name for p in (dataset.parent / "downloads").iterdir()] == [
            f"theirs-{sha256(CONTENT).hexdigest()[:12]}"
        ]
        with pytest.raises(
            DownloadError, match=r"put it at .*downloads/theirs-000000000000 .*networks\.theirs\.source"
        ):
            imported(dataset, source, sha256="0" * 64)


COMMIT = "0123456789" * 4
STATED = {"X-Linked-Etag": f'"{sha256(CONTENT).hexdigest()}"', "X-Repo-Commit": COMMIT}
RESOLVED = f"/owner/name/resolve/{COMMIT}/net.ckpt"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """A server on this machine in place of the hub."""
    impatient(monkeypatch)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fault_server() as server:
        monkeypatch.setenv("HF_ENDPOINT", f"{server.root}/")
        yield server


@pytest.mark.parametrize("revision", [COMMIT, "v1.0"])
def test_the_hub_states_the_hash_and_redirects_to_the_content(
    dataset: Path, hub: FaultServer, capsys: pytest.CaptureFixture[str], revision: str
) -> None:
    """As the hub does: the hash in an answer that redirects, to a server that answers no HEAD. A tag is pinned."""
    hub.offer(RESOLVED, Offer([b""], status=302, headers={**STATED, "Location": "/content"}))
    hub.offers[f"/owner/name/resolve/{revision}/net.ckpt"] = hub.offers[RESOLVED]
    hub.offer("/content", Offer([CONTENT]))
    for _ in range(2):
        checkpoint = load_checkpoint(imported(dataset, f"hf://owner/name@{revision}/net.ckpt", sha256=None))
    pinned = f"hf://owner/name@{COMMIT}/net.ckpt"
    assert checkpoint.settings["source"] == {"origin": pinned, "sha256": sha256(CONTENT).hexdigest(), "epoch": 42}
    assert checkpoint.settings["network"]["source"] == pinned
    assert len(hub.offers["/content"].asked) == 1, "a download is used again"
    assert f"the hub states sha256 {sha256(CONTENT).hexdigest()} for {pinned}" in capsys.readouterr().err


def test_a_hash_in_the_configuration_needs_no_answer_of_the_hub(dataset: Path, hub: FaultServer) -> None:
    hub.offer("/owner/name/resolve/main/net.ckpt", Offer([CONTENT]))
    assert load_checkpoint(imported(dataset, "hf://owner/name@main/net.ckpt")).epoch == 42


@pytest.mark.parametrize(
    ("offer", "message"),
    [
        (None, r"networks\.theirs: the sha256 of .*net\.ckpt is unknown: HTTP status 404; correct networks\.theirs\.s"),
        (Offer([b""], status=401, headers={"X-Error-Code": "RepoNotFound"}), "HTTP status 401 RepoNotFound; correct"),
        (Offer([b""], status=503), "HTTP status 503; run again, or download the file some other way"),
        (Offer([CONTENT], headers={"ETag": '"9d"'}), "no header X-Linked-Etag with a SHA-256; run again, or download"),
        (Offer([CONTENT], headers={"X-Linked-Etag": '"9d"'}), "no header X-Linked-Etag with a SHA-256"),
        (Offer([b"other"], headers=STATED), r"the file has sha256 [0-9a-f]{64} instead of [0-9a-f]{64}"),
        (Offer([b""], status=302, headers={"Location": "http://127.0.0.1:9/"}), "is unknown: .*refused"),
    ],
)
def test_a_hub_without_the_hash_or_with_other_content(
    dataset: Path, tmp_path: Path, hub: FaultServer, offer: Offer | None, message: str
) -> None:
    if offer is not None:
        hub.offer(RESOLVED, offer)
    with pytest.raises(DownloadError, match=message):
        imported(dataset, f"hf://owner/name@{COMMIT}/net.ckpt", sha256=None)
    assert not (tmp_path / "epoch_042.pt").exists()
    assert not list((dataset.parent / "downloads").glob("theirs*"))


def test_without_a_network_the_hub_s_hash_is_unknown(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match=r"is unknown: .*refused; run again, or download the file some other way"):
        imported(dataset, f"hf://owner/name@{COMMIT}/net.ckpt", sha256=None)


def test_the_name_of_a_file_of_torchvision_has_its_hash(dataset: Path, tmp_path: Path, hub: FaultServer,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    digest = sha256(CONTENT).hexdigest()
    url = hub.offer("/net.pth", Offer([CONTENT]))
    monkeypatch.setattr(foreign_source, "Source", lambda _, hashed: Source(url, hashed))
    local = written(tmp_path / f"net-{digest[:8]}.pth", CONTENT)
    for source in (f"https://example.org/net-{digest[:8]}.pth", str(local)):
        assert load_checkpoint(imported(dataset, source, sha256=None)).settings["source"]["sha256"] == digest
    with pytest.raises(DownloadError, match=f"the file has sha256 {digest} instead of 00000000"):
        imported(dataset, "https://example.org/net-00000000.pth", sha256=None)
    with pytest.raises(CheckpointError, match=rf"with sha256 00000000, found {digest}"):
        imported(dataset, str(local.rename(tmp_path / "net-00000000.pth")), sha256=None)


@pytest.mark.parametrize(
    ("source", "changes", "message"),
    [
        ("absent.pth", {}, r"networks\.theirs\.source: expected a file at .*absent\.pth, found no such file"),
        ("", {}, r"networks\.theirs\.source: expected a file at .*, found a folder"),
        ("ckpt.pth", {"sha256": "0" * 64}, r"with sha256 0{64}, found [0-9a-f]{64}; .*networks\.theirs\.sha256"),
        ("ckpt.pth", {"architecture": "vgg13"}, r"expected the weights of vgg13 at width 0\.05, found missing"),
        ("three.pth", {"sha256": None}, r"expected a network of 4 classes \(red, green, blue, …\), found 3"),
    ],
)
def test_what_does_not_fit_is_refused(
    dataset: Path, tmp_path: Path, source: str, changes: dict[str, Any], message: str
) -> None:
    written(tmp_path / "ckpt.pth", CONTENT)
    three = torch_bytes({"net": build_network("vgg11", 0.05, 3).state_dict()})
    written(tmp_path / "three.pth", three)
    if changes.get("sha256", "") is None:
        changes = {"sha256": sha256(three).hexdigest()}
    with pytest.raises(CheckpointError, match=message):
        imported(dataset, str(tmp_path / source), **changes)
    assert not (tmp_path / "epoch_042.pt").exists()


def test_a_network_for_imagenet_paints_and_has_no_accuracy(dataset: Path, tmp_path: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = import_torchvision_models().squeezenet1_0().state_dict()
    content = torch_bytes(state)
    changes = {"architecture": "imagenet_squeezenet1_0", "width": 1.0, "input": "caffe"}
    path = imported(dataset, str(written(tmp_path / "theirs.pth", content)), content, **changes)
    checkpoint = load_checkpoint(path)
    assert checkpoint.class_names == ()
    assert torch.equal(checkpoint.weights["features.0.weight"], state["features.0.weight"].flip(1))
    evaluate_checkpoint(
        checkpoint=path, dataset=dataset, evaluation=tmp_path / "evaluation.json", settings=EVALUATION,
        with_autoattack=True, network="theirs", seed=5, epoch=42, device="cpu", threads=1,
    )  # fmt: skip
    found = Evaluation.load(tmp_path / "evaluation.json")
    assert (found.clean_accuracy, found.robust_accuracy, found.history) == (None, None, ())
    collect_evaluations(
        evaluations=[tmp_path / "evaluation.json"], table=tmp_path / "table.tsv", history=tmp_path / "history.tsv"
    )
    assert "theirs\tadversarial\t5\t42\t\t" in (tmp_path / "table.tsv").read_text()


def test_a_painter_of_the_package_paints_and_has_no_accuracy_on_other_images(dataset: Path, tmp_path: Path) -> None:
    changes = {**painter_settings("painter:adversarial"), "source": "painter:adversarial"}
    path = imported(dataset, **changes)
    assert load_checkpoint(path).settings["network"]["source"] == "painter:adversarial"
    evaluate_checkpoint(
        checkpoint=path, dataset=dataset, evaluation=tmp_path / "evaluation.json", settings=EVALUATION,
        with_autoattack=True, network="theirs", seed=5, epoch=changes["epoch"], device="cpu", threads=1,
    )  # fmt: skip
    found = Evaluation.load(tmp_path / "evaluation.json")
    assert (found.clean_accuracy, found.robust_accuracy) == (None, None)
