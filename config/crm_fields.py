"""What a CRM's fields are called (`BATON_CRM_FIELDS`): read, checked, and wrong ones explained line by line."""

import re
from pathlib import Path

from config.model_errors import spots_of
from config.opening import read_file
from config.reading import read_as
from config.yaml_marks import FileError
from models.base import Problem
from models.crm import CrmField, CrmFields

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_KEYS = (CrmField.LEAD_ID, CrmField.TASK_ID)
"""By these a lead and a task are found again; without them each would be there several times."""


def read_crm_fields(path: Path) -> CrmFields:
    """Read the file. Raises FileError with a line for each mistake."""
    marked = read_file(path)
    read = read_as(CrmFields, marked)
    problems = [problem for field, name in read.fields.items() if (problem := _problem(field, name)) is not None]
    named = [name for name in read.fields.values() if name is not None]
    problems += [
        Problem(field=f"fields.{field}", what=f"{name} is named twice")
        for field, name in read.fields.items()
        if name is not None and named.count(name) > 1
    ]
    if problems:
        raise FileError(str(path), tuple(sorted(spots_of(marked, problems))))
    return read


def _problem(field: CrmField, name: str | None) -> Problem | None:
    if name is None and field in _KEYS:
        return Problem(field=f"fields.{field}", what="cannot be left out: by it the CRM's record is found again")
    if name is not None and not _NAME.fullmatch(name):
        return Problem(field=f"fields.{field}", what="is no name of a field: letters, digits and _")
    return None
