"""Analytics: the week hour by hour: when leads come, when they are answered, and when nobody is there (R50)."""

from collections.abc import Callable

from api.console.analytics_asked import Asked
from api.console.analytics_speed import about
from api.console.analytics_view import Built, Stat, View, stat
from api.console.charts import Column, Figure, Hour, Kind, Sheet, heat, spans_to
from api.console.charts.heat import hour_named
from api.console.words import number
from models.figures import TOO_FEW, HeatCell, HeatMap


async def build(asked: Asked) -> Built:
    """Show four weeks: received, answered, waits, people."""
    found = await asked.figures.hours(asked.filters, asked.now)
    sheet = _sheet(found)
    figures = [
        _figure(asked, sheet, "When leads come", "Received in that hour. {framed}", found, _received),
        _figure(asked, sheet, "When leads are answered", "First accepted in that hour.", found, _answered),
        _figure(
            asked,
            sheet,
            "How long they wait that come then",
            "By when half of them are accepted; a stronger colour is longer. Hours of fewer than 5 stay empty.",
            found,
            _waits,
        ),
    ]
    if any(one.people is not None for one in found.cells):
        says = "Active reps on shift in this week's calendars; who has time off is counted, too. {framed}"
        figures.append(_figure(asked, sheet, "Who is on shift", says, found, _people))
    received = sum(one.received for one in found.cells)
    gaps = [one for one in found.cells if one.gap]
    return Built(
        says=_sentences(found, received, gaps),
        stats=[
            Stat("Leads", number(received)),
            _busiest_stat(found),
            *([stat("Came while nobody was on shift", found.unstaffed)] if found.unstaffed else []),
            Stat("Hours with a gap", number(len(gaps)), "leads come, nobody is on shift", "late" if gaps else ""),
        ],
        figures=figures,
        notes=["Hours are those of the lead's team, where it is. Shifts are of the present week, whatever was then."],
    )


def _sentences(found: HeatMap, received: int, gaps: list[HeatCell]) -> list[str]:
    if not received:
        return ["No lead came in this while."]
    most = max(one.received for one in found.cells)
    if most < TOO_FEW:
        says = [f"No hour of the week has {TOO_FEW} leads yet: too few to tell which is the busiest."]
    else:
        says = [f"Most leads come in the hour from {_busiest(found)}: {number(most)} of {number(received)}."]
    if gaps:
        worst = max(gaps, key=lambda one: one.received)
        leads = "1 lead came" if worst.received == 1 else f"{number(worst.received)} leads came"
        says.append(f"The widest gap is {hour_named(worst.hour)}: {leads} while nobody is on shift.")
    return says


def _busiest_stat(found: HeatMap) -> Stat:
    most = max(one.received for one in found.cells)
    if most < TOO_FEW:
        return Stat("Busiest hour", "–", "too few to tell")
    return Stat("Busiest hour", _busiest(found), f"{number(most)} leads")


def _busiest(found: HeatMap) -> str:
    return hour_named(max(found.cells, key=lambda one: one.received).hour)


def _figure(
    asked: Asked, sheet: Sheet, title: str, says: str, found: HeatMap, made: Callable[[HeatCell], Hour]
) -> Figure:
    framed = "Framed: leads come while nobody is on shift." if any(one.gap for one in found.cells) else ""
    sentence = says.format(framed=framed).strip()
    drawing = heat(f"{title}, by hour of the week", [made(one) for one in found.cells])
    return Figure(title, sentence, drawing, sheet, csv=asked.csv(sheet.name))


def _received(one: HeatCell) -> Hour:
    return _hour(one.received, f"{hour_named(one.hour)}: {number(one.received)} received", gap=one.gap)


def _answered(one: HeatCell) -> Hour:
    return _hour(one.answered, f"{hour_named(one.hour)}: {number(one.answered)} answered")


def _people(one: HeatCell) -> Hour:
    people = one.people or 0
    return _hour(people, f"{hour_named(one.hour)}: {number(people)} on shift", gap=one.gap)


def _hour(count: int, note: str, *, gap: bool = False) -> Hour:
    return Hour(count, _short(count) if count or gap else "", note, gap)


def _waits(one: HeatCell) -> Hour:
    if one.half_s is None or one.received < TOO_FEW:
        return Hour(None, "", f"{hour_named(one.hour)}: too few to tell, n = {one.received}")
    minutes = one.half_s / 60
    written = f"{minutes:.0f}m" if minutes < 100 else f"{minutes / 60:.0f}h" if minutes < 6000 else "4d+"
    note = f"{hour_named(one.hour)}: half within {about(one.half_s)}, n = {one.received}"
    return Hour(_STEPS.at(one.half_s), written, note)


_STEPS = spans_to(4 * 86_400)


def _short(count: int) -> str:
    return str(count) if count < 1000 else f"{count / 1000:.0f}k"


def _sheet(found: HeatMap) -> Sheet:
    return Sheet(
        "hours",
        (
            Column("hour", "Hour"),
            Column("hour_of_week", "", Kind.KEY),
            Column("received", "Received", Kind.COUNT),
            Column("answered", "Answered", Kind.COUNT),
            Column("half_s", "Half within", Kind.SPAN),
            Column("kept", "Kept", Kind.SHARE),
            Column("promises", "Promises", Kind.COUNT),
            Column("people", "On shift", Kind.COUNT),
        ),
        tuple(
            (
                *(hour_named(one.hour), one.hour, one.received, one.answered),
                one.half_s if one.received >= TOO_FEW else None,
                one.kept.rate if one.kept.tells else None,
                *(one.kept.of, one.people),
            )
            for one in found.cells
        ),
    )


VIEW = View("hours", "Hours", "The week, hour by hour", "When leads come, and when nobody is there to answer.", build)
