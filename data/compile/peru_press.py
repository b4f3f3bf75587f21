"""The nights of 2006, 2011 and 2016 from the national bulletins that the press printed.

Two tables are joined by election and percentage: the reference timelines, and press-additions.csv beside this file with
what other pages print of the same bulletins and the exact time each bulletin is given. A cut that does not print every
candidate of the election is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from data.compile import peru, peru_2016
from data.compile.common import DATA, write_table

ADDITIONS = Path(__file__).with_name("press-additions.csv")

TIMELINES = {
    # name in the reference file: (election, candidate A, candidate B)
    "peru2006_round1_second_place": ("peru-2006-first-round", "garcia", "flores"),
    "peru2006_runoff": ("peru-2006-runoff", "garcia", "humala"),
    "peru2011_runoff": ("peru-2011-runoff", "humala", "fujimori"),
    "peru2016_runoff": ("peru-2016-runoff", "kuczynski", "fujimori"),
}

ELECTIONS = {
    "peru-2006-first-round": ("humala", "garcia", "flores"),
    "peru-2006-runoff": ("garcia", "humala"),
    "peru-2011-first-round": ("humala", "fujimori", "kuczynski", "toledo", "castaneda"),
    "peru-2011-runoff": ("humala", "fujimori"),
    "peru-2016-runoff": ("kuczynski", "fujimori"),
}
"""Candidates that a cut must print; first rounds have the rest as `other`."""

FINAL_VOTES = {
    "peru-2006-first-round": {"humala": 3_758_258, "garcia": 2_985_858, "flores": 2_923_280, "other": 2_607_989},
    "peru-2006-runoff": {"garcia": 6_965_017, "humala": 6_270_080},
    # the sixth and smaller lists together: what the printed share of the first (31.699 %) leaves, to within 250 votes
    "peru-2011-first-round": {
        "humala": 4_643_064,
        "fujimori": 3_449_595,
        "kuczynski": 2_711_450,
        "toledo": 2_289_561,
        "castaneda": 1_440_143,
        "other": 113_538,
    },
    "peru-2011-runoff": {"humala": 7_937_704, "fujimori": 7_490_647},
    "peru-2016-runoff": {"kuczynski": 8_596_937, "fujimori": 8_555_880},
}

ELECTORATE = {
    # (at home, abroad): 2006 the bulletin of 13 June 2006 and the printed electorates by continent; 2011 the register
    2006: (16_494_906 - 456_598, 456_598),
    2011: (19_949_915 - 754_154, 754_154),
}

PRINTED_GAP = {("peru-2006-runoff", 95.5): 705_000, ("peru-2016-runoff", 92.0): 103_000}
"""Leads in votes that stand beside shares too coarse to give them back."""

STATIONS_2016 = 77_307
SHEETS_2016 = {
    # percentage as printed: (counted, under review); where it is of processed sheets, those under review come off.
    97.09: (73_793, 1_270),
    99.07: (round(0.9907 * STATIONS_2016) - 1_270, 1_270),
    99.77: (STATIONS_2016 - 173, 173),
}


def compile_first_round_2006(reference: Path) -> None:
    """Write data/peru-2006-first-round."""
    compile_borrowed("peru-2006-first-round", reference)


def compile_runoff_2006(reference: Path) -> None:
    """Write data/peru-2006-runoff."""
    compile_borrowed("peru-2006-runoff", reference)


def compile_first_round_2011(reference: Path) -> None:
    """Write data/peru-2011-first-round."""
    compile_borrowed("peru-2011-first-round", reference)


def compile_runoff_2011(reference: Path) -> None:
    """Write data/peru-2011-runoff."""
    compile_borrowed("peru-2011-runoff", reference)


def compile_borrowed(election: str, reference: Path) -> None:
    """An election without a register of its own: national cuts over the geography of 2016, scaled to its electorate."""
    folder = DATA / election
    home, abroad = ELECTORATE[int(election.split("-")[1])]
    write_table(peru.regions(), folder / "regions.csv")
    write_table(peru_2016.borrowed_register(reference, home=home, abroad=abroad), folder / "units.csv.gz")
    rows = night(election, reference)
    rows.insert(3, "counted_share", (rows.pop("percent") / 100).round(6))
    write_table(rows, folder / "counts.csv")
    write_table(pd.DataFrame([nation_row(election)]), folder / "result.csv")


def compile_runoff_2016(reference: Path) -> None:
    """Write data/peru-2016-runoff: real register and result, national cuts with whole stations."""
    folder = DATA / "peru-2016-runoff"
    write_table(peru.regions(), folder / "regions.csv")
    write_table(peru_2016.register(reference), folder / "units.csv.gz")
    rows = night("peru-2016-runoff", reference)
    sheets = [SHEETS_2016.get(cut, (round(cut / 100 * STATIONS_2016), 0)) for cut in rows.pop("percent")]
    rows[["counted", "contested"]] = sheets
    columns = ["time", "level", "place", "counted", "contested", "kuczynski", "fujimori"]
    write_table(rows[columns], folder / "counts.csv")
    votes = peru_2016.read_runoff(reference).rename(columns={"unit": "place"}).assign(level="unit")
    totals = votes[["blank", "null"]].sum()
    nation = pd.DataFrame([nation_row("peru-2016-runoff") | totals.to_dict()])
    result = pd.concat([votes, nation], ignore_index=True)
    write_table(result[["level", "place", "kuczynski", "fujimori", "blank", "null"]], folder / "result.csv.gz")


def nation_row(election: str) -> dict[str, object]:
    """The proclaimed votes as a row of result.csv."""
    return {"level": "nation", "place": "", **FINAL_VOTES[election]}


def night(election: str, reference: Path) -> pd.DataFrame:
    """time, level, place, percent and votes of every cut that prints all candidates, in order of time."""
    cuts = read_cuts(reference)
    cuts = cuts[cuts["election"] == election]
    candidates = list(ELECTIONS[election])
    wide = cuts.pivot_table(index="percent", columns="candidate", values=["share", "votes"], dropna=False)
    share = wide["share"].reindex(columns=candidates).dropna()
    printed = wide["votes"].reindex_like(share)
    votes = votes_of_cuts(election, share, printed)
    times = exact_times(election).reindex(share.index)
    rows = votes.reset_index().assign(time=times.to_numpy(), level="nation", place="")
    rows = rows.dropna(subset="time").sort_values("time")
    if not rows["percent"].is_monotonic_increasing:
        raise ValueError(f"{election}: the times of press-additions.csv do not follow the percentages")
    return rows[["time", "level", "place", "percent", *votes.columns]].reset_index(drop=True)


def votes_of_cuts(election: str, share: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Votes where printed, else share times the valid votes of the cut; `other` is what is left of them."""
    final = FINAL_VOTES[election]
    total = valid_votes(share, printed, final)
    if "other" not in final:
        share = share.div(share.sum(axis=1), axis=0) * 100
    votes = printed.fillna(share.mul(total, axis=0) / 100)
    for (of, percent), gap in PRINTED_GAP.items():
        if of == election:
            votes.loc[percent] = (total[percent] + np.array([gap, -gap])) / 2
    if "other" in final:
        votes["other"] = (total - votes.sum(axis=1)).clip(lower=0)
    return votes.round().astype(int)


def valid_votes(share: pd.DataFrame, printed: pd.DataFrame, final: dict[str, int]) -> pd.Series:
    """Valid votes of each cut: printed votes over their shares, and between such cuts interpolated per percent counted.

    The volume is drawn towards that of the final result; the shares are not.
    """
    known = printed.notna()
    total = printed.sum(axis=1) / (share.where(known).sum(axis=1) / 100)
    if known.shape[1] == 2:
        total = printed.sum(axis=1, skipna=False)
    rate = (total / total.index)[lambda rates: rates.notna() & np.isfinite(rates)]
    rate = pd.concat([rate[rate.index < 100], pd.Series({100.0: sum(final.values()) / 100})])
    between = np.interp(share.index, rate.index, rate)
    return total.where(known.any(axis=1), pd.Series(between * share.index, index=share.index))


def read_cuts(reference: Path) -> pd.DataFrame:
    """Every printed figure in one tidy table: election, percent, candidate, share (in percent), votes."""
    additions = pd.read_csv(ADDITIONS).dropna(subset="candidate")
    parts = [read_pairs(reference), read_first_round_2011(reference), additions]
    columns = ["election", "percent", "candidate", "share", "votes"]
    cuts = pd.concat([part[columns] for part in parts], ignore_index=True).dropna(subset=["percent", "share"])
    return cuts.drop_duplicates(["election", "percent", "candidate"], keep="last")


def read_pairs(reference: Path) -> pd.DataFrame:
    """The timeline of two candidates a cut, made tidy."""
    table = pd.read_csv(reference / "timelines" / "peru-national.csv").rename(columns={"pct_actas": "percent"})
    name = table["election"].str.split("(", regex=False).str[0]
    final = table["local_time"].isin(["final", "official"])
    sides = []
    for position, side in enumerate("AB", start=1):
        columns = {f"share_{side}": "share", f"votes_{side}": "votes"}
        part = table.rename(columns=columns)[~final]
        sides.append(
            part.assign(
                election=name.map(lambda key: TIMELINES[key][0]),
                candidate=name.map(lambda key, at=position: TIMELINES[key][at]),
            )
        )
    return pd.concat(sides, ignore_index=True)


def read_first_round_2011(reference: Path) -> pd.DataFrame:
    """The timeline of the 2011 first round, made tidy; its last row is the final result."""
    table = pd.read_csv(reference / "timelines" / "peru-2011-first-round.csv").iloc[:-1]
    tidy = table.melt(["election", "pct_counted"], list(ELECTIONS["peru-2011-first-round"]), "candidate", "share")
    return tidy.rename(columns={"pct_counted": "percent"}).assign(votes=np.nan)


def exact_times(election: str) -> pd.Series:
    """The time given to each cut, by percentage, as ISO 8601 text with offset."""
    additions = pd.read_csv(ADDITIONS)
    own = additions[additions["election"] == election].drop_duplicates("percent")
    local = pd.to_datetime(own["time"]).dt.tz_localize(peru.ZONE)
    return pd.Series(local.map(lambda stamp: stamp.isoformat()).to_numpy(), index=own["percent"].astype(float))


COMPILERS: dict[str, Callable[[Path], None]] = {
    "peru-2016-runoff": compile_runoff_2016,
    "peru-2011-runoff": compile_runoff_2011,
    "peru-2006-runoff": compile_runoff_2006,
    "peru-2006-first-round": compile_first_round_2006,
    "peru-2011-first-round": compile_first_round_2011,
}
