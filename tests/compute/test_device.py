"""Device, precision, their description, determinism switches, and the message when memory runs out."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from robust_style.compute import device as device_module
from robust_style.compute.determinism import determinism_switches, make_deterministic
from robust_style.compute.device import autocast, choose_device, choose_precision, describe_device
from robust_style.compute.memory import available_bytes, within_memory
from robust_style.errors import ConfigError
from rule_script import SCRIPTS

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
        ("gpu", "expected auto, cpu, cuda or cuda:N, found gpu"),
        ("cuda:x", r"expected auto, cpu, cuda or cuda:N, found cuda:x"),
        ("cuda:2", "expected cuda:0 to cuda:1 on this machine, found cuda:2"),
    ],
)
def test_other_names_of_devices_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
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


SWITCHES = """
import json, sys
import robust_style.workflow.entry
from robust_style.provenance.job import _torch_state
is_light = _torch_state() is None and "torch" not in sys.modules and "numpy" not in sys.modules
from robust_style.compute.determinism import make_deterministic
flags = make_deterministic(1)
import torch
set_by_it = [
    torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled(),
    torch.get_num_threads(), torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark,
    torch.backends.cudnn.deterministic,
]
print(json.dumps([is_light, flags, _torch_state(), set_by_it]))
"""


def test_deterministic_switches_are_set_and_recorded_and_torch_is_imported_only_by_those_who_need_it() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", SWITCHES], cwd=SCRIPTS, capture_output=True, text=True, check=True,
        env={"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    is_light, flags, state, set_by_it = json.loads(answer.stdout)
    assert is_light
    assert set_by_it == [True, False, 1, False, False, True]
    assert flags == {
        "threads": 1, "deterministic_algorithms": True, "cublas_workspace": ":4096:8", "cudnn_benchmark": False,
        "cudnn_deterministic": True, "tf32": False,
    }  # fmt: skip
    assert state.pop("instructions")
    assert state == flags | {"device": "cpu"}


def test_threads_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="threads"):
        make_deterministic(0)


def test_a_gpu_is_described_with_its_libraries_and_its_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    driver = tmp_path / "version"
    driver.write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build  (someone@somewhere)\n"
        "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0)\n"
    )
    monkeypatch.setattr(device_module, "_DRIVER_VERSION", driver)
    for name, value in {
        "is_initialized": True, "get_device_name": "NVIDIA H100 80GB HBM3", "get_device_capability": (9, 0),
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, lambda value=value: value)
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91002)
    description = describe_device()
    assert description.pop("instructions")
    assert description == {
        "device": "NVIDIA H100 80GB HBM3", "compute_capability": "9.0", "cuda": "12.8", "cudnn": 91002,
        "driver": "550.54.15",
    }  # fmt: skip


def test_an_environment_variable_of_another_form_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "a secret")
    assert determinism_switches()["cublas_workspace"] is None


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.\nlong advice"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 99 bytes."),
        MemoryError(),
    ],
)
def test_out_of_memory_names_the_key_to_lower(error: Exception) -> None:
    with pytest.raises(ConfigError) as caught, within_memory("transfer.size_px", 4096, "lower it"):
        raise error
    assert str(caught.value).startswith("transfer.size_px is 4096: out of memory (")
    assert str(caught.value).endswith("); lower it")
    assert "\n" not in str(caught.value)


def test_this_torch_s_own_message_is_recognised() -> None:
    with pytest.raises(ConfigError, match="out of memory"), within_memory("transfer.size_px", 4096, "lower it"):
        torch.empty(2**46)


def test_other_errors_pass_through() -> None:
    with pytest.raises(RuntimeError, match="shapes"), within_memory("transfer.size_px", 4096, "lower it"):
        raise RuntimeError("shapes do not fit")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
def test_what_is_available_is_no_more_than_the_machine_has() -> None:
    available = available_bytes(torch.device("cpu"))
    assert available is not None
    assert 0 < available < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
def test_a_limit_of_the_address_space_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 2**30 + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))
    available = available_bytes(torch.device("cpu"))
    assert available is not None
    assert available < 2**30
