"""The bundled elections, and the one way in to these and to folders of one's own."""

import difflib
import tomllib
from pathlib import Path

from runoff_forecast.checks.problem import InvalidElection, Problem
from runoff_forecast.night import Night

from .folder import read_night

PACKAGE = Path(__file__).parents[1]


def data_folder() -> Path:
    """Where the bundled elections stand: inside an installed package, or at the top of a checkout."""
    installed = PACKAGE / "data"
    return installed if installed.is_dir() else PACKAGE.parent / "data"


def elections() -> dict[str, str]:
    """The titles of the bundled elections by id."""
    headers = (
        tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(data_folder().glob("*/election.toml"))
    )
    return {header["id"]: header["title"] for header in headers}


def folder_of(election: Path | str) -> Path:
    """The folder of a bundled id, or the folder itself; `./` before a name means the folder.

    Raises `InvalidElection` where there is neither, or where the name alone does not tell which is meant.
    """
    bundled = data_folder() / election
    if isinstance(election, str) and election in _ids():
        if Path(election).is_dir() and not Path(election).samefile(bundled):
            expected = f"'./{election}' for this folder; without, it is a bundled election that is called so"
            raise InvalidElection([Problem(election, None, None, election, expected)])
        return bundled
    if str(election) and Path(election).exists():
        return Path(election)
    near = difflib.get_close_matches(str(election), _ids(), n=1)
    hint = " (did you mean '" + near[0] + "'?)" if near else ""
    expected = "a folder, or one of the bundled elections " + ", ".join(_ids()) + hint
    raise InvalidElection([Problem(str(election), None, None, None, expected + "; there is no such folder")])


def load(election: Path | str, *, counts: Path | str | None = None) -> Night:
    """A bundled election by its id, or a folder; `counts` names a file that takes the place of the folder's own counts.

    Raises `InvalidElection` or `InvalidCount` with every problem at once.
    """
    return read_night(folder_of(election), counts=counts)


def _ids() -> list[str]:
    return sorted(path.parent.name for path in data_folder().glob("*/election.toml"))
