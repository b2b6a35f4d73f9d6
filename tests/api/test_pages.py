"""The page behind a link: opening it changes nothing, answering it says one message, and the lead's state decides."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import Client

from db.tables.words import Errand
from models.lead import Stage
from models.orders import RecordLead
from runtime import clock
from tests.api.answering import House, answering_house, without_temporal


@pytest.fixture(scope="module")
async def house(temporal_client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Reps with links, before a real worker."""
    async with answering_house(temporal_client, tmp_path_factory.mktemp("pages")) as made:
        yield made


@pytest.fixture(scope="module")
async def waiting(house: House) -> tuple[str, str]:
    """A lead that stays offered, and to whom."""
    return await house.offered()


async def test_the_page_says_enough_to_act_and_no_more(house: House, waiting: tuple[str, str]) -> None:
    """Company, who, why this person, by when; how to reach the prospect is for whoever has taken it (R48)."""
    lead_id, owner = waiting
    answer = await house.doors.get(house.path(lead_id, 1, owner))
    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    zone = "Europe/Istanbul" if owner == "ana" else "UTC"
    for said in (f"Company {lead_id}", "Kim Lake, Chief Operating Officer", "40,000 employees", "Why you", f"({zone})"):
        assert said in answer.text, said
    for kept in ("@", "901820", "see it"):
        assert kept not in answer.text, kept


async def test_opening_changes_nothing(house: House, waiting: tuple[str, str]) -> None:
    """Mail scanners open links, several times, and ask for heads only."""
    lead_id, owner = waiting
    path = house.path(lead_id, 1, owner)
    before = await house.front.store.leads.get(lead_id)
    for method in ("GET", "HEAD", "GET"):
        assert 200 == (await house.doors.ask(method, path)).status_code
    assert before == await house.front.store.leads.get(lead_id)
    assert "offered" == (await house.temporal.get_workflow_handle(f"lead-{lead_id}").query("status"))["stage"]


async def test_taking_it_shows_how_to_reach_the_prospect(house: House) -> None:
    """The workflow has accepted; a double tap and a reload say the same."""
    lead_id, owner = await house.offered()
    path = house.path(lead_id, 1, owner)
    page = (await house.doors.get(path)).text
    form = {"act": "accept", "offer": "1", "once": _once(page)}
    first, second = await house.send(path, form), await house.send(path, form)
    await house.until_stage(lead_id, "accepted")
    for answer in (first, second, await house.doors.get(path)):
        assert 200 == answer.status_code
        for said in (f"mailto:kim@{lead_id}.example", "tel:+4930901820", "&lt;b&gt;soon&lt;/b&gt;", "I reached out"):
            assert said in answer.text, said
    assert "It is yours." in first.text
    handle = house.temporal.get_workflow_handle(f"lead-{lead_id}")
    assert 1 == [entry["kind"] for entry in await handle.query("timeline")].count("accepted")


async def test_reaching_out_is_noted(house: House) -> None:
    """The owner's last step on the page; the lead is in contact."""
    lead_id, owner = await house.offered()
    path = house.path(lead_id, 1, owner)
    await house.tap(path, "accept")
    answer = await house.tap(path, "contacted")
    assert (200, True) == (answer.status_code, "Noted: you reached out." in answer.text)
    await house.until_stage(lead_id, "contacted")
    page = (await house.doors.get(path)).text
    assert ("In contact" in page, "<form" in page, "mailto:" in page) == (True, False, True)


async def test_passing_it_on_needs_a_reason(house: House) -> None:
    """Without one the page asks for it and nothing changes; with one the next rep has it."""
    lead_id, owner = await house.offered()
    path = house.path(lead_id, 1, owner)
    asked = await house.tap(path, "decline")
    assert (422, True) == (asked.status_code, "A reason is needed" in asked.text)
    done = await house.tap(path, "decline", reason="I am away", note="until Monday")
    assert (200, True) == (done.status_code, "You passed it on." in done.text)
    handle = house.temporal.get_workflow_handle(f"lead-{lead_id}")
    declined = [entry["says"] for entry in await handle.query("timeline") if entry["kind"] == "declined"]
    assert ["I am away: until Monday" in says for says in declined] == [True]
    assert "mailto:" not in done.text


async def test_too_late_says_who_has_it_and_since_when(house: House) -> None:
    """Both when the page is opened late, and when it was opened in time and answered late."""
    lead_id, owner = await house.offered()
    path = house.path(lead_id, 1, owner)
    form = {"act": "accept", "offer": "1", "once": _once((await house.doors.get(path)).text)}
    other = await house.moved(lead_id, owner)
    name = {"ana": "Ana Abel", "ben": "Ben Bach", "cam": "Cam Cole"}[other]
    late = await house.send(path, form)
    assert (409, True) == (late.status_code, "You are too late." in late.text)
    for page in (late.text, (await house.doors.get(path)).text):
        assert re.search(rf"{name} is asked to take it since \w+ \d+ \w+ [\d:]+ \(", page), page
        assert "mailto:" not in page
    await house.tap(house.path(lead_id, 2, other), "accept")
    await house.until_stage(lead_id, "accepted")
    assert re.search(rf"{name} has it, since ", (await house.doors.get(path)).text)


async def test_an_old_link_of_who_is_asked_again_answers_the_present_offer(house: House) -> None:
    """The link outlives its offer: the lead's state decides."""
    lead_id, owner = await house.offered()
    other = await house.moved(lead_id, owner)
    await house.front.speaker.say("reassign", lead_id, {"rep_id": owner, "by": "mia", "reason": "back"})
    assert other != owner
    answer = await house.tap(house.path(lead_id, 1, owner), "accept")
    assert (200, True) == (answer.status_code, "It is yours." in answer.text)


async def test_who_was_asked_last_may_still_take_it_from_triage(house: House) -> None:
    """The workflow lets them: the page says what it is about, and has the button."""
    lead_id, _ = await house.offered()

    async def escalated() -> int | None:
        card = await house.front.store.leads.get(lead_id)
        if card is not None and card.stage == "offered":
            await house.front.speaker.say("escalate", lead_id, {"by": "mia"})
        return card.offer if card is not None and card.stage == "triage" else None

    offer = await house.until(escalated)
    view = await house.front.store.standings.of(lead_id, offer)
    assert view is not None
    assert view.asked is not None
    path = house.path(lead_id, offer, view.asked.rep_id)
    page = (await house.doors.get(path)).text
    for said in ("Still free", "Nobody has taken it yet", "Kim Lake", ">Take it</button>"):
        assert said in page, said
    answer = await house.tap(path, "accept")
    assert (200, True) == (answer.status_code, "It is yours." in answer.text)


async def test_while_temporal_is_away_the_answer_is_kept_and_not_called_accepted(house: House) -> None:
    """Durable in the database; the page shows nothing that only the owner may see."""
    lead_id, owner = await house.offered()
    async with without_temporal(house) as doors:
        answer = await house.tap(house.path(lead_id, 1, owner), "accept", doors)
    assert (202, True) == (answer.status_code, "Your answer is kept" in answer.text)
    assert ("mailto:" in answer.text, "It is yours" in answer.text) == (False, False)
    (task,) = await house.front.store.outbox.claim(10, now=clock.now(), lease=timedelta(minutes=1), what=[Errand.SAY])
    assert (lead_id, "accept", owner) == (task.lead_id, task.body["name"], task.body["message"]["rep_id"])
    await house.front.store.outbox.done(task.id, at=clock.now())


async def test_a_managers_link_takes_or_acknowledges(house: House) -> None:
    """And shows the prospect's address only once the manager has it."""
    lead_id, _ = await house.offered()
    path = house.path(lead_id, 1, "mia", "alert")
    page = (await house.doors.get(path)).text
    assert ("I see to it" in page, "mailto:" in page) == (True, False)
    seen = await house.tap(path, "acknowledge")
    assert (200, True) == (seen.status_code, "you see to it" in seen.text)
    taken = await house.tap(path, "take")
    assert (200, True) == (taken.status_code, "mailto:" in taken.text), taken.text


async def test_a_reps_link_takes_no_managers_answers(house: House, waiting: tuple[str, str]) -> None:
    """Whoever was asked to take a lead is not thereby a manager."""
    lead_id, owner = waiting
    answer = await house.send(house.path(lead_id, 1, owner), {"act": "acknowledge", "offer": "1"})
    assert 422 == answer.status_code


async def test_who_has_left_sees_and_takes_nothing_by_old_links(house: House) -> None:
    """But what they still have in hand, until it is handed over."""
    lead_id, owner = await house.offered()
    mine, _ = await house.offered()
    rosters, holder = house.front.store.rosters, (await house.front.store.leads.get(mine))
    assert holder is not None
    other = await house.moved(lead_id, owner)
    await house.front.speaker.say("reassign", mine, {"rep_id": owner, "by": "mia", "reason": "a test"})
    await house.tap(house.path(mine, 2, owner), "accept")
    await house.until_stage(mine, "accepted")
    await rosters.set_active(owner, False, at=clock.now(), because="has left")
    try:
        for path in (house.path(lead_id, 1, owner), house.path(lead_id, 1, "nobody", "alert")):
            said = await house.send(path, {"act": "accept" if "nobody" in path else "decline", "offer": "2"})
            for page in (await house.doors.get(path), said):
                assert (404, True) == (page.status_code, "not open any more" in page.text)
                assert f"Company {lead_id}" not in page.text
        assert "mailto:" in (await house.doors.get(house.path(mine, 2, owner))).text
        assert 200 == (await house.doors.get(house.path(lead_id, 2, other))).status_code
    finally:
        await rosters.set_active(owner, True, at=clock.now(), because="is back")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"act=accept&offer=1", "text/plain", 415),
        (b"act=jump&offer=1", "application/x-www-form-urlencoded", 422),
        (b"act=accept&offer=-1", "application/x-www-form-urlencoded", 422),
        (b"act=accept&offer=999999999999", "application/x-www-form-urlencoded", 422),
        (b"act=accept", "application/x-www-form-urlencoded", 422),
        (b"\xff=\xff", "application/x-www-form-urlencoded", 422),
        (b"a=1&" * 50, "application/x-www-form-urlencoded", 422),
    ],
)
async def test_what_no_page_sends_changes_nothing(
    house: House, waiting: tuple[str, str], body: bytes, kind: str, status: int
) -> None:
    """And is answered with a page, as everything here."""
    lead_id, owner = waiting
    path = house.path(lead_id, 1, owner)
    answer = await house.doors.ask("POST", path, content=body, headers={"content-type": kind})
    assert (status, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    card = await house.front.store.leads.get(lead_id)
    assert card is not None
    assert "offered" == card.stage


@pytest.mark.parametrize("token", ["x", "a.b", "%00", "a" * 3000, "../roster", "é"])
async def test_an_unknown_token_is_a_page_that_says_so(house: House, token: str) -> None:
    """Whatever was cut or made up."""
    for method in ("GET", "POST"):
        answer = await house.doors.ask(method, f"/a/{token}")
        if answer.headers["content-type"].startswith("text/html"):
            assert (404, True) == (answer.status_code, "leads nowhere" in answer.text)
        else:  # no page's address at all
            assert 404 == answer.status_code


async def test_a_token_changed_in_one_place_is_unknown(house: House, waiting: tuple[str, str]) -> None:
    """So nobody answers for another."""
    lead_id, owner = waiting
    path = house.path(lead_id, 1, owner)
    for place in (3, len(path) // 2, len(path) - 1):
        for letter in {*"ABCDxyz01-_"} - {path[place]}:
            cut = path[:place] + letter + path[place + 1 :]
            assert 404 == (await house.doors.get(cut)).status_code


async def test_an_erased_lead_shows_nothing(house: House) -> None:
    """Not even what it was."""
    lead_id, owner = await house.offered()
    await house.front.store.leads.record(_erased(lead_id))
    page = (await house.doors.get(house.path(lead_id, 1, owner))).text
    assert ("Erased" in page, "Company" in page, "<form" in page) == (True, False, False)


async def test_a_page_keeps_to_itself(house: House, waiting: tuple[str, str]) -> None:
    """No script, nothing from elsewhere, not kept, not framed, not found, and no referrer to where it leads."""
    lead_id, owner = waiting
    answer = await house.doors.get(house.path(lead_id, 1, owner))
    wanted = {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
    }
    assert wanted == {name: answer.headers[name] for name in wanted}
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src data:;")
    assert [] == re.findall(r"<script|https?://|style=|\son\w+=", answer.text)
    sheet = await house.doors.get("/static/page.css")
    assert (200, "text/css; charset=utf-8") == (sheet.status_code, sheet.headers["content-type"])


async def test_what_strangers_wrote_is_text(house: House) -> None:
    """Markup, quotes and writing directions in a lead's fields stay what they are: characters."""
    hostile = '"><script>alert(1)</script>\u202e'
    lead_id, owner = await house.offered(
        company={"name": hostile, "employees": 30_000}, title=hostile, message=hostile, first_name=hostile
    )
    path = house.path(lead_id, 1, owner)
    for page in ((await house.doors.get(path)).text, (await house.tap(path, "accept")).text):
        assert ("<script" in page, "&lt;script&gt;" in page) == (False, True)


async def test_without_keys_no_link_is_ours(house: House, waiting: tuple[str, str]) -> None:
    """There is nothing to check a token with, so there is no page."""
    lead_id, owner = waiting
    settings = house.front.settings.model_copy(update={"secret_keys": ()})
    keyless = replace(house, doors=replace(house.doors, front=replace(house.front, settings=settings)))
    async with without_temporal(keyless) as doors:
        assert 404 == (await doors.get(house.path(lead_id, 1, owner))).status_code


def _erased(lead_id: str) -> RecordLead:
    return RecordLead(
        lead_id=lead_id,
        seq=10_000,
        at=clock.now(),
        stage=Stage.ERASED,
        holding=None,
        answerable=None,
        offer=1,
        rung=0,
        due_at=None,
        next_step="",
        breached=False,
        closed=True,
    )


def _once(page: str) -> str:
    found = re.search(r'name="once" value="(\d+)"', page)
    assert found is not None
    return found[1]
