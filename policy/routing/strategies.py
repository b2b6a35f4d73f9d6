"""Among whom of a pool's eligible members the rotation chooses, and how much each of them counts (R9, R22).

Only those on the shortlist take part in a turn and are credited for it, so the ledger's promises hold among them. Who
is not on it has nothing against them: they are next, as backups. This room refuses to choose one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from models.roster import Pool, Rep, Strategy
from policy.routing.suiting import Suits


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The weights of those the rotation chooses among, and of the others why not, in the order they are next.

    `fits` are what `best_fit` found of everybody; nothing under any other strategy.
    """

    weights: Mapping[str, int]
    others: Mapping[str, str]
    fits: Mapping[str, Suits]


NOBODY = Shortlist({}, {}, {})
"""Nobody is eligible."""


def weight_of(pool: Pool | None, rep: Rep) -> int:
    """Give how much a rep counts in a pool's rotation: once in `round_robin`, else as the pool or the rep says."""
    if pool is None:
        return rep.weight
    return 1 if pool.strategy is Strategy.ROUND_ROBIN else pool.weights.get(rep.id, rep.weight)


def shortlist(
    pool: Pool,
    eligible: Sequence[Rep],
    loads: Mapping[str, int],
    suited: Callable[[], Mapping[str, Suits]],
) -> Shortlist:
    """Put those on the list whom the pool's strategy finds even and ahead of the rest; `suited` is asked if need be."""
    if not eligible:
        return NOBODY
    match pool.strategy:
        case Strategy.LEAST_LOADED:
            return _least_loaded(pool, eligible, loads)
        case Strategy.BEST_FIT:
            return _best_fit(pool, eligible, suited())
        case _:
            return Shortlist({rep.id: weight_of(pool, rep) for rep in eligible}, {}, {})


def _least_loaded(pool: Pool, eligible: Sequence[Rep], loads: Mapping[str, int]) -> Shortlist:
    """Prefer whoever has the smallest part of their capacity in hand; equal parts are equal to the last digit."""
    part = {rep.id: loads.get(rep.id, 0) / rep.capacity for rep in eligible}
    least = min(part.values())
    listed = {rep.id: weight_of(pool, rep) for rep in eligible if part[rep.id] == least}
    rest = sorted((rep for rep in eligible if rep.id not in listed), key=lambda rep: (part[rep.id], rep.id))
    busier = {rep.id: f"busier: {loads.get(rep.id, 0)} of {rep.capacity} open" for rep in rest}
    return Shortlist(listed, busier, {})


def _best_fit(pool: Pool, eligible: Sequence[Rep], fits: Mapping[str, Suits]) -> Shortlist:
    best = max(fits[rep.id].points for rep in eligible)
    listed = {rep.id: weight_of(pool, rep) for rep in eligible if fits[rep.id].points == best}
    rest = sorted((rep for rep in eligible if rep.id not in listed), key=lambda rep: (-fits[rep.id].points, rep.id))
    worse = {rep.id: f"suits less: {_points(fits[rep.id].points)}, best has {best:g}" for rep in rest}
    return Shortlist(listed, worse, fits)


def _points(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"
