"""Instants as they are told: to people in words, to programs in RFC 3339."""

from datetime import UTC, datetime


def instant(at: datetime | None) -> str:
    """Write an instant for people: "2026-03-02 09:00:00 UTC"."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def stamp(at: datetime | None) -> str | None:
    """Write an instant for programs: "2026-03-02T09:00:00Z"."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
