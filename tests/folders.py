"""A small sound folder, for tests to break."""

from pathlib import Path

ELECTION = """\
id = "made-up"
title = "A made-up runoff"
date = 2021-06-06
timezone = "America/Lima"
rule = "runoff"
unit = "district"

[[candidates]]
id = "ana"
name = "Ana Alva"
list = "Perú Libre"
color = "#c8102e"

[[candidates]]
id = "ben"
name = "Ben Bravo"

[[sources]]
title = "Made up"
publisher = "The tests"
retrieved = 2021-06-18
"""

UNITS = """\
unit,region,kind,stations,electorate,baseline_ballots,baseline_peru_libre,baseline_right
010101,north,urban,10,3000,2200,900,1100
010102,north,rural,5,1400,900,600,200
020101,south,urban,20,6000,4500,1500,2500
020102,south,rural,4,1000,600,400,100
900001,abroad,overseas,6,1800,500,100,300
"""

REGIONS = """\
region,name,tile_row,tile_column
north,The North,0,1
south,The South,1,1
abroad,Abroad,1,0
"""

COUNTS = """\
time,level,place,counted,contested,void,ana,ben,blank,null
2021-06-06T20:00:00-05:00,unit,010101,4,0,0,400,500,10,20
2021-06-06T20:00:00-05:00,unit,020101,10,1,0,900,1200,20,40
2021-06-07T08:00:00-05:00,unit,010101,9,0,1,950,1150,25,45
2021-06-07T08:00:00-05:00,unit,010102,5,0,0,620,250,10,20
2021-06-07T08:00:00-05:00,unit,020101,18,2,0,1700,2200,30,70
2021-06-07T08:00:00-05:00,region,north,14,0,1,1570,1400,35,65
2021-06-07T08:00:00-05:00,nation,,36,2,1,3500,3900,70,140
"""

RESULT = """\
level,place,ana,ben,blank,null
unit,010101,950,1150,25,45
unit,010102,620,250,10,20
unit,020101,1890,2450,33,78
unit,020102,400,210,5,9
unit,900001,150,420,3,6
nation,,4011,4480,76,158
"""

FILES = {
    "election.toml": ELECTION,
    "units.csv": UNITS,
    "regions.csv": REGIONS,
    "counts.csv": COUNTS,
    "result.csv": RESULT,
}


def write_folder(folder: Path) -> Path:
    """Writes the sound folder and gives its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Puts `new` in the place of the first `old`, which must be there."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
