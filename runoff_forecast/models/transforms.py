"""Changes of variables for PyMC, after `coordinates`: what a sampler moves in."""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
from pymc.logprob.transforms import Transform
from pytensor.tensor.variable import TensorVariable as Tensor

from .coordinates import Core, Level


class InScale(Transform):
    """In units of the prior deviation, from the prior mean: non-centred."""

    name = "in_scale"
    ndim_supp = 0

    def forward(self, value: Tensor, *inputs: Tensor) -> Tensor:
        mu, sigma = inputs[-2:]
        return (value - mu) / sigma

    def backward(self, value: Tensor, *inputs: Tensor) -> Tensor:
        mu, sigma = inputs[-2:]
        return mu + sigma * value

    def log_jac_det(self, value: Tensor, *inputs: Tensor) -> Tensor:
        return pt.log(inputs[-1]) + pt.zeros_like(value)


class AsTold(Transform):
    """In deviations of the normal posterior that prior and count would give, everything above held."""

    name = "as_told"
    ndim_supp = 0

    def __init__(self, level: Level) -> None:
        self.information, self.centre = pt.as_tensor(level.information), pt.as_tensor(level.centre)

    def _posterior(self, mu: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        variance = 1.0 / (self.information + sigma**-2)
        return variance * (self.information * self.centre + mu * sigma**-2), pt.sqrt(variance)

    def forward(self, value: Tensor, *inputs: Tensor) -> Tensor:
        mean, deviation = self._posterior(*inputs[-2:])
        return (value - mean) / deviation

    def backward(self, value: Tensor, *inputs: Tensor) -> Tensor:
        mean, deviation = self._posterior(*inputs[-2:])
        return mean + deviation * value

    def log_jac_det(self, value: Tensor, *inputs: Tensor) -> Tensor:
        return -0.5 * pt.log(self.information + inputs[-1] ** -2) + pt.zeros_like(value)


class Whitened(Transform):
    """Turned and stretched to independent standard normals; what the count does not tell moves with its scale."""

    name = "whitened"
    ndim_supp = 0

    def __init__(self, core: Core) -> None:
        inverse = np.linalg.inv(core.factor)
        self.mean, self.deviation, self.free = (
            pt.as_tensor(core.mean),
            pt.as_tensor(core.deviation),
            pt.as_tensor(1.0 - core.told),
        )
        self.turn, self.back = pt.as_tensor(np.swapaxes(inverse, 1, 2)), pt.as_tensor(np.swapaxes(core.factor, 1, 2))
        self.log_volume = pt.as_tensor(-np.log(np.diagonal(core.factor, axis1=1, axis2=2)).T)

    def _stretch(self, sigma: Tensor) -> Tensor:
        return (sigma / self.deviation) ** self.free

    def forward(self, value: Tensor, *inputs: Tensor) -> Tensor:
        return _by_component(self.back, value / self._stretch(inputs[-1]) - self.mean)

    def backward(self, value: Tensor, *inputs: Tensor) -> Tensor:
        return self._stretch(inputs[-1]) * (self.mean + _by_component(self.turn, value))

    def log_jac_det(self, value: Tensor, *inputs: Tensor) -> Tensor:
        return self.log_volume + pt.log(self._stretch(inputs[-1])) + pt.zeros_like(value)


def _by_component(matrices: Tensor, columns: Tensor) -> Tensor:
    """Each of (E, C, C) against its own column of (C, E)."""
    return (matrices @ columns.T[:, :, None])[:, :, 0].T
