"""What all Peruvian elections share: the office's region codes, the tile map and the columns of a register."""

from __future__ import annotations

import pandas as pd

from runoff_forecast.sources.peru import ZONE as ZONE, department, is_abroad as is_abroad, kind, province

REGIONS = (
    # code, name, tile row, tile column: north on top, the Pacific to the left, the continents in the last row
    ("010000", "Amazonas", 1, 2),
    ("020000", "Áncash", 3, 1),
    ("030000", "Apurímac", 5, 3),
    ("040000", "Arequipa", 6, 3),
    ("050000", "Ayacucho", 6, 2),
    ("060000", "Cajamarca", 1, 1),
    ("070000", "Cusco", 5, 4),
    ("080000", "Huancavelica", 5, 2),
    ("090000", "Huánuco", 3, 2),
    ("100000", "Ica", 5, 1),
    ("110000", "Junín", 4, 3),
    ("120000", "La Libertad", 2, 1),
    ("130000", "Lambayeque", 2, 0),
    ("140000", "Lima", 4, 1),
    ("150000", "Loreto", 1, 3),
    ("160000", "Madre de Dios", 5, 5),
    ("170000", "Moquegua", 7, 3),
    ("180000", "Pasco", 4, 2),
    ("190000", "Piura", 1, 0),
    ("200000", "Puno", 6, 4),
    ("210000", "San Martín", 2, 2),
    ("220000", "Tacna", 7, 4),
    ("230000", "Tumbes", 0, 0),
    ("240000", "Callao", 4, 0),
    ("250000", "Ucayali", 3, 3),
    ("910000", "África", 9, 2),
    ("920000", "América", 9, 0),
    ("930000", "Asia", 9, 3),
    ("940000", "Europa", 9, 1),
    ("950000", "Oceanía", 9, 4),
)


def regions() -> pd.DataFrame:
    """The 25 departments (Callao is one) and the five continents, with their place on a tile map."""
    return pd.DataFrame(REGIONS, columns=["region", "name", "tile_row", "tile_column"])


def places(ubigeo: pd.Series, electorate: pd.Series) -> pd.DataFrame:
    """The columns unit, region, area (province, abroad the country) and kind of district codes."""
    return pd.DataFrame(
        {
            "unit": ubigeo,
            "region": department(ubigeo),
            "area": province(ubigeo),
            "kind": kind(electorate, abroad=is_abroad(ubigeo)),
        },
    )
