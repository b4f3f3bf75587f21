"""Every notebook runs from top to bottom, tells its answer first, defines nothing and keeps no output."""

import ast
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
PATIENCE = 600
"""Seconds for one cell: a machine that is busy elsewhere is slow, not wrong."""
PAGE_WIDTH = 600
"""Pixels of a chart in a notebook."""

pytestmark = pytest.mark.notebook
nbformat = pytest.importorskip("nbformat", reason="the extra 'notebooks' is not installed")
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_notebook
def test_the_answer_stands_below_the_title(path):
    title, answer = nbformat.read(path, as_version=4).cells[:2]
    assert title.source.startswith("# ")
    assert answer.cell_type == "markdown"
    assert answer.source.startswith("**The answer.**")


@each_notebook
def test_nothing_is_defined_and_no_output_is_kept(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell.source))]
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda) for node in nodes)


# zmq's and the kernel's own warnings are not the notebook's
@pytest.mark.filterwarnings("default")
@each_notebook
def test_it_runs(path):
    nbclient = pytest.importorskip("nbclient", reason="the extra 'notebooks' is not installed")
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parents[1])}}
    nbclient.NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", resources=where).execute()
    drawn = [cell for cell in notebook.cells if cell.cell_type == "code" and re.search("^draw_", cell.source, re.M)]
    shown = [[output for output in cell.outputs if "image/png" in output.get("data", {})] for cell in drawn]
    assert all(shown)
    assert {output.metadata["image/png"]["width"] for outputs in shown for output in outputs} <= {PAGE_WIDTH}
