"""Spans of time in buckets: fixed, ever wider, so that a million spans are counted by a few hundred numbers.

A bucket is a number: how many of `EDGES` a span is not under. The edges are 5 % apart, and hold every bound that a
chart shows, so that a bin of a chart is a whole number of buckets. Buckets are kept in the database: whoever changes
`EDGES` changes `EDITION`, and everything is measured anew.
"""

from bisect import bisect_right
from collections.abc import Mapping

from models.figures import Bin

EDITION = 1
"""Of what is measured and how."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

BINS = (
    *(0, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 16 * _HOUR, _DAY, 2 * _DAY, 4 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY),
)
"""The lower bounds of a chart's bins, in seconds; the last has no end."""

_RATIO = 1.05
_LONGEST = 10 * 366 * _DAY


def _edges() -> tuple[int, ...]:
    found, at = set(BINS), 1.0
    while at < _LONGEST:
        found.add(round(at))
        at = max(at * _RATIO, at + 1)
    return tuple(sorted(found - {0}))


EDGES = _edges()
"""Where one bucket ends and the next begins, in seconds; the first bucket begins at 0."""


def bucket_of(seconds: int) -> int:
    """Say which bucket a span is in; a negative one counts as none at all."""
    return bisect_right(EDGES, seconds)


def low_of(bucket: int) -> int:
    """Give the shortest span of a bucket, in seconds."""
    return EDGES[bucket - 1] if bucket else 0


def high_of(bucket: int) -> int:
    """Give the longest span of a bucket, in whole seconds; the last bucket's is where it begins."""
    return EDGES[bucket] - 1 if bucket < len(EDGES) else EDGES[-1]


def bins_of(counts: Mapping[int, int]) -> tuple[Bin, ...]:
    """Sum up leads by bucket into the bins of a chart, without the empty ones at either end."""
    highs = (*BINS[1:], None)
    sums = [0] * len(BINS)
    for bucket, leads in counts.items():
        sums[bisect_right(BINS, low_of(bucket)) - 1] += leads
    found = [Bin(low, high, leads) for low, high, leads in zip(BINS, highs, sums, strict=True)]
    filled = [place for place, one in enumerate(found) if one.leads]
    return tuple(found[filled[0] : filled[-1] + 1]) if filled else ()
