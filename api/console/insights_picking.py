"""Analytics: do reps pick? How much they differ on like leads, and how much of that is more than chance (R48)."""

from collections.abc import Sequence
from functools import partial

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_view import Built, Stat, View
from api.console.charts import Column, Figure, Kind, Sheet
from api.console.charts.dots import Dot, dots
from api.console.words import number, share
from models.figures import Dimension
from policy.insight.alike import ENOUGH, LIMITS, Held, Spread, Stands, limit, spread

STANDS = {
    Stands.FEW: "too few to tell",
    Stands.WITHIN: "like the others",
    Stands.NEAR: "may be chance",
    Stands.BELOW: "clearly fewer",
    Stands.ABOVE: "clearly more",
}
TONES = {Stands.FEW: 6, Stands.WITHIN: 1, Stands.NEAR: 4, Stands.BELOW: 2, Stands.ABOVE: 3}
SURE = 0.05
MOST_NAMED = 5


async def build(asked: Asked) -> Built:
    """Hold reps against each other on like leads: what they accept, and what becomes of it."""
    insights = asked.front.store.insights
    accepted = spread(await insights.accepted(asked.filters))
    converted = spread(await insights.converted(asked.filters))
    return Built(
        says=[
            *_sentences(asked, accepted, "accept", "offers"),
            *(_sentences(asked, converted, "convert", "accepted leads") if _tells(converted) else []),
            *_picking(asked, accepted, converted),
        ],
        stats=[
            _differ("Accepting differs by", accepted),
            _differ("Converting differs by", converted),
            Stat("Like offers compared", number(accepted.leads), "answered or let pass, given by rules"),
        ],
        figures=[
            _figure(asked, accepted, "accepted", "Accepted, on like leads", "Offers that were accepted"),
            _figure(asked, converted, "converted", "Opportunities, on like leads", "Accepted leads that came to one"),
        ],
        notes=[
            "Like leads are of the same type, intent and fit; a kind that only one rep had is left out.",
            f"Nobody is judged on fewer than {ENOUGH} leads. Sick days, hours and languages matter, too: ask.",
            "Who picks accepts clearly fewer of like leads and converts more of those; either alone is no picking.",
        ],
    )


def _tells(found: Spread) -> bool:
    return sum(one.stands is not Stands.FEW for one in found.people) >= 2


def _differ(label: str, found: Spread) -> Stat:
    if found.p is None or not _tells(found):
        return Stat(label, "–", f"too few to tell, n = {number(found.leads)}")
    sure = "clearly more than chance" if found.p < SURE else "not more than chance makes"
    return Stat(label, f"±{100 * found.beyond:.0f} points", f"{sure}, n = {number(found.leads)}")


def _sentences(asked: Asked, found: Spread, do: str, what: str) -> list[str]:
    judged = [one for one in found.people if one.stands is not Stands.FEW]
    if not _tells(found):
        return [f"Too few {what} of like leads to tell whether reps differ (n = {number(found.leads)})."]
    far = [one for one in judged if one.stands in (Stands.BELOW, Stands.ABOVE)]
    if not far:
        nobody = f"On like leads no rep of {len(judged)} {do}s clearly more or fewer than the others"
        if found.p is not None and found.p < SURE:
            return [f"{nobody}, yet together they differ more than chance makes."]
        return [f"{nobody}: the differences are what chance makes."]
    said = [f"On like leads {len(far)} of {len(judged)} reps {do} clearly more or fewer than the others."]
    for one in sorted(far, key=lambda one: -abs(one.z))[:MOST_NAMED]:
        name, rate = asked.names.of(Dimension.REP, one.who), share(one.came / one.leads)
        said.append(f"{name} {do}s {rate} (n = {number(one.leads)}), expected {share(one.expected / one.leads)}.")
    return said


def _picking(asked: Asked, accepted: Spread, converted: Spread) -> list[str]:
    """Name who accepts clearly fewer and converts more, which is what picking looks like."""
    fewer = {one.who for one in accepted.people if one.stands is Stands.BELOW}
    more = {one.who for one in converted.people if one.stands in (Stands.ABOVE, Stands.NEAR) and one.z > 0}
    names = sorted(asked.names.of(Dimension.REP, one) for one in fewer & more)
    if not names:
        return []
    told = f"Fewer accepted and more of them converted: {', '.join(names)}."
    return [told, "That is what picking looks like; ask before you judge."]


def _figure(asked: Asked, found: Spread, name: str, title: str, says: str) -> Figure:
    sheet, rate = _sheet(asked, found, name), found.rate
    drawn = [_dot(asked, one) for one in found.people if one.rate is not None and one.weight > 0]
    drawing = Markup()
    if rate is not None and drawn:
        curves = [partial(_within, rate, one) for one in LIMITS]
        drawing = dots(title, drawn, rate, curves, "like leads that it is worth")
    return Figure(
        title,
        f"{says}, put right for who had which kind. Between the dashed lines are 95\u00a0% by chance alone, between "
        "the dotted ones 99.8\u00a0%.",
        drawing,
        sheet,
        [(STANDS[one], f"s{TONES[one]}") for one in Stands if any(held.stands is one for held in found.people)],
        asked.csv(sheet.name),
        empty="No two reps had like leads in this while.",
    )


def _within(rate: float, confidence: float, weight: float) -> tuple[float, float]:
    return limit(rate, weight, confidence)


def _dot(asked: Asked, one: Held) -> Dot:
    name = asked.names.of(Dimension.REP, one.who)
    told = f"{name}: {share(one.rate)}, {number(one.came)} of {number(one.leads)}, {STANDS[one.stands]}"
    label = name if one.stands in (Stands.BELOW, Stands.ABOVE) else ""
    return Dot(one.weight, one.rate or 0.0, told, label, TONES[one.stands])


def _sheet(asked: Asked, found: Spread, name: str) -> Sheet:
    return Sheet(
        name,
        (
            Column("name", "Rep"),
            Column("leads", "Like leads", Kind.COUNT),
            Column("came", name.capitalize(), Kind.COUNT),
            Column("expected", "Expected", Kind.NUMBER),
            Column("share", "Share", Kind.SHARE),
            Column("share_alike", "Put right", Kind.SHARE),
            Column("low", "By chance, from", Kind.SHARE),
            Column("high", "to", Kind.SHARE),
            Column("stands", "So"),
            Column("rep_id", "", Kind.KEY),
        ),
        tuple(_rows(asked, found)),
    )


def _rows(asked: Asked, found: Spread) -> Sequence[tuple[str | int | float | None, ...]]:
    rate, rows = found.rate or 0.0, []
    for one in found.people:
        tells = one.stands is not Stands.FEW
        low, high = limit(rate, one.weight, LIMITS[0])
        shares = (one.came / one.leads, one.rate, low, high) if tells else (None, None, None, None)
        name = asked.names.of(Dimension.REP, one.who)
        rows.append((name, one.leads, one.came, one.expected, *shares, STANDS[one.stands], one.who))
    return rows


VIEW = View("picking", "Picking", "Like leads, different hands", "Whether reps choose what they accept.", build)
