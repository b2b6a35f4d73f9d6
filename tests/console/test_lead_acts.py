"""What can be done from a lead's page: who is offered what, whom the server refuses, and what the lead answers."""

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import FormData

from api.console.lead_forms import Typed, Wrong, message_of
from db.sessions import Viewer
from db.tables.words import ActOutcome
from models.access import Role
from models.lead import Stage
from models.orders import Holding
from tests.api.house import Doors, furnish, opened
from tests.cli.house import lead as given
from tests.console.house import Visitor, visiting
from tests.console.leading import AT, MINUTE, contacted, let_in, offered, recorded, taken, trace

ASKED = {"accept", "complaint", "contacted", "decline", "snooze"}
HOLDS = {"complaint", "contacted", "decline", "no_answer", "outcome", "referred_on", "snooze"}
MANAGES = {"acknowledge", "adjust", "disqualify", "escalate", "extend", "handover", "pause", "reassign", "requalify"}
MANAGES |= {"no_answer", "outcome", "referred_on", "resume"}


async def actions(visitor: Visitor, lead_id: str) -> set[str]:
    """Name everything that the page of a lead lets somebody do."""
    page = await visitor.get(f"/leads/{lead_id}")
    assert 200 == page.status_code
    return set(re.findall(rf'action="/leads/{lead_id}/(\w+)"', page.text))


async def test_each_is_offered_what_they_may_say(doors: Doors) -> None:
    """Whoever is asked, whoever has it, another rep, managers, operations and the privacy officer."""
    await offered(doors.store, "asked", "ana")
    await taken(doors.store, "held", "ana")
    table: list[tuple[str, tuple[Role, ...], str, set[str]]] = [
        ("ana", (Role.REP,), "asked", ASKED),
        ("ana", (Role.REP,), "held", HOLDS),
        ("ben", (Role.REP,), "asked", set()),
        ("ben", (Role.REP,), "held", set()),
        ("mia", (Role.MANAGER,), "asked", MANAGES | {"take"}),
        ("mia", (Role.MANAGER,), "held", MANAGES - {"requalify"} | {"take"}),
        ("ops", (Role.OPS,), "asked", MANAGES),
        ("officer", (Role.PRIVACY,), "asked", {"erase"}),
    ]
    for name, roles, lead_id, expected in table:
        async with visiting(doors, *roles, person_id=name) as visitor:
            assert (name, lead_id, expected) == (name, lead_id, await actions(visitor, lead_id))


async def test_nobody_answers_for_others(doors: Doors) -> None:
    """Who was never asked is refused on the server, whatever form they send; and so is who is in no roster."""
    await offered(doors.store, "others", "ana")
    async with visiting(doors, Role.REP, person_id="ben") as ben, visiting(doors, Role.MANAGER) as nobody:
        for name in ("accept", "decline", "snooze", "contacted", "complaint", "undo"):
            for visitor in (ben, nobody):
                answer = await visitor.post(f"/leads/others/{name}", offer="1", reason="mine")
                assert (name, 403) == (name, answer.status_code)
        for name in ("outcome", "no_answer", "referred_on"):
            assert (name, 403) == (name, (await ben.post(f"/leads/others/{name}", result="won")).status_code)
    acts = await doors.store.acts.list(lead_id="others")
    assert {("tried", "refused")} == {(act.what.partition(".")[0], act.outcome) for act in acts}


async def test_reps_do_not_manage(doors: Doors) -> None:
    """Every action of managers, and erasing, is refused to whoever has the lead."""
    await taken(doors.store, "managed", "ana")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        for name in sorted(MANAGES - HOLDS | {"take", "erase"}):
            fields = {"reason": "because", "rep_id": "ben", "confirm": "managed", "points": "5"}
            assert (name, 403) == (name, (await ana.post(f"/leads/managed/{name}", fields)).status_code)
    acts = await doors.store.acts.list(lead_id="managed")
    assert {("tried", "refused")} == {(act.what.partition(".")[0], act.outcome) for act in acts}


async def test_a_lead_that_is_not_there_is_said_to(doors: Doors) -> None:
    """Nothing is noted of a lead that nobody knows."""
    async with visiting(doors, Role.MANAGER, Role.PRIVACY, person_id="mia") as mia:
        for name in ("accept", "pause", "outcome", "complaint", "erase", "no_answer"):
            assert (name, 404) == (name, (await mia.post(f"/leads/nobody/{name}", reason="why")).status_code)


async def test_what_is_wrong_is_told_beside_the_field(doors: Doors) -> None:
    """The form comes back open with what was typed, and says what would be right; nothing is said to the lead."""
    await offered(doors.store, "wrong", "ana")
    table: list[tuple[str, dict[str, str], str, str]] = [
        ("pause", {"reason": "", "for": "60"}, "f-pause-reason", "This is needed."),
        ("pause", {"reason": "x", "for": "soon"}, "f-pause-for", "This is no length of time."),
        ("extend", {"until": "tomorrow"}, "f-extend-until", "This is no date with a time."),
        ("extend", {"for": ""}, "f-extend-until", "Choose for how long, or until when."),
        ("adjust", {"points": "many", "reason": "x"}, "f-adjust-points", "This is no number."),
        ("adjust", {"points": "nan", "reason": "x"}, "f-adjust-points", "This is no number."),
        ("adjust", {"points": "2000", "reason": "x"}, "f-adjust-points", "less than or equal to 1000"),
        ("reassign", {"rep_id": "", "reason": "x"}, "f-reassign-rep_id", "Choose somebody."),
        ("reassign", {"rep_id": "zed", "reason": "x"}, "f-reassign-rep_id", "nobody in the roster"),
        ("referred_on", {"name": "Lee"}, "f-referred_on-email", "is needed"),
        ("outcome", {"result": "sold"}, "f-outcome-result", "Input should be"),
        ("outcome", {"result": "won", "value": "-4"}, "f-outcome-value", "greater than or equal to 0"),
    ]
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        for name, fields, place, expected in table:
            answer = await mia.post(f"/leads/wrong/{name}", fields | {"reason": fields.get("reason", "keep this")})
            assert (name, 422) == (name, answer.status_code)
            found = re.search(rf'id="{place}-e">([^<]*)<', answer.text)
            assert (name, True) == (name, found is not None and expected in found[1]), answer.text
            assert re.search(rf'id="{place}"[^>]*aria-invalid="true"', answer.text), place
        pause = await mia.post("/leads/wrong/pause", {"for": "soon", "reason": "<b>keep</b>"})
        assert 'value="&lt;b&gt;keep&lt;/b&gt;"' in pause.text
    assert () == await doors.store.acts.list(lead_id="wrong")


async def test_a_form_that_the_page_has_no_more_is_told_of(doors: Doors) -> None:
    """The lead went on while somebody wrote: what was wrong is said though there is no field to say it beside."""
    await contacted(doors.store, "went-on")
    async with visiting(doors, Role.MANAGER, Role.REP, person_id="ana") as ana:
        for name, expected in (("pause", "This is needed."), ("decline", "Say why in a few words.")):
            answer = await ana.post(f"/leads/went-on/{name}")
            assert (name, 422, True) == (name, answer.status_code, "the lead has moved on" in answer.text)
            assert (name, True) == (name, expected in answer.text)
    assert () == await doors.store.acts.list(lead_id="went-on")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-03-29T01:30", "2026-03-29T01:30:00+01:00"),
        ("2026-03-29T02:30", None),
        ("2026-03-29T03:00", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),
        ("9999-12-31T23:30", "9999-12-31T23:30:00+01:00"),
        ("0001-01-01T00:30", None),
    ],
)
def test_times_are_the_clock_of_whoever_types_them(typed: str, meant: str | None) -> None:
    """Of an hour that comes twice the first; one that does not come, or that no calendar has, is told."""
    viewer = Viewer("ana", "Ana", frozenset({Role.REP}), "ana", "word", "session")
    form = Typed(FormData({"channel": "phone", "at": typed}), viewer, "Europe/Berlin", AT)
    if meant is None:
        with pytest.raises(Wrong) as wrong:
            message_of("contacted", form)
        assert ["at"] == list(wrong.value.errors)
    else:
        assert datetime.fromisoformat(meant) == datetime.fromisoformat(message_of("contacted", form)["at"])


async def test_while_temporal_is_away_it_is_kept(doors: Doors) -> None:
    """What is said then is recorded, never called done; the page says which, and the log says who."""
    await offered(doors.store, "kept", "ana")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = await ana.do("/leads/kept/accept", offer="1", once="tap")
    assert "<b>Recorded:</b>" in page.text
    (act,) = await doors.store.acts.list(lead_id="kept")
    assert ("accept", "ana", ActOutcome.RECORDED, 1) == (act.what, act.person_id, act.outcome, act.detail["offer"])


async def test_a_wrong_lead_is_counted_for_its_rule_once(doors: Doors) -> None:
    """One tap notes the rule that sent it, a second one nothing more; another offer counts anew (R29)."""
    await offered(doors.store, "mistake", "ana", why=trace("ana", rule="keen ones"))
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        first = await ana.do("/leads/mistake/complaint")
        second = await ana.do("/leads/mistake/complaint")
        assert "It is counted for the rule “keen ones”" in first.text
        assert "It is counted for the rule “keen ones”" in second.text
        await offered(doors.store, "mistake", "ben", number=2)
        await offered(doors.store, "mistake", "ana", why=trace("ana", tie="named_account"), number=3)
        await ana.do("/leads/mistake/complaint")
    said = await doors.store.acts.list(lead_id="mistake", what="complaint")
    assert [{"rule": "named_account", "offer": 3}, {"rule": "keen ones", "offer": 1}] == [one.detail for one in said]


async def test_a_double_click_complains_once(database_url: str, tmp_path: Path) -> None:
    """Said again before the first is noted, it is the same complaint, on either database."""
    async with opened(database_url, tmp_path) as doors:
        await doors.store.database.migrate()
        await furnish(doors.store)
        await offered(doors.store, "clicked", "ana")
        async with visiting(doors, Role.REP, person_id="ana") as ana:
            answers = await asyncio.gather(*(ana.post("/leads/clicked/complaint") for _ in range(4)))
        said = await doors.store.acts.list(lead_id="clicked", what="complaint")
    assert ([303] * 4, 1) == ([one.status_code for one in answers], len(said))
    assert 1 == len({one.headers["location"] for one in answers})


async def test_what_became_of_it_is_noted(doors: Doors) -> None:
    """Long after its workflow ended, with what it was worth; a double click is one outcome."""
    await contacted(doors.store, "won")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        fields = {"result": "won", "value": "12000", "currency": "eur", "once": "tap"}
        _, page = [await ana.do("/leads/won/outcome", fields) for _ in range(2)]
    assert "It is noted already as won, worth 12,000.00 EUR." in page.text
    noted = await doors.store.outcomes.all_of("won")
    assert [("won", 12000.0, "EUR", "ana", "ana")] == [
        (one.result, one.value, one.currency, one.by, one.rep_id) for one in noted
    ]


async def test_erasing_needs_the_id_and_a_reason(doors: Doors) -> None:
    """Typed wrongly nothing happens; typed rightly nothing is left, and the page says what others still have."""
    await taken(doors.store, "gone")
    async with visiting(doors, Role.PRIVACY) as officer, visiting(doors, Role.REP) as rep:
        for fields in ({"confirm": "gon", "reason": "case 7"}, {"confirm": "gone", "reason": " "}):
            assert 422 == (await officer.post("/leads/gone/erase", fields)).status_code
        before = (await officer.get("/leads/gone")).text
        assert 4 == sum(one in before for one in ("Lakecanary", "kim.", "1820", "spring"))
        page = await officer.do("/leads/gone/erase", confirm="gone", reason="case 7")
        others = await rep.get("/leads/gone")
    card = await doors.store.leads.get("gone")
    assert card is not None
    assert Stage.ERASED is card.stage
    for said in ("This lead was erased", "case 7", "Nothing had been sent out."):
        assert said in page.text, said
    assert ("This lead was erased" in others.text, "case 7" in others.text) == (True, False)
    assert "Lakecanary" not in page.text + others.text


async def test_the_log_holds_no_word_about_a_person(doors: Doors) -> None:
    """Whom the prospect named, and reasons that somebody typed, are not in the log."""
    await taken(doors.store, "named")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        await ana.do("/leads/named/referred_on", name="Lee Canary", email="lee.canary@acme.example", title="CFO")
        await ana.do("/leads/named/decline", why="", reason="canary words", offer="1")
    acts = await doors.store.acts.list(lead_id="named")
    assert ["decline", "referred_on"] == [one.what for one in acts]
    assert "canary" not in str(acts).lower()


async def test_whoever_was_asked_before_may_still_take_what_waits(doors: Doors) -> None:
    """The last one who was asked takes it from triage; others of old do not."""
    await offered(doors.store, "triaged", "ben")
    await offered(doors.store, "triaged", "ana", number=2)
    await recorded(doors.store, "triaged", Stage.TRIAGE, seq=40, offer=2, ended="expired")
    async with visiting(doors, Role.REP, person_id="ana") as ana, visiting(doors, Role.REP, person_id="ben") as ben:
        assert ({"accept", "complaint"}, {"complaint"}) == (
            await actions(ana, "triaged"),
            await actions(ben, "triaged"),
        )
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        page = (await mia.get("/leads/triaged")).text
    first = page[page.index('class="acts"') : page.index('class="more"')]
    assert {"acknowledge", "reassign", "take"} == set(re.findall(r'action="/leads/triaged/(\w+)"', first))


async def test_an_answer_can_be_taken_back_for_a_while(live_doors: Doors) -> None:
    """Accepting is one tap, its double click changes nothing, and taking it back lets the offer stand as before."""
    lead_id, owner = await _live(live_doors)
    async with visiting(live_doors, Role.REP, person_id=owner) as rep:
        page = (await rep.get(f"/leads/{lead_id}")).text
        fields = {"offer": "1", "once": _once(page)}
        first, second = [await rep.do(f"/leads/{lead_id}/accept", fields) for _ in range(2)]
        for answer in (first, second):
            assert "<b>Done:</b>" in answer.text
        assert "You have it, since" in first.text
        assert "told by the workflow" in first.text
        assert {"undo", "contacted"} <= await actions(rep, lead_id)
        number = re.search(r'name="act" value="(\d+)"', second.text)
        assert number is not None
        back = await rep.do(f"/leads/{lead_id}/undo", act=number[1])
        assert "Taken back: the offer stands as before." in back.text
        assert ASKED == await actions(rep, lead_id)


async def test_somebody_else_s_answer_is_not_taken_back(live_doors: Doors) -> None:
    """Only one's own last answer of this very lead: another's act, or a made-up one, takes nothing back."""
    lead_id, owner = await _live(live_doors)
    other, _ = await _live(live_doors)
    async with visiting(live_doors, Role.REP, person_id=owner) as rep:
        await rep.do(f"/leads/{lead_id}/accept", offer="1", once="tap")
        (act,) = await live_doors.store.acts.list(lead_id=lead_id)
        for where, number in ((other, str(act.id)), (lead_id, "999999"), (lead_id, "x"), (lead_id, "")):
            assert (await rep.post(f"/leads/{where}/undo", act=number)).status_code in (403, 422)
    status = await live_doors.store.leads.get(lead_id)
    assert status is not None


async def test_a_manager_pauses_reassigns_and_ends_it(live_doors: Doors) -> None:
    """Each says one message in their own name; the page tells the verdict, and the lead stands as it says."""
    lead_id, owner = await _live(live_doors)
    other = next(rep for rep in ("ana", "ben", "cam") if rep != owner)
    async with visiting(live_doors, Role.MANAGER, person_id="mia") as mia:
        paused = await mia.do(f"/leads/{lead_id}/pause", {"reason": "they are away", "for": "60"})
        assert "Paused." in paused.text
        assert ">paused<" in paused.text
        assert "resume" in await actions(mia, lead_id)
        await mia.do(f"/leads/{lead_id}/resume")
        given_to = await mia.do(f"/leads/{lead_id}/reassign", rep_id=other, reason="knows them")
        assert f"Offered to {other}." in given_to.text
        refused = await mia.do(f"/leads/{lead_id}/extend", {"for": "999999"})
        assert "<b>Refused:</b>" in refused.text
        ended = await mia.do(f"/leads/{lead_id}/disqualify", reason="a student")
        assert "Disqualified." in ended.text
        assert {"outcome"} == await actions(mia, lead_id)
    said = [(one.what, one.outcome.value) for one in await live_doors.store.acts.list(lead_id=lead_id)]
    expected = [
        ("pause", "done"),
        ("resume", "done"),
        ("reassign", "done"),
        ("extend", "refused"),
        ("disqualify", "done"),
    ]
    assert expected == said[::-1]


async def _live(doors: Doors) -> tuple[str, str]:
    """Let a lead in before a worker, wait until somebody is asked, and give its id and theirs."""
    one: dict[str, Any] = given()
    key = await doors.key()
    lead_id: str = (await doors.post("/v1/leads", one, key=key)).json()["lead_id"]
    status = (await doors.get(f"/v1/leads/{lead_id}", key=key)).json()
    while status["stage"] != "offered":
        await asyncio.sleep(0.05)
        status = (await doors.get(f"/v1/leads/{lead_id}", key=key)).json()
    return lead_id, status["owner"]


def _once(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("holding", [None, Holding(rep_id="ana", offer=1, accepted_at=AT + MINUTE)])
async def test_points_are_offered_while_it_runs(doors: Doors, holding: Holding | None) -> None:
    """Whether or not somebody has it, managers give and take points."""
    await let_in(doors.store, "points")
    if holding is not None:
        await offered(doors.store, "points2", "ana")
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        assert "adjust" in await actions(mia, "points2" if holding else "points")
