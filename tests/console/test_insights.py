"""The insights: each says what one can count by hand, and is silent where too few would speak."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from api.console.insights_experiments import difference, proposal
from db import tables
from db.conversions import ArmCount
from db.tables.words import End
from db.trials import Draft, Trial
from models.access import Role
from models.trial import ExperimentPlan, Goal, TrialKind
from policy.insight.buckets import bucket_of
from policy.insight.quarter import quarter_of
from policy.trials.experiment import Arm, Call, Counted, fisher
from runtime import clock
from runtime.standing import Standing
from tests.api.house import Doors
from tests.console.house import visiting
from tests.console.test_analytics import lead, measured, rows

PICKING = "/analytics/picking"


def offers(rep_id: str, accepted: int, of: int, qualified: int = 0, **more: Any) -> Iterable[tables.OfferMeasure]:
    """Make offers of one kind to a rep; those that are accepted come first, and of these the opportunities."""
    day = (clock.now() - timedelta(days=2)).date()
    for place in range(of):
        taken = place < accepted
        given: dict[str, Any] = {
            "lead_id": f"{rep_id}-{more.get('fit', '')}-{place}", "offer": 1, "day": day, "rep_id": rep_id,
            "source": "web", "type": "inbound", "team": "demo", "policy": "p1", "intent": "high", "fit": "good",
            "accepted_b": bucket_of(60) if taken else None, "ended": None if taken else End.DECLINED,
            "qualified": taken and place < qualified,
            "result": None if not taken else "won" if place < qualified else "lost",
        }  # fmt: skip
        yield tables.OfferMeasure(**{**given, **more})


async def test_who_picks_stands_out_on_like_leads(doors: Doors) -> None:
    """Of 120 like offers each Ana takes 108 and Ben 36; of hers 36 come to something, of his 30."""
    await measured(doors, offers=[*offers("ana", 108, 120, 36), *offers("ben", 36, 120, 30)])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get(PICKING)).text
        accepted = await rows(manager, f"{PICKING}.csv?sheet=accepted")
        converted = await rows(manager, f"{PICKING}.csv?sheet=converted")
    assert "On like leads 2 of 2 reps accept clearly more or fewer than the others." in page
    assert "On like leads 2 of 2 reps convert clearly more or fewer than the others." in page
    assert "Ben Bach converts 83 % (n = 36), expected 46 %." in page
    assert "Ben Bach accepts 30 % (n = 120), expected 60 %." in page
    assert "Fewer accepted and more of them converted: Ben Bach." in page
    assert [("ana", "108", "72", "clearly more"), ("ben", "36", "72", "clearly fewer")] == [
        (one["rep_id"], one["came"], one["expected"], one["stands"]) for one in accepted
    ]
    assert [("ana", "108", "36"), ("ben", "36", "30")] == [
        (one["rep_id"], one["leads"], one["came"]) for one in converted
    ]


async def test_other_leads_are_no_picking(doors: Doors) -> None:
    """Ana has the good ones and Ben the poor ones: on like leads nobody stands out."""
    good = [*offers("ana", 81, 90, fit="good"), *offers("ben", 9, 10, fit="good")]
    poor = [*offers("ana", 1, 10, fit="poor"), *offers("ben", 9, 90, fit="poor")]
    await measured(doors, offers=[*good, *poor])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get(PICKING)).text
    assert "On like leads no rep of 2 accepts clearly more or fewer than the others: the differences are" in page


async def test_few_like_leads_judge_nobody(doors: Doors) -> None:
    """Ten offers each are too few; and offers by hand, and those taken away unanswered, are no choice of theirs."""
    by_hand = [*offers("ana", 0, 90, by_hand=True, fit="hand"), *offers("ben", 0, 90, ended=End.WITHDRAWN, fit="gone")]
    await measured(doors, offers=[*offers("ana", 10, 10), *offers("ben", 0, 10), *by_hand])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get(PICKING)).text
        accepted = await rows(manager, f"{PICKING}.csv?sheet=accepted")
    assert "Too few offers of like leads to tell whether reps differ (n = 20)." in page
    assert {("10", "", "too few to tell")} == {(one["leads"], one["share"], one["stands"]) for one in accepted}


SOURCES = "/analytics/sources"


def leads_of(
    source: str, kept: int, late: int, good: tuple[int, int], team: str = "demo", open_: str | None = "lost"
) -> Iterable[Any]:
    """Make leads of a source: so many answered in time and late, and of either so many that became opportunities.

    `open_`: how the others ended; None: they have not.
    """
    at = clock.now() - timedelta(days=2)
    for place in range(kept + late):
        in_time = place < kept
        came = place < good[0] if in_time else place - kept < good[1]
        yield lead(
            0,
            at,
            60 if in_time else 7200,
            lead_id=f"{source}-{team}-{place}",
            source=source,
            team=team,
            qualified=came,
            result="won" if came else open_,
        )


async def test_a_source_that_is_answered_late_is_badly_routed(doors: Doors) -> None:
    """In time ads convert as the web does, 40 %, late 10 %; they are answered late four times of five."""
    await measured(doors, [*leads_of("ads", 50, 200, (20, 20)), *leads_of("web", 200, 50, (80, 5))])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get(SOURCES)).text
        ads, web = await rows(manager, f"{SOURCES}.csv?sheet=sources")
    assert "ads: bad routing." in page
    assert "It converts 16 %, the others 34 %, and 16 % where they are dealt with as these are." in page
    assert "In time are answered 20 % of its leads, and 80 % of the others." in page
    assert ("ads", "bad routing", "-0.18", "0") == tuple(ads[key] for key in ("source", "so", "difference", "own"))
    assert ("web", "converts like the others or better") == (web["source"], web["so"])


async def test_a_new_source_is_not_bad_because_its_leads_are_open(doors: Doors) -> None:
    """Of two hundred leads of a fair of last week nothing came yet: nobody knows what will."""
    await measured(doors, [*leads_of("fair", 100, 100, (0, 0), open_=None), *leads_of("web", 100, 100, (30, 30))])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get(SOURCES)).text
    assert "Too few leads of two sources to compare (n = 200)." in page


async def test_a_source_that_converts_badly_at_any_speed_is_a_bad_one(doors: Doors) -> None:
    """Fairs convert 5 % in time and late, the web 30 %."""
    await measured(doors, [*leads_of("fair", 100, 100, (5, 5)), *leads_of("web", 100, 100, (30, 30))])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get(SOURCES)).text
    assert "fair: a bad source." in page
    assert "It converts 5 %, the others 30 %, and 30 % where they are dealt with as these are." in page
    assert "Answered in time it converts 5 % (n = 100), late 5 % (n = 100)." in page


async def test_leads_below_the_threshold_that_convert_say_it_comes_too_late(doors: Doors) -> None:
    """More than 20 points go to sales; of 100 leads with 10 to 19 there are 60 that convert, of all 100 of 300."""
    at = clock.now() - timedelta(days=2)
    good = {0: 10, 10: 60, 20: 30}
    leads = [
        lead(
            0,
            at,
            60,
            lead_id=f"{band}-{place}",
            band=band,
            result="won" if place < won else "lost",
            qualified=place < won,
        )
        for band, won in good.items()
        for place in range(100)
    ]
    await measured(doors, leads)
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/scores")).text
        found = await rows(manager, "/analytics/scores.csv")
    assert "The threshold comes too late" in page
    assert (
        "With 10 to 19 points 60 % (n = 100) convert; with 20 to 29 points, 30 % (n = 100); of all, 33 % (n = 300)."
        in page
    )
    assert "The wrong way round: 20 to 29 points convert clearly worse than 10 to 19." in page
    assert [("0 to 9", "10", "no"), ("10 to 19", "60", "no"), ("20 to 29", "30", "yes")] == [
        (one["points"], one["converted"], one["to_sales"]) for one in found
    ]


REVIEW = "/analytics/review"


async def test_a_quarter_is_reviewed_on_demand_and_kept(doors: Doors) -> None:
    """All leads of chat fell through to the default pool: that is told, kept, and a document."""
    first = quarter_of(clock.now().date()).before.first
    at = datetime.combine(first, time(9), UTC)
    leads = [lead(place, at, 60, rule=None, source="chat") for place in range(30)]
    fell = offers("ana", 30, 30, day=first, source="chat", rule=None, pool="demo")
    await measured(doors, leads, fell)
    async with visiting(doors, Role.MANAGER) as manager:
        empty = (await manager.get(REVIEW)).text
        wrong = await manager.post(REVIEW, {"quarter": "2026"})
        early = await manager.post(REVIEW, {"quarter": "2199Q1"})
        answer = await manager.post(REVIEW, {"quarter": str(quarter_of(first))})
        place = answer.headers["location"].partition("?")[0]
        page, newest = (await manager.get(place)).text, (await manager.get(REVIEW)).text
        document = await manager.get(f"{place}.md")
        found = await rows(manager, f"{REVIEW}.csv")
        lost = (await manager.get(f"{REVIEW}/999")).status_code
    assert "No quarter was reviewed yet." in empty
    assert (422, 422, 303, 404) == (wrong.status_code, early.status_code, answer.status_code, lost)
    for told in (page, newest):
        assert f"{quarter_of(first)}: 1 thing to decide." in told
        assert "New and without a rule: source chat, type inbound." in told
    assert "text/markdown; charset=utf-8" == document.headers["content-type"]
    assert document.text.startswith(f"# Quarterly review {quarter_of(first)}\n")
    assert "| leads received | 30 | 0 |" in document.text
    assert {"no rule: source": "chat", "no rule: type": "inbound"}.items() <= {
        one["what"]: one["name"] for one in found
    }.items()


EXPERIMENTS = "/analytics/experiments"


def standing(call: Call, control: Counted, variant: Counted) -> Standing:
    """Make an experiment of so many leads that runs."""
    fixed = ExperimentPlan(share=0.5, goal=Goal.QUALIFIED, within=timedelta(days=7), sample=200)
    now = clock.now()
    trial = Trial(7, TrialKind.EXPERIMENT, "new", "old", fixed, now, "mia", now, None, None, None, "")
    arms = {arm: ArmCount(counted.leads, counted) for arm, counted in ((Arm.CONTROL, control), (Arm.VARIANT, variant))}
    return Standing(trial, fixed, arms, call is not Call.TOO_EARLY, call, fisher(variant, control))


def test_a_winner_is_proposed_with_both_numbers() -> None:
    """40 of 200 against 80 of 200 are 20 points, Newcombe's interval 11 to 29; before the end nothing is read."""
    counted = Counted(200, 40), Counted(200, 80)
    said = difference(standing(Call.VARIANT, *counted))
    assert said.startswith("The variant converts +20.0 points beside the control (+11.1 to +28.5, p < 0.0001")
    assert "Make new the default" in proposal(standing(Call.VARIANT, *counted))
    assert "Make old the default" in proposal(standing(Call.CONTROL, *counted))
    assert proposal(standing(Call.NO_DIFFERENCE, *counted)).startswith("Keep what is published")
    early = standing(Call.TOO_EARLY, *counted)
    assert "Let it run." == proposal(early)
    assert "20" not in difference(early).replace("200", "")


async def test_an_experiment_that_runs_may_not_be_read_yet(doors: Doors) -> None:
    """Without one the page says how to begin; with one, that its sample is not complete."""
    await measured(doors)
    plan = ExperimentPlan(share=0.5, goal=Goal.QUALIFIED, within=timedelta(days=7), sample=200)
    async with visiting(doors, Role.MANAGER) as manager:
        empty = (await manager.get(EXPERIMENTS)).text
        await doors.store.trials.start(
            TrialKind.EXPERIMENT, Draft("new", "n", "x"), by="mia", at=clock.now(), plan=plan
        )
        page = (await manager.get(EXPERIMENTS)).text
        found = await rows(manager, f"{EXPERIMENTS}.csv")
    assert "No experiment was begun yet" in empty
    assert "may not be read yet." in page
    assert "0 of 200 leads in the control and 0 of 200 leads in the variant" in page
    assert [("control", "", ""), ("variant", "", "")] == [(one["arm"], one["share"], one["p"]) for one in found]


async def test_next_week_is_forecast_and_a_peak_brings_a_rule_to_paste(doors: Doors) -> None:
    """Eight Mondays brought nine leads at ten and one in each other hour of the day: the next brings as many."""
    this = clock.now().date()
    mondays = [this - timedelta(days=this.weekday(), weeks=age) for age in range(1, 9)]
    leads = [
        lead(0, datetime.combine(day, time(hour), UTC), lead_id=f"{day}-{hour}-{place}", hour_of_week=hour)
        for day in mondays
        for hour in range(24)
        for place in range(9 if hour == 10 else 1)
    ]
    await measured(doors, leads)
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/peaks")).text
        hours = await rows(manager, "/analytics/peaks.csv")
    assert "Most leads are expected Mon 10:00: 9, in nine weeks of ten at most 13." in page
    assert ("9", "1", "0") == (hours[10]["expected"], hours[11]["expected"], hours[30]["expected"])
    assert "from: &#34;" in page
    assert "until: &#34;" in page


async def test_three_weeks_forecast_nothing(doors: Doors) -> None:
    """The page says how many weeks there are, and how many it takes."""
    await measured(doors, [lead(1, clock.now() - timedelta(weeks=2))])
    async with visiting(doors, Role.MANAGER) as manager:
        page = (await manager.get("/analytics/peaks")).text
    assert "whole weeks: a forecast takes 4." in page
