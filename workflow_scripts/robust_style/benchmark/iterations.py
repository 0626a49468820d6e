"""One iteration of style transfer, loss and gradient: ours, and as a notebook does it."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from robust_style.data.cifar10 import CIFAR10_MEAN, CIFAR10_STD
from robust_style.data.paintings import paint
from robust_style.data.photographs import photograph
from robust_style.model.layer_graph import vgg_positions
from robust_style.model.network import NormalisedNetwork, build_network, calibrate_batch_norm
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.losses import Objective, Scene, Style
from robust_style.transfer.optimisers.problem import Problem
from robust_style.transfer.recipe import Recipe

_CLASSES = 10
# Side of the painting that is brought to the size of the benchmark.
_PAINTED_PX = 512


def scene_of(size_px: int, device: torch.device) -> Scene:
    """An embedded photograph and a generated painting, both square."""
    images = (photograph("coffee"), paint("flow_field", 1, _PAINTED_PX))
    content, style = (
        F.interpolate(
            torch.from_numpy(image.copy()).permute(2, 0, 1).unsqueeze(0).float() / 255,
            size=(size_px, size_px),
            mode="bilinear",
            antialias=True,
        )
        for image in images
    )
    return Scene(content.to(device), [Style(style.to(device))])


def random_network(width: float, scene: Scene) -> NormalisedNetwork:
    """A VGG19 with random weights, its batch norms calibrated on the two images; speed does not depend on weights."""
    network = NormalisedNetwork(build_network("vgg19", width, _CLASSES), CIFAR10_MEAN, CIFAR10_STD)
    images = [F.interpolate(image.cpu(), size=(64, 64)) for image in (scene.content, scene.styles[0].image)]
    features = network.network.get_submodule("features")
    calibrate_batch_norm(features, [network.normalise(torch.cat(images))])
    return network.eval()


def our_problem(network: NormalisedNetwork, recipe: Recipe, scene: Scene, dtype: torch.dtype) -> Problem:
    """What our optimiser is given."""
    device = scene.content.device

    def encoder(kind: torch.dtype) -> Encoder:
        return Encoder(network, recipe.layers, pooling=recipe.pooling, dtype=kind, device=device)

    objective = Objective(encoder, recipe, [scene], dtype=dtype)
    return Problem(objective, is_float32=objective.is_float32)


def plain_iteration(network: NormalisedNetwork, recipe: Recipe, scene: Scene) -> Callable[[Tensor], Tensor]:
    """Gradient of a picture as notebooks compute it: the whole network, float32, gradients of the weights too.

    Mean squared differences of the recipe's feature maps and Gram matrices by torch's own operations, in
    torch's usual memory format; only the targets are computed once.
    """
    device = scene.content.device
    features = network.network.get_submodule("features").to(device)
    for parameter in features.parameters():
        parameter.requires_grad_(True)
    wanted = {position: layer for layer, position in vgg_positions(list(features.children())).items()}
    modules = [nn.ReLU() if isinstance(module, nn.ReLU) else module for module in features.children()]

    def look(image: Tensor) -> dict[str, Tensor]:
        flowing, maps = network.to(device).normalise(image), {}
        for position, module in enumerate(modules):
            flowing = module(flowing)
            if wanted.get(position) in recipe.layers:
                maps[wanted[position]] = flowing
        return maps

    def gram(maps: Tensor) -> Tensor:
        flat = maps.view(maps.shape[1], -1)
        return flat @ flat.T / flat.numel()

    with torch.no_grad():
        contents = {layer: look(scene.content)[layer] for layer in recipe.content_layers}
        styles = {layer: gram(maps) for layer, maps in look(scene.styles[0].image).items()}

    def evaluate(image: Tensor) -> Tensor:
        leaf = image.detach().requires_grad_()
        maps = look(leaf)
        loss = recipe.content_weight * sum(F.mse_loss(maps[layer], contents[layer]) for layer in recipe.content_layers)
        loss = loss + recipe.style_weight * sum(
            F.mse_loss(gram(maps[layer]), styles[layer]) for layer in recipe.style_layers
        )
        torch.autograd.backward(torch.as_tensor(loss))
        features.zero_grad()
        assert leaf.grad is not None
        return leaf.grad

    return evaluate


def flops(network: NormalisedNetwork, recipe: Recipe, size_px: int) -> float:
    """Floating-point operations of one iteration of a square picture: a pass forward and one to the pixels.

    Two for each multiply-add of the convolutions up to the deepest layer of the recipe; Gram matrices not counted.
    """
    modules = list(network.network.get_submodule("features").children())
    deepest = max(vgg_positions(modules)[layer] for layer in recipe.layers)
    multiply_adds, side = 0, size_px
    for module in modules[: deepest + 1]:
        if isinstance(module, nn.MaxPool2d):
            side //= 2
        elif isinstance(module, nn.Conv2d):
            multiply_adds += module.in_channels * module.out_channels * 9 * side * side
    return 2.0 * multiply_adds * 2
