import pytest
import torch

from robust_style.errors import ConfigError
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.precision import autocast, choose_precision
from robust_style.training.processes import Processes

CPU = torch.device("cpu")


def test_device_is_taken_as_named_and_auto_follows_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device("cpu") == CPU
    for is_there, kind in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda is_there=is_there: is_there)
        assert choose_device("auto").type == kind


def test_cuda_demanded_and_absent_is_refused_with_both_ways_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"found torch .*device: cpu.*NVIDIA driver"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gpu", r"found 'gpu'; did you mean cuda\?"),
        ("mps", "mps is not supported yet .*; use cpu"),
        ("cuda:x", r"expected auto, cpu, cuda or cuda:N, found 'cuda:x'; did you mean cuda"),
        ("cuda:2", "expected cuda:0 to cuda:1 on this machine, found cuda:2"),
    ],
)
def test_other_names_of_devices_are_answered_with_the_right_one(
    monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ConfigError, match=words):
        choose_device(name)


def test_a_numbered_device_becomes_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    current: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert current == [torch.device("cuda", 1)]
    with pytest.raises(ConfigError, match=r"cuda:1 names one device, but training\.processes is 2"):
        Processes(0, 2).demand_devices(torch.device("cuda", 1))


@pytest.mark.parametrize(("has_amx", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_auto_precision_on_a_cpu_asks_for_amx(has_amx: bool, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": has_amx})
    assert choose_precision("auto", CPU) == expected


def test_auto_precision_where_torch_cannot_tell_is_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert choose_precision("auto", CPU) == "float32"


@pytest.mark.parametrize(("major", "expected"), [(7, "float32"), (8, "bfloat16"), (9, "bfloat16")])
def test_auto_precision_on_cuda_asks_for_ampere(major: int, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (major, 0))
    assert choose_precision("auto", torch.device("cuda")) == expected


def test_named_precision_is_kept_and_others_refused() -> None:
    assert choose_precision("float32", CPU) == "float32"
    assert choose_precision("bfloat16", CPU) == "bfloat16"
    with pytest.raises(ConfigError, match="'half'"):
        choose_precision("half", CPU)


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_autocast_decides_what_matrix_products_give(precision: str, dtype: torch.dtype) -> None:
    with autocast(precision, CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_make_deterministic_sets_what_it_records() -> None:
    flags = make_deterministic(1)
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.get_num_threads() == flags["threads"] == 1
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.deterministic
    with pytest.raises(ValueError, match="threads"):
        make_deterministic(0)
