"""Single parameters by name, as ArviZ writes them: variable[coordinate, ...]."""

import numpy as np
import pandas as pd
import xarray as xr


def labelled(values: xr.Dataset) -> pd.Series:
    """All numbers of all variables, each under its name."""
    parts = {}
    for name, array in values.data_vars.items():
        numbers = array.to_numpy()
        coordinates = [array[dim].to_numpy() for dim in array.dims]
        for place in np.ndindex(array.shape):
            labels = [str(coordinate[i]) for coordinate, i in zip(coordinates, place, strict=True)]
            parts[f"{name}[{', '.join(labels)}]" if labels else str(name)] = float(numbers[place])
    return pd.Series(parts, dtype=float)
