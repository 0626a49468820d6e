import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from robust_style.errors import ImageError
from robust_style.model.layer_graph import vgg_positions
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.gram import gram_matrix
from robust_style.transfer.losses import Objective, Scene, Style, smoothed


def objective_of(network, recipe, images, dtype=torch.float32):
    def encoder(kind):
        return Encoder(network, recipe.layers, pooling=recipe.pooling, dtype=kind)

    return Objective(encoder, recipe, [Scene(images[0], [Style(images[1])])], dtype=dtype)


def notebook_losses(network, recipe, content, style, image):
    """The original notebook's losses, transcribed: hooks on the unfolded network, average pooling."""
    features = network.network.features
    modules = [
        nn.AvgPool2d(2, 2) if isinstance(module, nn.MaxPool2d) else nn.ReLU() if isinstance(module, nn.ReLU) else module
        for module in features
    ]
    plain, seen = nn.Sequential(*modules), {}
    handles = [
        plain[vgg_positions(features)[layer]].register_forward_hook(
            lambda module, inputs, output, layer=layer: seen.__setitem__(layer, output.clone())
        )
        for layer in recipe.layers
    ]

    def look(picture):
        plain(network.normalise(picture))
        return dict(seen)

    def gram(maps):
        batch, channels, height, width = maps.size()
        flat = maps.view(batch * channels, height * width)
        return torch.mm(flat, flat.t()).div(batch * channels * height * width)

    content_maps, style_maps, maps = look(content), look(style), look(image)
    for handle in handles:
        handle.remove()
    content_loss = sum(functional.mse_loss(maps[layer], content_maps[layer]) for layer in recipe.content_layers)
    style_loss = sum(functional.mse_loss(gram(maps[layer]), gram(style_maps[layer])) for layer in recipe.style_layers)
    return content_loss, style_loss


def test_losses_of_the_original_recipe_equal_the_notebook(network, images, recipe, original_recipe):
    settings = recipe(original_recipe)
    noise = torch.rand(images[0].shape, generator=torch.Generator().manual_seed(5))
    losses = objective_of(network, settings, images)(noise)
    content, style = notebook_losses(network, settings, *images, noise)
    assert losses.content.item() == pytest.approx(content.item(), rel=1e-5)
    assert losses.style.item() == pytest.approx(style.item(), rel=1e-5)
    assert losses.total.item() == pytest.approx(4e6 * style.item() + content.item(), rel=1e-5)


def paper_losses(encoder, layers, content, style, image, smooth):
    """Sums of squared differences of smoothed maps and of their Gram matrices, in NumPy and float64."""

    def maps(picture):
        return {
            layer: smooth(layer, features[0].double().numpy())
            for layer, features in encoder(picture.to(torch.float32)).items()
        }

    def gram(features):
        flat = features.reshape(len(features), -1)
        return flat @ flat.T

    of_content, of_style, of_image = maps(content), maps(style), maps(image)
    return (
        {layer: float(((of_image[layer] - of_content[layer]) ** 2).sum()) for layer in layers},
        {layer: float(((gram(of_image[layer]) - gram(of_style[layer])) ** 2).sum()) for layer in layers},
    )


def softmax_over_all(layer, features):
    exponentials = np.exp(features - features.max())
    return exponentials / exponentials.sum()


def scaled_where_deep(layer, features):
    return features * (0.001 if layer in ("relu2_1", "relu3_1", "relu3_2") else 1.0)


def three_pictures(images):
    square = images[0][..., :32].contiguous()
    return square, images[1], torch.rand(square.shape, generator=torch.Generator().manual_seed(5))


def test_softmax_smoothing_is_the_paper_s_in_relative_losses(network, images, recipe):
    settings = recipe(activation_smoothing="softmax")
    content, style, image = three_pictures(images)
    encoder = Encoder(network, settings.layers, pooling="average")
    here, at_content = (
        paper_losses(encoder, settings.style_layers, content, style, picture, softmax_over_all)[1]
        for picture in (image, content)
    )
    losses = objective_of(network, settings, (content, style))(image)
    expected = sum(here[layer] / at_content[layer] for layer in settings.style_layers) / 3
    assert losses.style.item() == pytest.approx(expected, rel=1e-3)
    (layer,) = settings.content_layers
    difference = paper_losses(encoder, [layer], content, style, image, softmax_over_all)[0][layer]
    target = softmax_over_all(layer, encoder(content)[layer][0].double().numpy())
    spread = ((target - target.mean((1, 2), keepdims=True)) ** 2).sum()
    assert losses.content.item() == pytest.approx(difference / spread, rel=1e-3)


def test_softmax_smoothing_has_a_mean_of_1_over_channels_and_positions(recipe):
    maps = {"relu3_2": torch.randn(2, 5, 3, 4, generator=torch.Generator().manual_seed(0)).bfloat16()}
    features = smoothed(recipe(activation_smoothing="softmax"), maps)["relu3_2"]
    assert features.dtype == torch.float32
    torch.testing.assert_close(features.mean((1, 2, 3)), torch.ones(2))
    # not over channels alone, nor over positions alone
    assert features.mean(1).std() > 0.1
    assert features.mean((2, 3)).std() > 0.1
    # the ratio of two values is the exponential of their difference, wherever they are
    wide = maps["relu3_2"].float()
    ratio = (wide[0, 1, 2, 3] - wide[0, 4, 0, 1]).exp()
    torch.testing.assert_close(features[0, 1, 2, 3] / features[0, 4, 0, 1], ratio)


@pytest.mark.parametrize("size", [(32, 32), (64, 64)])
def test_softmax_smoothing_does_not_see_the_size_of_a_repeated_picture(recipe, size):
    tile = torch.rand(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    large = tile.repeat(1, 1, size[0] // 8, size[1] // 8)
    settings = recipe(activation_smoothing="softmax")
    grams = [gram_matrix(smoothed(settings, {"relu1_1": maps})["relu1_1"]) for maps in (tile, large)]
    torch.testing.assert_close(grams[0], grams[1])


def test_scaled_layers_are_the_two_deepest_of_style_and_other_content(network, images, recipe):
    settings = recipe(activation_smoothing="scale", loss_normalisation="sum")
    content, style, image = three_pictures(images)
    encoder = Encoder(network, settings.layers, pooling="average")
    of_content, of_style = paper_losses(encoder, settings.layers, content, style, image, scaled_where_deep)
    losses = objective_of(network, settings, (content, style))(image)
    assert losses.content.item() == pytest.approx(of_content["relu3_2"] / 2, rel=1e-4)
    count = {layer: encoder(content)[layer][0].numel() for layer in settings.style_layers}
    expected = sum(of_style[layer] / count[layer] ** 2 for layer in settings.style_layers) / 4
    assert losses.style.item() == pytest.approx(expected, rel=1e-4)


def test_without_smoothing_feature_maps_are_the_encoder_s(recipe):
    maps = {"relu1_1": torch.rand(1, 2, 3, 3)}
    assert smoothed(recipe(), maps) is maps


def test_relative_losses_are_0_and_1_at_the_content_image(network, images, recipe):
    losses = objective_of(network, recipe(), images)(images[0])
    assert losses.content.item() == 0
    assert losses.style.item() == pytest.approx(1, rel=1e-6)
    assert losses.total.item() == pytest.approx(300, rel=1e-6)


def test_the_style_loss_is_0_at_the_style_image(network, images, recipe):
    square = images[0][..., :32].contiguous()
    assert objective_of(network, recipe(), (square, images[1]))(images[1]).style.item() == 0


@pytest.mark.parametrize("layers", [["relu3_2"], ["relu2_2", "relu3_2"]])
def test_relative_content_loss_is_1_where_only_the_average_is_left(network, images, recipe, layers, monkeypatch):
    settings = recipe(content_layers=layers, style_weight=0.0)
    encoder = Encoder(network, layers, pooling="average")
    averages = {layer: maps.mean((2, 3), keepdim=True).expand_as(maps) for layer, maps in encoder(images[0]).items()}
    objective = Objective(lambda dtype: encoder, settings, [Scene(images[0], [Style(images[1])])])
    monkeypatch.setattr(Encoder, "__call__", lambda self, image: averages)
    assert objective(images[0]).content.item() == pytest.approx(1, rel=1e-5)


def test_relative_losses_do_not_see_the_scale_of_a_network(network, images, recipe):
    # all first-layer responses twice as strong: batch norm's weight and bias doubled, conv1_1 tapped after ReLU
    settings = recipe(style_layers=["relu1_1"], content_layers=["relu1_1"])
    noise = torch.rand(images[0].shape, generator=torch.Generator().manual_seed(5))
    before = objective_of(network, settings, images)(noise)
    norm = network.network.features[1]
    norm.weight.data.mul_(2), norm.bias.data.mul_(2)
    after = objective_of(network, settings, images)(noise)
    norm.weight.data.div_(2), norm.bias.data.div_(2)
    assert after.content.item() == pytest.approx(before.content.item(), rel=1e-5)
    assert after.style.item() == pytest.approx(before.style.item(), rel=1e-5)


@pytest.mark.parametrize("base", ["fair", "original_recipe"])
def test_gradient_against_finite_differences(network, images, recipe, base, request):
    settings = recipe(request.getfixturevalue(base))
    content, style = (image.double() for image in images)
    objective = objective_of(network.double(), settings, (content, style), torch.float64)
    generator = torch.Generator().manual_seed(3)
    image = torch.rand(content.shape, generator=generator, dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(objective(image).total.sum(), image)
    direction = torch.randn(content.shape, generator=generator, dtype=torch.float64)
    step = 1e-6
    with torch.no_grad():
        ahead, behind = (objective(image + sign * step * direction).total.item() for sign in (1, -1))
    network.float()
    assert (gradient * direction).sum().item() == pytest.approx((ahead - behind) / (2 * step), rel=1e-5)


def test_each_picture_of_a_batch_has_its_own_loss(network, images, recipe):
    noise = torch.rand(images[0].shape, generator=torch.Generator().manual_seed(5))
    scenes = [Scene(images[0], [Style(images[1])]), Scene(noise, [Style(images[1].flip(1))])]

    def encoder(dtype):
        return Encoder(network, recipe().layers, pooling="average", dtype=dtype)

    batch = Objective(encoder, recipe(), scenes)
    pictures = torch.cat([noise.flip(2), noise.flip(3)])
    both = batch(pictures).total
    assert both.shape == (2,)
    for row, scene in enumerate(scenes):
        alone = Objective(encoder, recipe(), [scene])(pictures[row : row + 1]).total
        torch.testing.assert_close(both[row : row + 1], alone, rtol=1e-4, atol=0)
        torch.testing.assert_close(batch(pictures[row : row + 1], [row]).total, alone, rtol=1e-4, atol=0)


def test_style_and_content_of_one_image_are_refused(network, images, recipe):
    with pytest.raises(ImageError, match="equal Gram matrices at relu1_1"):
        objective_of(network, recipe(), (images[0], images[0]))


def test_a_plain_content_image_is_refused(network, images, recipe):
    # padding makes the border of deeper maps differ, so only a first map of one position a pixel would be constant
    flat = torch.full((1, 3, 32, 32), 0.5)
    objective = objective_of(network, recipe(loss_normalisation="mean"), (flat, images[1]))
    assert objective(flat).content.item() == 0
    black = torch.as_tensor(network.mean).view(1, 3, 1, 1).expand(1, 3, 32, 32).contiguous()
    with pytest.raises(ImageError, match="constant feature map"):
        objective_of(network, recipe(content_layers=["conv1_1"], style_layers=["relu2_1"]), (black, images[1]))
