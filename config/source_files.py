"""Sources of leads from files: read, checked, and wrong ones explained line by line. It refuses to keep them."""

import re
from pathlib import Path

from config.model_errors import locate
from config.opening import read_file
from config.reading import read_as
from config.yaml_marks import FileError, Marked, Spot, read_yaml
from models.base import Problem
from models.source import Source
from policy.mapping.compiled import CompiledSource
from policy.mapping.compiling import BadSource, compile_source

SHIPPED = Path(__file__).parent / "sources"
"""Where the sources that Baton ships with are: `typeform.yaml`, `hubspot.yaml` and so on."""

_FIELD = re.compile(r"(mappings\[(\d+)\]\.fields)\.(.+)")


def read_source(source: Path | str, file: str = "source") -> CompiledSource:
    """Read a source from a file (a Path), or from its text. Raises FileError with a line for everything wrong."""
    marked = read_file(source) if isinstance(source, Path) else read_yaml(source, file)
    read = read_as(Source, marked)
    try:
        return compile_source(read)
    except BadSource as error:
        raise FileError(marked.file, tuple(sorted(_spot(marked, one) for one in error.problems))) from None


def _spot(marked: Marked, problem: Problem) -> Spot:
    # A field's name has dots of its own, which are no steps into the file.
    if found := _FIELD.fullmatch(problem.field):
        path: tuple[str | int, ...] = ("mappings", int(found[2]), "fields", found[3])
    else:
        path = locate(marked, problem.field)
    return Spot(marked.key_line(path) if path else 1, problem.field, problem.what)
