"""The figures of the model card and of the README are made by commands: each writes between its own two marks, and
nowhere else."""

from __future__ import annotations

from pathlib import Path

import runoff_forecast as rf

CARD = Path(__file__).resolve().parents[1] / "MODEL.md"
README = CARD.with_name("README.md")


def into_card(mark: str, text: str, card: Path = CARD) -> None:
    """Replace what stands between `<!-- mark -->` and `<!-- /mark -->`; nothing where there is no such card or mark."""
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    if not card.exists():
        return
    whole = card.read_text(encoding="utf-8")
    if start in whole and end in whole:
        before, after = whole.split(start)[0], whole.split(end)[1]
        card.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")


def points(share: float) -> str:
    """A share as points, with its sign."""
    return f"{100 * share:+.2f}".replace("-", "−")


def surnames(election: rf.Election) -> dict[str, str]:
    """Candidates' last names by id."""
    return {candidate.id: candidate.name.split()[-1] for candidate in election.candidates}


def interval(low: float, high: float, came: float) -> str:
    """An interval in points, and whether it missed what came."""
    return f"{points(low)} to {points(high)}" + ("" if low <= came <= high else " (missed)")


def marked(text: str, election: rf.Election) -> str:
    """The text, with a mark where the election's register is borrowed."""
    return text + (", *retrospective*" if election.retrospective else "")
