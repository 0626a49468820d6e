"""`load_painter` and `paint` from Python, and what Apple's GPU could not compute."""

import subprocess
import sys
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils._python_dispatch import TorchDispatchMode

import robust_style
from fault_server import FaultServer, Offer, fault_server, impatient
from foreign_files import torch_bytes
from robust_style import load_painter, paint
from robust_style.compute.determinism import determinism_switches
from robust_style.errors import ConfigError, DownloadError, ImageError
from robust_style.transfer import paint_photo
from robust_style.transfer import painter as painter_module

LAYERS = {"style_layers": ["relu1_1"], "content_layers": ["relu2_1"], "precision": "float32"}


@pytest.fixture
def painter(files):
    return load_painter(files["checkpoint"])


@pytest.fixture
def painted(files, painter):
    """Paints the photo of `files`; further arguments replace the usual ones."""

    def run(photo=files["images"][0], paintings=files["images"][1], **more):
        usual = {"recipe": "fair", "size_px": 32, "settings": LAYERS | {"iterations": 3}}
        return paint(photo, paintings, painter, **(usual | more))

    return run


def pixels(picture):
    return np.asarray(picture)


def test_the_package_loads_torch_only_for_painting():
    code = (
        "import sys, robust_style; assert 'torch' not in sys.modules; robust_style.paint; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
    with pytest.raises(AttributeError, match="has no attribute 'draw'"):
        robust_style.draw  # noqa: B018


def test_paths_images_and_tensors_give_the_same_picture(painted, files):
    photo, painting = (Image.open(path) for path in files["images"])
    tensors = [torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 for image in (photo, painting)]
    first = painted()
    assert (first.mode, first.size) == ("RGB", (48, 32))
    for other in (painted(str(files["images"][0]), [files["images"][1]]), painted(photo, painting), painted(*tensors)):
        assert (pixels(first) == pixels(other)).all()


def test_an_image_in_memory_is_converted_as_a_file_is(painted, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    notes = []
    image = Image.new("RGBA", (96, 64), (200, 10, 10, 128))
    image.paste((0, 90, 0, 255), (0, 0, 40, 64))
    image.save(tmp_path / "photo.png", exif=exif)
    from_memory = painted(Image.open(tmp_path / "photo.png"), say=notes.append)
    assert notes == ["photo: transparent: composed on white"]
    assert from_memory.size == (32, 48)
    assert (pixels(from_memory) == pixels(painted(tmp_path / "photo.png"))).all()
    assert painted(tmp_path / "photo.png", keep_alpha=True).mode == "RGBA"


def test_equal_arguments_give_equal_pictures_and_the_switches_of_torch_return(painted):
    before = determinism_switches()
    noise = {"settings": LAYERS | {"iterations": 1, "initialisation": "noise"}}
    first, second, third = (pixels(painted(seed=seed, **noise)) for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != third).any()
    assert determinism_switches() == before


def test_the_callback_sees_each_iteration_and_pictures_are_made_when_asked_for(painted):
    seen = []

    def callback(progress):
        picture = progress.picture() if progress.iteration == 3 else None
        seen.append((progress.iteration, progress.iterations, progress.loss, picture and picture.size))

    settings = LAYERS | {"iterations": 2, "coarse_scales": [{"scale": 0.5, "iterations": 2}]}
    picture = painted(size_px=64, settings=settings, callback=callback)
    assert [entry[:2] for entry in seen] == [(0, 4), (1, 4), (2, 4), (2, 4), (3, 4), (4, 4)]
    assert seen[-2][3] == picture.size == (96, 64)
    assert picture.info["robust_style"]["iterations"] == 4
    assert picture.info["robust_style"]["loss"] == (seen[3][2], seen[-1][2])


def test_an_exception_of_the_callback_ends_the_painting(painted):
    best = []

    def callback(progress):
        if progress.iteration == 1:
            best.append(progress.best_picture())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        painted(callback=callback)
    assert best[0].size == (48, 32)


def test_iterations_of_coarse_scales_change_in_proportion():
    scales = paint_photo.recipe_settings("painterly", {"iterations": 6})["coarse_scales"]
    assert [scale["iterations"] for scale in scales] == [6, 5]
    given = [{"scale": 0.5, "iterations": 9}]
    assert paint_photo.recipe_settings("painterly", {"iterations": 6, "coarse_scales": given})["coarse_scales"] == given


def test_several_paintings_with_weights_and_masks(painted, files):
    half = Image.new("L", (96, 64))
    half.paste(255, (0, 0, 48, 64))
    two = list(reversed(files["images"]))
    settings = {"settings": LAYERS | {"iterations": 2, "loss_normalisation": "mean"}}
    blends = [pixels(painted(paintings=two, weights=weights, **settings)) for weights in ([1.0, 1.0], [9.0, 1.0])]
    assert (blends[0] != blends[1]).any()
    mask = torch.from_numpy(np.array(half)).div(255).repeat(3, 1, 1)
    masked = [pixels(painted(paintings=two, masks=[each, None], **settings)) for each in (half, mask)]
    assert (masked[0] == masked[1]).all()
    assert (masked[0] != blends[0]).any()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"photo": torch.full((3, 40, 40), 1.5)}, ImageError, "photo: expected a floating-point tensor of 3 x height"),
        ({"photo": torch.zeros(40, 40, 3)}, ImageError, r"found torch.float32 of \(40, 40, 3\)"),
        ({"photo": torch.zeros(3, 40, 40, dtype=torch.uint8)}, ImageError, "found torch.uint8"),
        ({"photo": torch.zeros(3, 20, 40)}, ImageError, "photo: expected at least 32 px on each side, found 40x20 px"),
        ({"photo": Image.new("HSV", (40, 40))}, ImageError, "photo: expected 8 or 16 bits per channel"),
        ({"photo": "absent.png"}, ImageError, "absent.png: expected a picture, found no such file"),
        ({"paintings": []}, ConfigError, "expected at least one painting"),
        ({"weights": [1.0, 2.0]}, ConfigError, "found 1 paintings, 2 weights and 1 masks"),
        ({"weights": [0.0]}, ConfigError, "weights: expected finite numbers above 0"),
        ({"recipe": "fare"}, ConfigError, "there is no recipe 'fare'; did you mean fair?"),
        ({"settings": {"strokes": 2}}, ConfigError, "setting 'strokes': no such key"),
        (
            {"settings": {"iterations": "many"}},
            ConfigError,
            "setting iterations: expected a whole number, found 'many'",
        ),
        ({"size_px": 31}, ConfigError, "size: expected 32 px or more, found 31"),
        ({"device": "gpu"}, ConfigError, "device: expected auto"),
    ],
)
def test_a_mistake_is_an_error(painted, changes, error, message):
    with pytest.raises(error, match=message):
        painted(**changes)


@pytest.mark.parametrize("name", ["standard", "adversarial"])
def test_the_painters_of_the_package_are_loaded_silently(name, capsys):
    painter = load_painter(name)
    assert (painter.name, painter.architecture) == (name, "vgg19")
    assert not painter.network.training
    assert capsys.readouterr().err == ""


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A server with a truncated VGG-19 for ImageNet in place of torchvision's, and an empty cache of torch's hub."""
    shapes = {0: (64, 3), 2: (64, 64), 5: (128, 64)}
    random = torch.Generator().manual_seed(0)
    weights = {f"features.{at}.weight": torch.randn(*shape, 3, 3, generator=random) / 9 for at, shape in shapes.items()}
    biases = {f"features.{at}.bias": torch.zeros(shape[0]) for at, shape in shapes.items()}
    content = torch_bytes(weights | biases)
    digits = sha256(content).hexdigest()[:8]
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    with fault_server() as server:
        impatient(monkeypatch)
        url = server.offer(f"/models/vgg19-{digits}.pth", Offer([content]))
        monkeypatch.setattr(painter_module, "_IMAGENET_URL", url)
        monkeypatch.setattr(painter_module, "_IMAGENET_SHA256", digits)
        yield server


def test_imagenet_is_downloaded_once(hub: FaultServer, tmp_path, painted, capsys):
    for _ in range(2):
        painter = load_painter("imagenet")
    assert painter.architecture == "imagenet_vgg19"
    (offer,) = hub.offers.values()
    assert len(offer.asked) == 1
    (file,) = (tmp_path / "torch" / "hub" / "checkpoints").glob("*.pth")
    assert file.name.startswith("vgg19-")
    assert capsys.readouterr().err == ""


def test_imagenet_without_a_network_is_one_sentence(hub: FaultServer, tmp_path, capsys):
    hub.offers.clear()
    with pytest.raises(DownloadError) as error:
        load_painter("imagenet")
    assert "no source delivered the file" in str(error.value)
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    assert f"on another machine and put it into {folder}." in str(error.value)
    assert capsys.readouterr().err == ""


class WithoutFloat64(TorchDispatchMode):
    """Refuses float64 wherever it is not on the CPU by an explicit conversion: Apple's GPU has no float64.

    The device of the test is the CPU, so a tensor does not show where it would be. Float64 may come from float64, from
    `to("cpu", torch.float64)`, and from no tensor at all.
    """

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        keywords = keywords or {}
        result = function(*arguments, **keywords)
        inputs = [value for value in torch.utils._pytree.tree_leaves((arguments, keywords)) if torch.is_tensor(value)]
        outputs = [value for value in torch.utils._pytree.tree_leaves(result) if torch.is_tensor(value)]
        wide = (torch.float64, torch.complex128)
        goes_to_cpu = keywords.get("device") == torch.device("cpu")
        is_new = any(value.dtype in wide for value in outputs) and not any(value.dtype in wide for value in inputs)
        assert not (is_new and inputs and not goes_to_cpu), f"float64 from {function}"
        sizes = {value.dtype in wide for value in inputs if value.dim()}
        assert len(sizes) < 2 or function.overloadpacket == torch.ops.aten.copy_, f"float64 and others in {function}"
        return result


@pytest.mark.parametrize(
    "settings",
    [
        {"coarse_scales": [{"scale": 0.5, "iterations": 2}], "padding": "replicate"},
        {"colour_preservation": "luminance"},
        {"colour_preservation": "histogram"},
        {"style_statistics": "root_covariance", "loss_normalisation": "mean"},
        {"optimiser": "adam", "parameterisation": "fourier", "jitter_px": 2, "rotation_degrees": 3, "scaling": 0.1},
        {"optimiser": "lbfgs_unguarded", "initialisation": "blend"},
        {"content_target": 0.5},
    ],
)
def test_painting_needs_no_float64_on_the_device(painted, monkeypatch, settings):
    monkeypatch.setattr(paint_photo, "choose_device", lambda name: torch.device("cpu"))
    with WithoutFloat64():
        painted(
            size_px=64, device="mps", settings=LAYERS | {"iterations": 2} | settings, callback=lambda p: p.picture()
        )


def test_the_mode_sees_float64():
    with WithoutFloat64(), pytest.raises(AssertionError, match="float64 from"):
        torch.ones(2).double()
    with WithoutFloat64():
        torch.ones(2).to("cpu", torch.float64)
