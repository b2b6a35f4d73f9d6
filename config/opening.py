"""Opening a file that people wrote: its bytes, never more than one may have, or why it cannot be read."""

from pathlib import Path

from config.yaml_marks import LARGEST, FileError, Marked, Spot, read_yaml


def read_file(path: Path) -> Marked:
    """Read a YAML file with the places of everything in it. Raises FileError, also for one that cannot be opened."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise FileError(str(path), (Spot(1, "", f"cannot be read: {error.strerror or error}"),)) from None
    return read_yaml(content, str(path))
