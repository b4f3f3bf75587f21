"""The order of the house: imports run down, heavy libraries keep to their rooms, functions stay small."""

import ast
import doctest
import importlib
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

import runoff_forecast

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "runoff_forecast"
FACE = "__init__"

# From the bottom up: a room may import any room that stands before it.
ROOMS = (
    "checks", "election", "turnout", "holdings", "batches", "count", "night", "saying", "weighted", "ranking",
    "archive", "contest", "telling", "terminal", "still_out", "outcome", "sources", "models", "evaluate", "charts",
    "report", "cli", "__main__",
)  # fmt: skip
AT_HOME = {
    "pymc": {"models"},
    "pytensor": {"models"},
    "nutpie": {"models"},
    "matplotlib": {"charts", "report"},
    "typer": {"cli"},
    "rich": {"cli", "terminal"},
    "jinja2": {"report"},
    "httpx": {"sources"},
}
FACES = ("", "models", "evaluate", "charts", "report", "sources")
LONGEST_FUNCTION = 60
ONLY_FOR_TYPES = "TYPE_CHECKING"

FILES = sorted(PACKAGE.rglob("*.py"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
RUNS_WHEN_IMPORTED = "__main__.py"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Full names of all modules that a file imports while it runs, names taken from a package included."""
    found: set[str] = set()
    for node in _running(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = ("runoff_forecast", *path.relative_to(PACKAGE).parts)[: -node.level] if node.level else ()
            base = ".".join([*parts, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def _running(node: ast.AST):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ONLY_FOR_TYPES in ast.unparse(child.test):
            continue
        yield child
        yield from _running(child)


def rooms_imported(path: Path) -> set[str]:
    own = {name.split(".")[1] for name in imports(path) if name.startswith("runoff_forecast.")}
    return {room for room in own if room in ROOMS}


def test_every_file_has_its_room():
    assert {room_of(path) for path in FILES} <= {*ROOMS, FACE}


@pytest.mark.parametrize(
    "name",
    [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES if path.name != RUNS_WHEN_IMPORTED],
)
def test_every_file_can_be_imported(name):
    """Those too that no test asks for, as what is run by hand."""
    importlib.import_module(name.removesuffix("." + FACE))


@each_file
def test_imports_run_down(path):
    room = room_of(path)
    if room != FACE:
        above = ROOMS[ROOMS.index(room) + 1 :]
        assert not rooms_imported(path) & set(above)


@each_file
def test_heavy_libraries_keep_to_their_rooms(path):
    heavy = {name.split(".")[0] for name in imports(path)} & set(AT_HOME)
    assert {library for library in heavy if room_of(path) not in AT_HOME[library]} == set()


@each_file
def test_functions_stay_small(path):
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = [(node.name, node.lineno, node.end_lineno - node.lineno + 1) for node in functions]
    assert [told for told in lengths if told[-1] > LONGEST_FUNCTION] == []


@each_file
def test_every_room_says_what_it_is_for(path):
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_a_face_is_a_table_of_contents(path):
    body = tree(path).body
    assert all(isinstance(node, ast.ImportFrom) for node in body[1:])
    assert all(alias.asname == alias.name for node in body[1:] for alias in node.names)


def exported(path: Path) -> list[str]:
    return [alias.name for node in tree(path).body if isinstance(node, ast.ImportFrom) for alias in node.names]


def said_of(path: Path, name: str) -> str | None:
    """What stands below the definition of a function, a class or a constant, wherever a file has it from."""
    body = tree(path).body
    for node, below in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return ast.get_docstring(node)
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if name in [target.id for target in targets if isinstance(target, ast.Name)]:
            return below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else None
        if (
            isinstance(node, ast.ImportFrom)
            and node.level
            and name in [alias.asname or alias.name for alias in node.names]
        ):
            return said_of(module_of(path, node), name)
    raise LookupError(f"{name} is not in {path}")


def module_of(path: Path, node: ast.ImportFrom) -> Path:
    base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@pytest.mark.parametrize(
    ("face", "name"), [(face, name) for face in FACES for name in exported(PACKAGE / face / "__init__.py")]
)
def test_every_name_of_a_face_says_what_it_is(face, name):
    assert said_of(PACKAGE / face / "__init__.py", name)


def test_importing_the_package_loads_nothing_heavy():
    heavy = {
        *AT_HOME,
        "numba",
        "arviz",
        "distributed",
        "pyarrow.parquet",
        "scipy.linalg",
        "scipy.sparse",
        "scipy.special",
    }
    loaded = subprocess.run(
        [sys.executable, "-c", "import runoff_forecast, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.split()
    assert heavy & {*loaded, *(name.split(".")[0] for name in loaded)} == set()


def test_the_example_of_the_face_is_true():
    assert doctest.testmod(runoff_forecast).failed == 0


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, cwd=ROOT, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout, so there is no list of its files")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_place_on_somebody_s_machine():
    absolute = re.compile(r"(?<![\w.~$}/])/(?:home|root|Users|work|tmp|private|mnt)/\w")
    text = {".py", ".md", ".toml", ".yaml", ".csv", ".ipynb", ".html", ".txt", ".json", ""}
    named = {
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.suffix in text
        and path != Path(__file__)
        and absolute.search(path.read_text(encoding="utf-8", errors="ignore"))
    }
    assert named == set()


def test_what_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked_for = [
        *project["dependencies"],
        *(name for group in project["optional-dependencies"].values() for name in group),
    ]
    declared = {re.split(r"[\[<>=!~ ]", name)[0].replace("-", "_") for name in asked_for}
    used = {name.split(".")[0] for path in FILES for name in imports(path)}
    assert used - declared - set(sys.stdlib_module_names) - {"runoff_forecast"} == set()


def test_every_dependency_has_a_reason():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("dependencies = [")
    block = lines[start + 1 : lines.index("]", start)]
    assert len(block) == len(tomllib.loads("\n".join(lines))["project"]["dependencies"])
    assert all("#" in line for line in block)
