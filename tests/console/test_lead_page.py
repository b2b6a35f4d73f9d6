"""The page of a lead: whose it is, what comes next, why, and who may see how its prospect is reached."""

import html
import json
import re
from typing import Any

import pytest

from db.inbox import Arrival
from db.leads import Filters
from models.access import Role
from models.ladder import Entry, EntryKind
from models.lead import ENDED, Company, Stage
from models.orders import Holding
from runtime import clock
from tests.api.house import Doors
from tests.console.house import visiting
from tests.console.leading import AT, MINUTE, contacted, let_in, offered, recorded, taken, trace

PERSONAL = ("Lakecanary", "kim.", "901820", "by spring")


def words(page: str) -> str:
    """Give what a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_the_top_says_whose_it_is_and_what_comes_next(doors: Doors) -> None:
    """One sentence, the owner by name, the stage, the next step with its instant, and who tells it."""
    await offered(doors.store, "top")
    async with visiting(doors, Role.MANAGER) as manager:
        page = await manager.get("/leads/top")
    said = words(page.text)
    assert (200, 1) == (page.status_code, page.text.count("<h1"))
    for expected in (
        "Acme top",
        "Ana Abel is asked to take it since Mon 2 Mar 2020, 09:01 UTC.",
        "Next step remind the owner",
        "Due Mon 2 Mar 2020, 11:00 UTC",
        "late by",
        "Told by the database",
        "cannot be reached",
    ):
        assert expected in said, expected


async def test_the_due_instant_is_told_window_by_window(doors: Doors) -> None:
    """The rungs ahead stand in order, each with how its instant was counted; planned is said to be planned."""
    await offered(doors.store, "windows")
    async with visiting(doors, Role.REP) as rep:
        said = words((await rep.get("/leads/windows")).text)
    assert said.index("Remind the owner") < said.index("Triage")
    assert "2 h 00 m around the clock, counted from Mon 2 Mar 2020, 09:00 UTC" in said
    assert 2 <= said.count("Mon 09:00-11:00 2 h In the hours of UTC.")
    assert "this is what was planned when it was offered" in said


def line(n: int, minutes: int, kind: EntryKind, *rungs: tuple[str, int], **data: Any) -> Entry:
    """A line of a story so many minutes after nine; a plan's with its rungs, each so many minutes after nine."""
    if rungs:
        data["rungs"] = [f"{says} at {AT + at * MINUTE:%Y-%m-%d %H:%M:%S} UTC" for says, at in rungs]
    return Entry(n=n, at=AT + minutes * MINUTE, kind=kind, says="said", data=data)


async def test_rungs_that_were_climbed_stay_in_sight(doors: Doors) -> None:
    """Each rung whose time came stands as the plan of that moment had it, none that a pause or taking it kept off."""
    await offered(doors.store, "climbed")
    story = (
        line(100, 1, EntryKind.OFFERED, offer=1),
        line(101, 1, EntryKind.PLANNED, ("nudge", 10), ("tell the chief", 30), ("give away", 50)),
        line(102, 20, EntryKind.PAUSED),
        line(103, 40, EntryKind.PLANNED, ("tell the chief later", 45), ("give away", 70)),
        line(104, 60, EntryKind.ACCEPTED),
        line(105, 60, EntryKind.PLANNED, ("nudge to call", 80), ("call the chief", 90)),
        line(106, 85, EntryKind.SENT),
    )
    holding = Holding(rep_id="ana", offer=1, accepted_at=AT + 60 * MINUTE)
    due = {"due_at": AT + 10**8 * MINUTE, "rung": 5, "entries": story}
    await recorded(doors.store, "climbed", Stage.ACCEPTED, holding, seq=85, **due)
    async with visiting(doors, Role.REP) as rep:
        page = (await rep.get("/leads/climbed")).text
    ladder = re.findall(r'<li class="past"><time datetime="([^"]+)">.*?</time>\s*<span>(.*?)</span>', page, re.DOTALL)
    assert [
        ("2020-03-02T09:10:00Z", "Nudge"),
        ("2020-03-02T09:45:00Z", "Tell the chief later"),
        ("2020-03-02T10:20:00Z", "Nudge to call"),
        ("2020-03-02T10:30:00Z", "Call the chief"),
    ] == ladder
    assert page.index("Call the chief") < page.index("What happened")


STANDS = {
    Stage.RECEIVED: "Nobody has it at this moment.",
    Stage.ENRICHING: "Nobody has it at this moment.",
    Stage.SCORING: "Nobody has it at this moment.",
    Stage.ROUTING: "Nobody has it at this moment.",
    Stage.REVIEW: "It is in review, since Mon 2 Mar 2020, 09:05 UTC.",
    Stage.NURTURING: "Marketing keeps it warm, since Mon 2 Mar 2020, 09:05 UTC.",
    Stage.DISQUALIFIED: "It turned out to be no lead for us, since Mon 2 Mar 2020, 09:05 UTC.",
    Stage.TRIAGE: "Nobody has taken it yet: it waits for a manager, since Mon 2 Mar 2020, 09:05 UTC.",
    Stage.CLOSED: "It is closed, since Mon 2 Mar 2020, 09:05 UTC.",
}


async def test_whatever_its_stage_the_page_says_where_it_stands(doors: Doors) -> None:
    """Also years later, and without a person: a sentence with its year, and no next step of a lead that ended."""
    async with visiting(doors, Role.MANAGER) as manager:
        for stage, sentence in STANDS.items():
            await let_in(doors.store, stage)
            over: dict[str, Any] = {"due_at": None, "next_step": "", "closed": True} if stage in ENDED else {}
            await recorded(doors.store, stage, stage, seq=5, **over)
            page = await manager.get(f"/leads/{stage}")
            said = words(page.text)
            assert (200, stage, True) == (page.status_code, stage, sentence in said)
            assert (stage in ENDED) == ("Next step nothing more" in said) == ("Nothing is planned any more." in said)
            assert (stage in ENDED) != ("Due Mon 2 Mar 2020, 11:00 UTC late by" in said)


async def test_why_names_everybody_who_was_looked_at(doors: Doors) -> None:
    """The sentence, the rule, who was chosen, who could have had it, who could not and why, the rules tried in vain."""
    await offered(doors.store, "why")
    async with visiting(doors, Role.REP) as rep:
        said = words((await rep.get("/leads/why")).text)
    for expected in (
        "Ana Abel was told: “You get this lead because it is keen and it is ana's turn.”",
        "Came by keen ones",
        "Ana Abel chosen 1 of 10 in hand, weight 1, 0.50 behind their share",
        "Ben Bach off hours until Mon 14:00 3 of 10 in hand",
        "Cam Cole could have had it, and it was not their turn 2 of 10 in hand, weight 1, 0.50 ahead of their share",
        "the far ones no region is not apac",
        "open lead no nobody has another open lead of the company",
        "Score: 17.5 points",
        "Who they are: +12.5",
        "big company +12.5 company.employees is 4200",
        "Learned score: 62 % likely to convert",
        "type=demo_request +0.89 more likely",
        "country guessed from the phone number",
    ):
        assert expected in said, expected


async def test_the_offer_that_stands_is_told_first(doors: Doors) -> None:
    """Of two decisions the one by which the lead is somebody's comes first, and the other is not lost."""
    await offered(doors.store, "twice", "ben", why=trace("ben", rule="the first rule"))
    await offered(doors.store, "twice", "ana", why=trace("ana", rule="the second rule"), number=2)
    async with visiting(doors, Role.REP) as rep:
        said = words((await rep.get("/leads/twice")).text)
    why = said[said.index("Why Ana Abel") :]
    assert why.index("Came by the second rule") < why.index("1 other decision") < why.index("Came by the first rule")
    assert "Offer 1 to Ben Bach" in why


async def test_only_who_took_it_sees_how_the_prospect_is_reached(doors: Doors) -> None:
    """Its holder does, and the right to contact details does; who is asked, other reps and operations do not (R48)."""
    await offered(doors.store, "asked", "ana")
    await taken(doors.store, "held", "ana")
    seen: dict[tuple[str, str], int] = {}
    people = (
        ("ana", (Role.REP,)),
        ("ben", (Role.REP,)),
        ("ops", (Role.OPS,)),
        ("admin", (Role.ADMIN,)),
        ("mia", (Role.MANAGER,)),
        ("officer", (Role.PRIVACY,)),
    )
    for name, roles in people:
        async with visiting(doors, *roles, person_id=name) as visitor:
            for lead_id in ("asked", "held"):
                page = (await visitor.get(f"/leads/{lead_id}")).text
                seen[name, lead_id] = sum(one in page for one in PERSONAL)
    everything = {("ana", "held"), *((name, lead) for name in ("mia", "officer") for lead in ("asked", "held"))}
    assert {who: 4 if who in everything else 0 for who in seen} == seen


async def test_others_of_the_company_are_named_to_who_took_it(doors: Doors) -> None:
    """Whoever may see people sees them in the order to try them; everybody else how many there are."""
    shared = {"company": Company(name="Shared", domain="shared.example"), "email_kind": "work"}
    await taken(doors.store, "first", "ana", email="kim@shared.example", **shared)
    other = {"last_name": "Othercanary", "title": "CFO", "email": "lee@shared.example", "phone": "+4930901821"}
    await let_in(doors.store, "second", **shared, **other)
    async with visiting(doors, Role.REP, person_id="ana") as ana, visiting(doors, Role.REP, person_id="ben") as ben:
        mine, theirs = words((await ana.get("/leads/first")).text), words((await ben.get("/leads/first")).text)
    assert "Kim Othercanary next CFO" in mine
    assert "Othercanary" not in theirs
    assert "Who they are is shown to whoever takes the lead." in theirs


async def test_times_are_the_viewers(doors: Doors) -> None:
    """Somebody of the roster reads their own clock, in lines of the story, too; the machine-readable time is UTC."""
    roster = await doors.store.rosters.load()
    assert roster is not None
    reps = [rep.model_copy(update={"tz": "Asia/Tokyo"}) if rep.id == "ben" else rep for rep in roster.reps]
    await doors.store.rosters.save(roster.model_copy(update={"reps": reps}), at=clock.now())
    await offered(doors.store, "clocks")
    async with visiting(doors, Role.REP, person_id="ben") as ben:
        page = (await ben.get("/leads/clocks")).text
    assert '<time datetime="2020-03-02T11:00:00Z">Mon 2 Mar 2020, 20:00</time>' in page
    assert "It is offered since Mon 2 Mar 2020, 18:01" in words(page)


async def test_a_lead_at_the_door_is_shown(doors: Doors) -> None:
    """Acknowledged means visible: what is awaited, and nothing to press."""
    raw = {"lead_id": "door", "source": "web", "type": "demo_request", "email": "kim.door@acme.example"}
    await doors.store.inbox.put([Arrival("door", json.dumps(raw), source="web")], at=AT)
    async with visiting(doors, Role.MANAGER, person_id="mia") as manager:
        page = await manager.get("/leads/door")
    assert 200 == page.status_code
    assert "It is at the door, and nothing is decided yet." in words(page.text)
    assert 'action="/leads/door' not in page.text


async def test_nobody_there_is_a_page(doors: Doors) -> None:
    """An unknown lead, and what is no lead's id, is told as a page."""
    async with visiting(doors, Role.MANAGER) as manager:
        for path in ("/leads/nobody", "/leads/a.b", "/leads/%3Cscript%3E"):
            page = await manager.get(path)
            assert (404, True) == (page.status_code, "There is no such lead" in page.text), path


async def test_an_open_page_says_that_more_has_happened(doors: Doors) -> None:
    """What is asked for while a page is open says so once the lead stands otherwise, and not before."""
    await offered(doors.store, "open")
    async with visiting(doors, Role.REP) as rep:
        first = (await rep.get("/leads/open")).text
        again = html.unescape(re.findall(r'hx-get="([^"]+)"', first)[0])
        same = (await rep.get(again)).text
        await recorded(doors.store, "open", Stage.ROUTING, seq=50)
        later = (await rep.get(again)).text
    assert [False, False, True] == ["Something has happened" in page for page in (first, same, later)]


async def test_the_workflow_is_linked_for_operations(doors: Doors) -> None:
    """Who looks after the system gets to the workflow in Temporal's Web UI; nobody else is sent there."""
    settings = doors.front.settings.model_copy(update={"temporal_ui_url": "http://127.0.0.1:8233"})
    object.__setattr__(doors.front, "settings", settings)
    await offered(doors.store, "linked")
    link = "http://127.0.0.1:8233/namespaces/default/workflows/lead-linked"
    async with visiting(doors, Role.OPS) as ops, visiting(doors, Role.REP) as rep:
        assert [True, False] == [link in (await one.get("/leads/linked")).text for one in (ops, rep)]


HOSTILE = (
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\u202egnp.exe\u202c \u2066left\u2069",
    "{{ 7 * 191 }}{% raw %}",
    "W" * 190,
    "null",
    "\ufeff\u200b",
    "javascript:alert(1)//",
)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_what_strangers_write_is_text(doors: Doors, hostile: str) -> None:
    """Whatever a prospect calls themselves, their company and their wish: the page stays a page, and says it."""
    about = {
        "first_name": hostile[:120],
        "last_name": hostile[:120],
        "title": hostile,
        "message": hostile,
        "language": hostile[:20],
        "phone": hostile[:60],
        "company": Company(name=hostile, industry=hostile[:120], city=hostile[:120]),
        "custom": {hostile: hostile},
        "notes": (hostile,),
        "source": hostile[:80],
    }
    await taken(doors.store, "hostile", "ana", **about)
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = (await ana.get("/leads/hostile")).text
    assert hostile not in page.replace(html.escape(hostile), "") or "<" not in hostile
    for wrong in ("<script>alert", "<img src=x", "onmouseover='alert(1)'", "1337", 'href="javascript'):
        assert wrong not in page, wrong
    assert f"<bdi>{html.escape(hostile, quote=False)}</bdi>".replace("'", "&#39;").replace('"', "&#34;") in page
    assert page.count("<script") == page.count('<script defer src="/static/console/')


async def test_an_unknown_clock_of_the_prospect_is_no_failure(doors: Doors) -> None:
    """A zone that no clock shows is told as it is."""
    await taken(doors.store, "zone", "ana", timezone="Nowhere/<b>Else")
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = await ana.get("/leads/zone")
    assert (200, True) == (page.status_code, "Nowhere/&lt;b&gt;Else" in page.text)


async def test_a_lead_in_contact_asks_what_became_of_it(doors: Doors) -> None:
    """Nothing is to be pressed but what is left to say, by whoever had it and by managers."""
    await contacted(doors.store, "over")
    assert 1 == len(await doors.store.leads.list(Filters(stages=(Stage.CONTACTED,))))
    async with visiting(doors, Role.REP, person_id="ana") as ana, visiting(doors, Role.REP, person_id="ben") as ben:
        mine, theirs = (await ana.get("/leads/over")).text, (await ben.get("/leads/over")).text
    assert ["complaint", "outcome"] == sorted(re.findall(r'action="/leads/over/(\w+)"', mine))
    assert [] == re.findall(r'action="/leads/over/(\w+)"', theirs)
    assert "Ana Abel has it, and reached out" in words(theirs)
