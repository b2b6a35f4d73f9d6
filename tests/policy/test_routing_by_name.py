"""Who gets a lead past the rotation: backups, whom a human names, and managers themselves."""

from datetime import datetime
from typing import Any

import pytest

from models.ladder import Target
from models.orders import AssignLead
from policy.routing.choosing import Impossible
from tests.policy.asking import ANYBODY, NOON, ask, berlin, chosen, order, reasons, roster


@pytest.mark.parametrize(
    ("changes", "backup"),
    [
        ({}, "dee"),
        ({"dee": {"active": False}}, "ben"),
        ({"dee": {"time_off": [{"from": "2026-03-01", "to": "2026-03-04"}]}}, "dee"),
        ({"dee": {"time_off": [{"from": "2026-03-01", "to": "2026-03-20"}]}}, "ben"),
        ({"dee": {"capacity": 1}}, "dee"),
        ({"dee": {"capacity": 0}}, "ben"),
        ({"ana": {"backup": None}}, "ben"),
        ({"ana": {"backup": None}, "ben": {"capacity": 0}}, None),
    ],
    ids=["named", "left", "back-in-time", "away-for-long", "full-now", "takes-none", "next-in-rotation", "nobody"],
)
def test_a_backup_is_reserved_with_the_offer(changes: dict[str, Any], backup: str | None) -> None:
    """The named backup if they can be asked soon (off hours or full now is no bar), else who would be next (R30)."""
    answer = chosen(roster(**changes), loads={"dee": 1})

    assert ("ana", backup, backup) == (answer.rep_id, answer.backup_id, answer.trace.backup)


def test_a_backup_is_never_somebody_asked_before() -> None:
    """Who declined does not come back as the backup."""
    assert "ben" == chosen(wanted=order(asked=("dee",))).backup_id


def test_whoever_holds_it_is_not_asked_again() -> None:
    """The next one is never the one who has it, whether or not they are listed as asked."""
    assert "ben" == chosen(wanted=order(Target.NEXT, holder="ana")).rep_id


EVENING = berlin(3, 17)  # nine o'clock in Denver


@pytest.mark.parametrize(
    ("wanted", "changes", "at", "rep_id", "charged"),
    [
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="dee"), {}, EVENING, "dee", False),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="ben"), {}, EVENING, "ben", False),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="cho"), {}, EVENING, "cho", False),
        (
            order(Target.BACKUP, holder="ana", asked=("ana",), backup="cho"),
            {"cho": {"capacity": 0}},
            EVENING,
            "dee",
            False,
        ),
        (order(Target.BACKUP, holder="ana", asked=("ana",)), {}, EVENING, "dee", False),
        (order(Target.BACKUP, asked=("ana",)), {}, EVENING, "dee", False),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="dee"), {}, NOON, "ben", True),
        (order(Target.BACKUP, holder="ana", asked=("ana", "dee"), backup="dee"), {}, EVENING, "ben", True),
        (order(Target.BACKUP, holder="ana", asked=("ana",), backup="gone"), {}, NOON, "ben", True),
        (order(Target.BACKUP), {}, NOON, "ana", True),
    ],
    ids=[
        "reserved-outside-the-pool",
        "reserved-from-the-rotation",
        "reserved-of-any-level",
        "reserved-full-so-the-roster's",
        "nobody-reserved",
        "after-a-decline",
        "off-hours-so-rotation",
        "asked-before-so-rotation",
        "left-the-company",
        "nobody-asked-yet",
    ],
)
def test_a_backup_covers(wanted: AssignLead, changes: Any, at: datetime, rep_id: str, charged: bool) -> None:
    """The reserved backup, else the owner's, else the rotation; only a turn of the rotation is charged."""
    answer = chosen(roster(**changes), wanted=wanted, at=at)

    assert (rep_id, charged) == (answer.rep_id, answer.turn is not None)
    assert reasons(answer)[rep_id] is None


def test_a_backup_reads_whom_they_stand_in_for() -> None:
    """The sentence and the trace say that it is not their turn."""
    answer = chosen(wanted=order(Target.BACKUP, holder="ana", asked=("ana",), backup="ben"))

    assert answer.sentence == (
        "You get this lead as Ana's backup: it is a demo request from a 12,000-employee company in DE "
        "(rule enterprise-emea)."
    )
    assert "ben is the backup of ana" == answer.trace.because


def test_a_backup_who_could_not_is_in_the_trace() -> None:
    """Why the reserved backup was passed over can be told later."""
    answer = chosen(wanted=order(Target.BACKUP, holder="ana", asked=("ana",), backup="dee"))
    gone = chosen(wanted=order(Target.BACKUP, holder="ben", asked=("ben",), backup="old"))

    assert {
        "ana": "was offered it before",
        "ben": None,
        "cho": "junior, not senior",
        "dee": "off hours until Tue 09:00",
    } == (reasons(answer))
    assert gone.trace.because.endswith("; old, the backup, is not in the roster any more")


@pytest.mark.parametrize(
    ("rep_id", "because"),
    [
        ("bne", "unknown rep 'bne', did you mean 'ben'?"),
        ("mex", "unknown rep 'mex', did you mean 'max'?"),
        ("quentin", "unknown rep 'quentin'"),
        (None, "nobody was named: say who is to get the lead"),
        ("cho", "cho is inactive and gets no leads"),
    ],
)
def test_a_human_cannot_name_just_anybody(rep_id: str | None, because: str) -> None:
    """Somebody unknown or gone is refused, with who was meant."""
    people = roster(cho={"active": False})

    assert Impossible(because) == ask(people, wanted=order(Target.NAMED, rep_id=rep_id, by="vera"))


def test_a_human_overrules_every_reason_and_it_is_recorded() -> None:
    """Leave, hours, level, capacity and an earlier offer give way to a person, visibly; no turn is charged."""
    people = roster(cho={"capacity": 1, "time_off": [{"from": "2026-03-01", "to": "2026-03-09"}]})
    wanted = order(Target.NAMED, rep_id="cho", by="vera", asked=("cho",))

    answer = chosen(people, wanted=wanted, loads={"cho": 1}, at=berlin(7, 12))

    assert answer.sentence == (
        "Vera gave you this lead: it is a demo request from a 12,000-employee company in DE, although you are on leave "
        "until 9 Mar, are off hours until Tue 09:00, are junior, not senior, have 1 of 1 leads open and were offered "
        "it before."
    )
    assert answer.trace.because == (
        "vera gave it to cho; overruling: on leave until 9 Mar, off hours until Tue 09:00, junior, not senior, "
        "1 of 1 leads open, was offered it before"
    )
    assert ("cho", None, "on leave until 9 Mar") == (answer.rep_id, answer.turn, reasons(answer)["cho"])


def test_a_human_may_name_somebody_outside_the_pool() -> None:
    """The trace keeps the rule whose pool was passed over, so that overrides are counted per rule (R29)."""
    answer = chosen(wanted=order(Target.NAMED, rep_id="dee", by="unlisted"), at=EVENING, judged=ANYBODY)

    assert ("dee", "enterprise-emea", "ana") == (answer.rep_id, answer.rule, answer.backup_id)
    assert ["ana", "ben", "cho", "dee"] == [one.rep_id for one in answer.trace.candidates]
    assert answer.sentence.startswith("unlisted gave you this lead: it is a demo request")


def test_a_manager_may_take_a_lead() -> None:
    """A manager needs no turn, has no backup and answers to themselves."""
    answer = chosen(wanted=order(Target.NAMED, rep_id="max", by="max", accepted=True))

    assert ("max", "Max", "amer", "americas", "max", None, None) == (
        answer.rep_id,
        answer.rep_name,
        answer.team,
        answer.region,
        answer.manager_id,
        answer.backup_id,
        answer.turn,
    )
    assert answer.sentence.startswith("You took this lead yourself: it is a demo request")
    assert "max took it" == answer.trace.because
