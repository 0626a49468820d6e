"""Tiny networks and images: no downloads, no training."""

import numpy as np
import pytest
import torch
from PIL import Image

from random_norms import with_random_norms
from robust_style.files.checkpoint import Checkpoint, save_checkpoint
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.losses import Scene, Style
from robust_style.transfer.optimise import Observer, Randomness, optimise
from robust_style.transfer.recipe import recipe_from_settings
from robust_style.transfer.stylize import Products

MEAN, STD = (0.49, 0.48, 0.45), (0.20, 0.21, 0.22)
PLAIN = {
    "style_layer_weights": None, "total_variation_weight": 0.0, "style_statistics": "gram",
    "gram_normalisation": "elements",
    "distance": "squared", "activation_smoothing": "none", "padding": "zeros", "learning_rate": 0.05, "clamp": True,
    "line_search": "none", "noise_share": 0.5, "parameterisation": "pixel", "jitter_px": 0,
    "scaling": 0.0, "rotation_degrees": 0.0, "colour_preservation": "none", "style_scale": 1.0, "coarse_scales": [],
    "precision": "auto", "content_target": None,
}  # fmt: skip
FAIR = PLAIN | {
    "style_layers": ["relu1_1", "relu2_1", "relu3_1"],
    "content_layers": ["relu3_2"],
    "style_weight": 300.0,
    "content_weight": 1.0,
    "loss_normalisation": "relative",
    "pooling": "average",
    "optimiser": "lbfgs",
    "initialisation": "content",
    "iterations": 12,
    "snapshots": [0, 6, 12],
}
ORIGINAL = FAIR | {
    "style_layers": ["conv1_1", "conv2_1", "conv3_1"],
    "content_layers": ["conv3_2"],
    "style_weight": 4.0e6,
    "loss_normalisation": "mean",
    "optimiser": "lbfgs_unguarded",
}


@pytest.fixture
def fair():
    return dict(FAIR)


@pytest.fixture
def original_recipe():
    return dict(ORIGINAL)


@pytest.fixture
def recipe():
    """A recipe of the fair settings with some of them changed."""
    return lambda base=FAIR, **changes: recipe_from_settings({**base, **changes})


@pytest.fixture
def encoder(network):
    """Makes encoders of the tiny network: `encoder(recipe)(dtype)`."""
    return lambda recipe: (
        lambda dtype: Encoder(network, recipe.layers, pooling=recipe.pooling, padding=recipe.padding, dtype=dtype)
    )


@pytest.fixture
def scene(images):
    """The two pictures as a scene."""
    return Scene(images[0], [Style(images[1])])


@pytest.fixture
def painted(encoder, scene):
    """Optimises some scenes, one by default, without reports: `painted(recipe, scenes, keep=…)`."""

    def run(recipe, scenes=None, *, keep=(), dtype=torch.float32, report=lambda iteration, loss: None):
        scenes = scenes or [scene]
        return optimise(
            encoder(recipe),
            recipe,
            (lambda scale: scenes) if not callable(scenes) else scenes,
            dtype=dtype,
            randomness=[
                Randomness(torch.Generator().manual_seed(row), torch.Generator().manual_seed(100 + row))
                for row in range(len(scenes) if not callable(scenes) else 1)
            ],
            observers=[Observer(keep, report)] * (len(scenes) if not callable(scenes) else 1),
        )

    return run


@pytest.fixture(scope="session")
def library_network():
    """The library's VGG19 at an eighth of its width, with random batch norms."""
    return with_random_norms(build_network("vgg19", 0.125, 10, seed=1), (0.02, 0.2))


@pytest.fixture
def network(library_network):
    return NormalisedNetwork(library_network, MEAN, STD).eval().requires_grad_(False)


@pytest.fixture
def images():
    """Two different pictures in [0, 1], 32 x 48 and 32 x 32: smooth waves, and stripes."""
    rows, columns = torch.meshgrid(torch.linspace(0, 3, 32), torch.linspace(0, 4, 48), indexing="ij")
    content = torch.stack([rows.sin(), columns.cos(), (rows * columns).sin()]).mul(0.4).add(0.5).unsqueeze(0)
    stripes = torch.linspace(0, 40, 32).sin().repeat(32, 1)
    style = torch.stack([stripes, stripes.T, stripes * stripes.T]).mul(0.45).add(0.5).unsqueeze(0)
    return content.contiguous(), style.contiguous()


@pytest.fixture
def files(tmp_path, library_network, images, products_at):
    """A checkpoint and two prepared images on disk, and what `stylize` is called with."""
    save_checkpoint(
        tmp_path / "epoch_003.pt",
        Checkpoint(
            network="standard", regime="standard", architecture="vgg19", width=0.125,
            class_names=tuple("abcdefghij"), seed=0, epoch=3, settings={}, dataset_sha256="", code="", device="cpu",
            precision="float32", threads=1, determinism={}, versions={}, mean=MEAN, std=STD, history=[],
            weights=library_network.state_dict(), optimiser={},
        ),
    )  # fmt: skip
    for name, image in zip(("content", "style"), images, strict=True):
        pixels = (image[0] * 255).round().permute(1, 2, 0).numpy().astype(np.uint8)
        Image.fromarray(pixels).resize((pixels.shape[1] * 2, pixels.shape[0] * 2)).save(tmp_path / f"{name}.png")
    stem = tmp_path / "content--style"
    return {
        "checkpoint": tmp_path / "epoch_003.pt",
        "images": [tmp_path / "content.png", tmp_path / "style.png"],
        "pairs": [("content", "style")],
        "blends": {},
        "products": [products_at(stem)],
        "labels": {"recipe": "fair", "network": "standard", "regime": "standard", "seed": 0, "epoch": 3},
        "recipe": dict(FAIR),
        "size_px": 32,
        "preview_px": 40,
        "animation_px": 24,
        "animation_frames": 4,
        "seed": 0,
        "device": "cpu",
        "threads": 1,
        "precision": "float32",
    }


@pytest.fixture
def products_at():
    """The output files of a picture with this stem."""
    endings = (".png", ".jpg", ".json", ".snapshots.png", ".gif")
    return lambda stem: Products(*(stem.with_suffix(ending) for ending in endings))
