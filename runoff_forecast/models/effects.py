"""The effects by name: where each stands in the core, and which scales the night tells."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

SUPPORT, TURNOUT = 0, 1
"""The two fields: columns of scales and of the prior's deviations."""


class Scale(IntEnum):
    """Deviations that are integrated out: the rows of all (5, 2) arrays of scales, whose columns are the fields."""

    COVARIATE = 0
    """Of the coefficients of covariates."""
    REGION = 1
    AREA = 2
    UNIT = 3
    DRIFT = 4
    """A factor on the deviations of drift, the nation's and the regions'."""

    @property
    def label(self) -> str:
        """Its name in text and in tables."""
        return self.name.lower()


WIDTHS = {
    Scale.COVARIATE: ("covariate", "turnout_covariate"),
    Scale.REGION: ("region", "turnout_region"),
    Scale.AREA: ("area", "turnout_area"),
    Scale.UNIT: ("unit", "turnout_unit"),
    Scale.DRIFT: ("drift", "drift"),
}
"""The priors that are the half-normal widths of a scale, of support and of turnout."""


class CoreRows(NamedTuple):
    """Where the effects that touch many units stand among the rows of the core."""

    fixed: slice
    region: slice
    drift_nation: int
    drift: slice

    @classmethod
    def of(cls, fixed: int, regions: int) -> CoreRows:
        """The rows of so many fixed effects and regions."""
        nation = fixed + regions
        return cls(slice(0, fixed), slice(fixed, nation), nation, slice(nation + 1, nation + 1 + regions))

    @property
    def total(self) -> int:
        """How many rows the core has."""
        return self.drift.stop

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """How many rows each block has, in order."""
        regions = self.region.stop - self.region.start
        return self.fixed.stop, regions, 1, regions

    def parts(self, core: np.ndarray) -> dict[str, np.ndarray]:
        """The blocks of a core by name; the nation's drift keeps an axis of length one."""
        return dict(zip(self._fields, np.split(core, np.cumsum(self.sizes)[:-1]), strict=True))


def core_of(
    *, fixed: ArrayLike, region: ArrayLike, drift_nation: ArrayLike, drift: ArrayLike, axis: int = 0
) -> np.ndarray:
    """The core from its blocks, the nation's drift with an axis of length one."""
    return np.concatenate([fixed, region, drift_nation, drift], axis=axis)
