"""How long something is, in words. Apart, so that whoever says only that loads nothing else."""

from datetime import timedelta


def span(length: timedelta) -> str:
    """Write a duration by its two largest units: "2 d 3 h", "12 s"."""
    rest = max(0, round(length.total_seconds()))
    parts = []
    for unit, seconds in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, seconds)
        if number:
            parts.append(f"{number} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"
