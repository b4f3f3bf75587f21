"""Files that are either whole or not there, so that a killed run can go on where it was."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name beside it, and give it its own name once it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".unfinished-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def digest(*parts: object) -> str:
    """Sixteen letters that differ where any part does: arrays by content, tables by content and names, all else by its
    text."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, pd.DataFrame | pd.Series):
            names = part.columns if isinstance(part, pd.DataFrame) else [part.name]
            content = repr((*names, *part.index.names)).encode() + pd.util.hash_pandas_object(part).to_numpy().tobytes()
        elif isinstance(part, np.ndarray):
            content = np.ascontiguousarray(part).tobytes()
        else:
            content = repr(part).encode()
        found.update(len(content).to_bytes(8) + content)
    return found.hexdigest()[:16]
