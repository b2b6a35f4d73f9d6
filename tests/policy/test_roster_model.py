"""What a roster file may say about people's zones and absences."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from models.roster import Rep, TimeOff


@pytest.mark.parametrize(
    ("absence", "says"),
    [
        ({"from": "2026-03-02T12:00:00", "to": "2026-03-02T09:00:00"}, "to: lies before from"),
        ({"from": "2026-03-03", "to": "2026-03-02"}, "to: lies before from"),
        ({"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T09:00:00Z"}, "to: lies before from"),
        ({"from": "2026-03-03", "to": "2026-03-02T09:00:00Z"}, "to: lies before from"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(absence: dict[str, Any], says: str) -> None:
    """An absence that would silently never count is an error."""
    with pytest.raises(ValidationError, match=says):
        TimeOff.model_validate_json(json.dumps(absence))


def test_a_zone_that_does_not_exist_is_refused() -> None:
    """A rep on Mars would stop every choice of their pool."""
    with pytest.raises(ValidationError, match="is not a time zone"):
        Rep.model_validate({"id": "ana", "name": "Ana", "team": "emea", "tz": "Mars/Base"})
