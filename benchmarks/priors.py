"""The model card's table of priors, from the code itself: `python -m benchmarks.priors`."""

from __future__ import annotations

import ast
import inspect

from runoff_forecast.models import Priors, learnt_priors

from .card import into_card


def main() -> None:
    """Write the table between the marks `priors` of MODEL.md."""
    into_card("priors", table())


def table() -> str:
    """One row a prior: name, default, what past counts make of it, and the docstring that says its unit and reason."""
    default, learnt, said = Priors(), learnt_priors(), _docstrings()
    rows = ["| prior | default | learnt | unit and reason |", "|---|---|---|---|"]
    for name, reason in said.items():
        value, pooled = getattr(default, name), getattr(learnt, name)
        rows.append(f"| `{name}` | {value:g} | {'' if pooled == value else f'{pooled:.3g}'} | {reason} |")
    return "\n".join(rows)


def _docstrings() -> dict[str, str]:
    """Of each field: the string below it, empty where there is none."""
    body, said = ast.parse(inspect.getsource(Priors)).body[0].body, {}
    for statement, below in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign):
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
            said[statement.target.id] = " ".join(str(text).split())
    return said


if __name__ == "__main__":
    main()
