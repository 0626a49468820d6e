import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor

from robust_style.transfer.root_covariance import REGULARISATION, mean_and_root_covariance


def random_maps(seed: int, channels: int = 3, positions: int = 50) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
    values = torch.randn(channels, positions, generator=generator, dtype=torch.float64)
    shift = torch.randn(channels, 1, generator=generator, dtype=torch.float64)
    return (mixing @ values + shift).view(1, channels, 5, positions // 5)


def test_mean_and_root_of_the_covariance():
    maps = random_maps(0)
    root, mean = mean_and_root_covariance(maps)[0].split([3, 1])
    flat = maps.flatten(2)[0].numpy()
    covariance = np.cov(flat, bias=True)
    covariance += REGULARISATION * np.trace(covariance) / 3 * np.eye(3)
    np.testing.assert_allclose(root @ root, covariance, rtol=1e-9)
    np.testing.assert_allclose(mean[0], flat.mean(1), rtol=1e-9)


def wasserstein(first: Tensor, second: Tensor) -> float:
    """The squared 2-Wasserstein distance of two Gaussians (Dowson and Landau 1982)."""
    roots = [part[:-1].numpy() for part in (first, second)]
    one, other = (root @ root for root in roots)
    cross = np.real(np.trace(sqrtm(roots[0] @ other @ roots[0])))
    return float((first[-1] - second[-1]).square().sum()) + float(np.trace(one + other)) - 2 * float(cross)


@pytest.mark.parametrize("seed", range(5))
def test_its_distance_is_never_below_that_of_gaussians(seed):
    first, second = (mean_and_root_covariance(random_maps(number))[0] for number in (seed, seed + 100))
    distance, least = float((first - second).square().sum()), wasserstein(first, second)
    assert least <= distance <= 2 * least


def test_its_distance_is_that_of_gaussians_where_channels_are_uncorrelated():
    # two channels at plus and minus a: variance a², no covariance
    def maps(first: float, second: float) -> Tensor:
        rows = [[first, first, -first, -first], [second, -second, second, -second]]
        return torch.tensor(rows, dtype=torch.float64).view(1, 2, 2, 2)

    one, other = (mean_and_root_covariance(part)[0] for part in (maps(1, 2), maps(3, 5)))
    assert float((one - other).square().sum()) == pytest.approx(wasserstein(one, other), rel=1e-9)
    assert float((one - other).square().sum()) == pytest.approx((3 - 1) ** 2 + (5 - 2) ** 2, rel=1e-2)


@pytest.mark.parametrize("positions", [50, 5])  # fewer positions than channels and regularisation must cope
def test_gradient_against_finite_differences(positions):
    maps = random_maps(1, channels=6, positions=positions)
    assert torch.autograd.gradcheck(mean_and_root_covariance, maps.requires_grad_())


def test_a_mask_is_a_crop():
    maps = random_maps(2)
    half = torch.zeros(1, 1, 5, 10, dtype=torch.float64)
    half[..., :4] = 1
    torch.testing.assert_close(mean_and_root_covariance(maps, half), mean_and_root_covariance(maps[..., :4]))
    torch.testing.assert_close(mean_and_root_covariance(maps, torch.ones_like(half)), mean_and_root_covariance(maps))


def test_a_constant_map_has_a_finite_gradient():
    maps = torch.ones(1, 4, 3, 3).requires_grad_()
    mean_and_root_covariance(maps).square().sum().backward()
    assert maps.grad is not None
    assert maps.grad.isfinite().all()
