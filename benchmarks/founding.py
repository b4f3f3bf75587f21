"""The founding bulletins, a moment of Turkey 2023 and the district snapshots of 2021, forecast anew.

`python -m benchmarks.founding` does it. The tables go to MODEL.md, between the lines `<!-- founding -->` and
`<!-- /founding -->`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import runoff_forecast as rf
from runoff_forecast.evaluate.record import markdown

from .card import README, interval, into_card, marked, points, surnames

ROOT = Path(__file__).resolve().parents[1]
DRAWS = 4000
"""As many as a forecast has unless told otherwise: with the same seed the README's example prints these numbers."""
PERU_2021 = "peru-2021-runoff"
TURKEY = "turkey-2023-runoff"
RUNOFFS = (
    # what, election, file of counts, moment
    ("2021 runoff, 7 June 19:23, districts and nation", PERU_2021, None, "2021-06-07T19:23-05:00"),
    ("the same, by department", PERU_2021, "counts-by-department.csv.gz", "2021-06-07T19:23-05:00"),
    ("the same, national totals alone", PERU_2021, "counts-national.csv", "2021-06-07T19:23-05:00"),
    ("2021 runoff, national totals, first bulletin", PERU_2021, "counts-national.csv", "2021-06-07T00:48-05:00"),
    ("2016 runoff, 6 June, national", "peru-2016-runoff", None, "2016-06-06T10:00-05:00"),
    ("2016 runoff, all processed", "peru-2016-runoff", None, "2016-06-09T15:00-05:00"),
    ("2011 runoff, 5 June, national", "peru-2011-runoff", None, "2011-06-05T22:00-05:00"),
    ("2006 runoff, 4 June, national", "peru-2006-runoff", None, "2006-06-04T21:00-05:00"),
    ("2006 runoff, 5 June, national", "peru-2006-runoff", None, "2006-06-05T12:00-05:00"),
    ("Turkey 2023, 28 May 18:44, by district", TURKEY, None, "2023-05-28T18:44+03:00"),
    ("the same, by province", TURKEY, "counts-by-province.csv.gz", "2023-05-28T18:44+03:00"),
    ("the same, national totals alone", TURKEY, "counts-national.csv", "2023-05-28T18:44+03:00"),
)
IN_README = (0, 1, 3)
"""A good moment, one of counts by department, and a bad one."""
SNAPSHOTS = ("2021-06-07T15:21-05:00", "2021-06-07T18:18-05:00", "2021-06-07T19:54-05:00", "2021-06-08T08:48-05:00")


def main() -> None:
    """Forecast, print, and write into the card."""
    cases = [_row(*case) for case in RUNOFFS]
    snapshots = [(time[5:16].replace("T", " "), PERU_2021, None, time) for time in SNAPSHOTS]
    text = "\n\n".join(
        [
            markdown(pd.DataFrame(cases)),
            "The four district snapshots of 2021 (7 and 8 June, local time), a national bulletin beside each:",
            markdown(pd.DataFrame([_row(*case) for case in snapshots])),
        ]
    )
    into_card("founding", text)
    into_card("founding", markdown(pd.DataFrame([cases[i] for i in IN_README])), README)
    print(text)


def _row(what: str, election: str, file: str | None, moment: str) -> dict[str, str]:
    night = rf.load(election, counts=None if file is None else ROOT / "data" / election / file)
    forecast = rf.forecast(night.counts.until(pd.Timestamp(moment)), draws=DRAWS, seed=1)
    mean, sd, true = float(forecast.mean(forecast.margin)), float(forecast.sd(forecast.margin)), night.result.margin
    (low, high), chances = forecast.interval(0.9), forecast.win_probability
    names = surnames(night.election)
    return {
        "bulletin": marked(what, night.election),
        "counted": f"{forecast.count.counted_share:.1%}",
        "raw": points(forecast.count.margin),
        "forecast ± sd": f"{points(mean)} ± {100 * sd:.2f}",
        "90 % interval": interval(low, high, true),
        "win probability": f"{names[chances.idxmax()]} {100 * chances.max():.1f} %",
        "final": points(true),
        "deviations off": f"{(true - mean) / sd:+.1f}",
    }


if __name__ == "__main__":
    main()
