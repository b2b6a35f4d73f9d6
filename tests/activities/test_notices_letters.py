"""What people are told, in words: enough to act, in their own time, and with nothing of a stranger's obeyed."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.alert_letters import LISTED, about_one, about_several, happened
from activities.letter import Letter, Reader, filled, to_rep
from activities.notice_letters import of_several
from adapters.channels.base import Answerable, Kind
from db.alerts import Alert
from models.lead import Company
from models.messages import MESSAGES
from models.orders import AlertManager, Tell
from models.roster import Manager, Person, Rep
from tests.db.samples import facts

DUE = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
ANA = Reader(Rep(id="ana", name="Ana Silva", team="emea"), "Asia/Tokyo")
MIA = Reader(Manager(id="mia", name="Mia Brook"), "Europe/Berlin")
ROOM = Reader(Person(id="war-room", name="War room"))
ACME = facts("one", company=Company(name="Acme", employees=4200))
TELL = Tell(lead_id="one", kind="offer", rep_id="ana", offer=2, rung=1, sentence="You know Acme.", due_at=DUE)
ALERT = AlertManager(lead_id="one", offer=2, rung=3, manager_id="mia", what="nobody took it", owner="ana", due_at=DUE)


def told(kind: str, **changes: Any) -> Letter:
    """Write to Ana."""
    return to_rep(TELL.model_copy(update={"kind": kind} | changes), ACME, ANA)


def test_an_offer_in_full() -> None:
    """Why them, by when on their own clock, and how to answer."""
    letter = told("offer")
    assert letter.subject == "New lead: demo request, Acme"
    assert letter.text == (
        "Please take it by Sun 29 Mar 08:30 (Asia/Tokyo).\n\n"
        "Answer: python starter.py accept one --rep ana\n"
        "Pass it on: python starter.py decline one --rep ana --reason WHY"
    )
    assert letter.fields == (
        ("Company", "Acme, 4,200 employees"),
        ("Why you", "You know Acme."),
        ("Due", "Sun 29 Mar 08:30 (Asia/Tokyo)"),
        ("Offer", "2"),
    )


@pytest.mark.parametrize(
    ("kind", "says", "told_as"),
    [
        ("remind", "Nobody has taken it yet. At Sun 29 Mar 08:30 (Asia/Tokyo): bo is asked.", Kind.REMIND),
        ("contact", "no contact is noted yet. At Sun 29 Mar 08:30 (Asia/Tokyo): bo is asked.", Kind.UNTOUCHED),
        ("withdrawn", "Somebody else has it now: You know Acme.", Kind.WITHDRAWN),
    ],
)
def test_what_else_reps_are_told(kind: str, says: str, told_as: Kind) -> None:
    """What comes next and when; of a lead that is theirs no more only that, and nothing to answer."""
    letter = told(kind, next_step="bo is asked")
    assert (says in letter.text, letter.kind) == (True, told_as)
    assert (kind == "withdrawn") == (letter.answers == ())


def test_a_withdrawal_without_a_reason_is_a_sentence_still() -> None:
    """No colon leads nowhere."""
    assert told("withdrawn", sentence="", due_at=None).text == "Somebody else has it now"


def test_an_alert_in_full() -> None:
    """What happened in one line, who has it, what comes next and when, and how to act."""
    order = ALERT.model_copy(update={"next_step": "offer it to the backup"})
    note = "You are told because nobody is on duty in nights."
    letter = about_one(order, ACME, MIA, order.what, note, names={"ana": "Ana Silva"})
    assert letter.text == (
        "nobody took it\nAna Silva has it now.\nYou are told because nobody is on duty in nights.\n"
        "Next: offer it to the backup, Sun 29 Mar 00:30 (Europe/Berlin).\n\n"
        "Take it: python starter.py take one --by mia\n"
        "Give it to somebody: python starter.py reassign one --rep REP --by mia --reason WHY\n"
        "Give them longer: python starter.py extend one --by mia --until 2h\n"
        "See to it, and hear no more of it for now: python starter.py acknowledge one --by mia"
    )
    nobody = about_one(ALERT.model_copy(update={"owner": None, "due_at": None}), None, ROOM, "it waits")
    assert nobody.text.startswith("it waits\nNobody holds it now.\n\nTake it: python starter.py take one --by YOU\n")
    assert "extend" not in nobody.text


def alerts(count: int) -> tuple[Alert, ...]:
    """So many leads that need somebody."""
    return tuple(Alert(f"lead-{n}", 1, 3, "mia", "nobody took it", "ana", DUE, "demo, Acme") for n in range(count))


def test_several_leads_a_line_each() -> None:
    """What happened to which lead, who has it, what is due; one that two things happened to has one line."""
    first, second = alerts(2)
    again = Alert("lead-1", 1, 1004, "mia", "it is in triage.", None, None, "demo, Acme")
    letter = about_several(first, (again, first, second), MIA, names={"ana": "Ana Silva"})
    lines = letter.text.split("\n")
    assert lines[:2] == [
        "- lead-1: demo, Acme: nobody took it; then it is in triage; nobody holds it now",
        "- lead-0: demo, Acme: nobody took it; Ana Silva has it now; next Sun 29 Mar 00:30 (Europe/Berlin)",
    ]
    assert [line.partition(":")[0] for line in lines[3:]] == [
        "Take one",
        "Give one to somebody",
        "Give somebody longer",
        "See to one, and hear no more of it for now",
    ]
    assert letter.subject == "2 leads need you"
    assert letter.bundled == ("lead-1:1:1004", "lead-0:1:3", "lead-1:1:3")


def test_a_flood_stays_readable() -> None:
    """So many lines and no more, each short; the keys of all are there."""
    flood = alerts(LISTED + 7)
    letter = about_several(flood[0], flood, MIA)
    assert letter.text.count("\n- ") + 1 == LISTED
    assert "And 7 more: python starter.py status LEAD tells of each." in letter.text
    assert len(letter.bundled) == LISTED + 7


@pytest.mark.parametrize(
    "letter",
    [told("offer"), told("contact"), *(about_one(ALERT, ACME, reader, "x") for reader in (MIA, ROOM))],
)
def test_every_button_says_a_message_that_leads_understand(letter: Letter) -> None:
    """With what the reader adds, each parses as the message it names; nothing more is asked than that needs."""
    values = {"rep_id": "bo", "reason": "knows them", "by": "mia", "until": (DUE + timedelta(days=1)).isoformat()}
    assert letter.answers
    for answer in letter.answers:
        said = dict(answer.fields) | {name: values[name] for name in answer.asks}
        message = MESSAGES[answer.says]
        assert message.model_validate_json(json.dumps(said)).model_fields_set == set(said)


def test_a_room_is_asked_who_answers() -> None:
    """Many read it, so nobody's name is put under what one of them says."""
    take = Answerable(label="Take it", lead_id="one", says="take", asks=("by",))
    assert about_one(ALERT, ACME, ROOM, "x").answers[0] == take


def test_a_policys_words_replace_ours() -> None:
    """Filled in; the commands stay."""
    text = "{owner} has let {company} wait: {next} at {due} ({lead})"
    says = "Ana Silva has let Acme wait: bo is asked at Sun 29 Mar 08:30 (Asia/Tokyo) (demo request, Acme)"
    assert told("remind", text=text, next_step="bo is asked").text.startswith(f"{says}\n\nAnswer: ")
    order = ALERT.model_copy(update={"text": text, "due_at": None})
    says = "Ana Silva has let unknown company wait: its ladder goes on at no set time (a lead)"
    assert happened(order, None, MIA, "Ana Silva") == says


@given(
    company=st.text(min_size=1) | st.sampled_from(["{due}", "{0.__class__}", r"\1\g<0>"]),
    around=st.text().filter(lambda text: "{" not in text and "}" not in text),
)
def test_what_strangers_write_is_filled_in_as_it_is(company: str, around: str) -> None:
    """Braces, format specifications and group references in a value are mere text."""
    known = ACME.model_copy(update={"company": ACME.company.model_copy(update={"name": company})})
    text = filled(f"{around}{{company}}{around}", known, owner="x", due="y", next_step="z")
    assert text == f"{around}{company}{around}"


def test_braces_that_name_nothing_stay() -> None:
    """A text that a later release wrote is sent as it is, not refused."""
    assert filled("{due} {later} {", None, owner="", due="now", next_step="") == "now {later} {"
    assert re.search(r"[{}]", filled("{lead}{company}{owner}{due}{next}", None, owner="", due="", next_step="")) is None


def test_each_line_of_several_says_who_asks_and_what_is_to_be_done() -> None:
    """A reminder asks, what was taken asks for a contact, and what is gone has no due time and no button."""
    kinds = ("offer", "remind", "contact", "withdrawn")
    about = facts("x", first_name="Kim", last_name="Lake", title="CTO")
    notices = tuple(
        Alert(kind, 1, 0, "ana", f"because {kind}", "ana", DUE, f"demo request, {kind}", kind, about) for kind in kinds
    )
    letter = of_several(notices[0], notices, ANA)
    due = "Sun 29 Mar 08:30 (Asia/Tokyo)"
    asked = [
        f"please take it by {due}: because offer",
        f"nobody has taken it yet: please do by {due}: because remind",
        f"you took it and no contact is noted yet, due {due}",
        "somebody else has it now: because withdrawn",
    ]
    assert [
        f"- demo request, {kind}; Kim Lake, CTO (offer 1): {says}" for kind, says in zip(kinds, asked, strict=True)
    ] == letter.text.splitlines()[:4]
    assert ["accept", "decline"] * 2 + ["contacted"] == [one.says for one in letter.answers]


def test_a_verdict_leads_to_the_lead() -> None:
    """Who has it now finds how to reach the prospect behind the link, and not who else has it."""
    labels = [
        to_rep(
            TELL.model_copy(update={"kind": "verdict", "done": done}), ACME, ANA, "https://baton.example/a/x"
        ).actions
        for done in (True, False)
    ]
    assert ["Open it", "See who has it"] == [label for ((label, _),) in labels]
