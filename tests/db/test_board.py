"""Leads as the board lists them: which, in what order, how many, and what changed lately; on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from db.board import BoardFilters, Boards, BoardSort, Choices, Told
from db.engine import Database
from db.tables import HumanAct, Identity, Inbox, Lead, Ownership
from db.tables.words import ActOutcome, Holds
from models.lead import Stage
from tests.db.samples import AT

HOUR = timedelta(hours=1)


def row(lead_id: str, stage: Stage = Stage.OFFERED, **fields: Any) -> Lead:
    """A lead; what is not said does not matter."""
    given: dict[str, Any] = {"headline": f"demo request, {lead_id}", "source": "web", "type": "demo_request"}
    given |= {"policy": "p", "received_at": AT, "changed_at": AT, "seq": 1}
    return Lead(lead_id=lead_id, stage=stage, **given | fields)


def leads() -> list[Lead]:
    """Four open leads, one that is over, and two that no board shows."""
    return [
        row("late", owner="ana", team="emea", due_at=AT - HOUR, breached=True, points=20.0, region="europe"),
        row("soon", owner="ben", team="emea", due_at=AT + HOUR, points=50.0, headline="demo request, Ümit 100% Öl"),
        row("held", Stage.ROUTING, answerable="ana", due_at=AT + 5 * HOUR, source="fair", type="webinar"),
        row("mute", Stage.ACCEPTED, owner="ben", answerable="ana", due_at=None, received_at=AT + HOUR),
        row("over", Stage.CONTACTED, owner="ana", closed_at=AT, changed_at=AT + HOUR, source="old"),
        row("fold", due_at=AT, folded_into="late"),
        row("gone", Stage.ERASED, closed_at=AT),
    ]


@pytest.fixture
async def boards(db: Database) -> Boards:
    """A board of four open leads, one that is over, and two that it never shows."""
    async with db.writing() as session:
        session.add_all(leads())
    return Boards(db)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["late", "soon", "held", "mute"]),
        ({"stages": (Stage.OFFERED,)}, ["late", "soon"]),
        ({"stages": (Stage.ROUTING, Stage.ACCEPTED)}, ["held", "mute"]),
        ({"who": "ana"}, ["late", "held"]),
        ({"who": "ben"}, ["soon", "mute"]),
        ({"team": "emea"}, ["late", "soon"]),
        ({"source": "fair"}, ["held"]),
        ({"type": "webinar"}, ["held"]),
        ({"region": "europe"}, ["late"]),
        ({"breached": True}, ["late"]),
        ({"due_before": AT + 2 * HOUR}, ["late", "soon"]),
        ({"words": "100% DEMO"}, ["soon"]),
        ({"words": "%"}, ["soon"]),
        ({"words": " held "}, ["held"]),
        ({"words": "nobody"}, []),
        ({"ended": True}, ["over"]),
        ({"leads": ("over", "held", "fold", "gone")}, ["held", "over"]),
    ],
)
async def test_leads_are_listed_by_what_is_asked_for(
    boards: Boards, filters: dict[str, Any], expected: list[str]
) -> None:
    """Whose, which, and until when; folded and erased ones are nobody's to see; all of it is what is counted."""
    wanted = BoardFilters(**filters)
    listed = [card.lead_id for card in await boards.page(wanted)]
    counted = await boards.counts(wanted)
    assert expected == listed
    if not wanted.stages:
        assert len(expected) == sum(counted.values())


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (BoardSort.DUE, ["late", "soon", "held", "mute"]),
        (BoardSort.NEWEST, ["mute", "soon", "late", "held"]),
        (BoardSort.POINTS, ["soon", "late", "held", "mute"]),
        (BoardSort.CHANGED, ["soon", "mute", "late", "held"]),
    ],
)
async def test_two_pages_are_the_whole_in_its_order(boards: Boards, sort: BoardSort, expected: list[str]) -> None:
    """What has no date and no score comes last, on either database; nothing is twice, nothing is missing."""
    everything = BoardFilters()
    pages = [await boards.page(everything, sort=sort, limit=2, offset=offset) for offset in (0, 2)]
    assert expected == [card.lead_id for page in pages for card in page]
    assert expected[:3] == list(await boards.ids(everything, sort=sort, limit=3))


async def test_stages_are_counted_whatever_stage_is_asked_for(boards: Boards) -> None:
    """The numbers beside the stages stay as one is chosen; other filters count."""
    emea = await boards.counts(BoardFilters(stages=(Stage.ROUTING,), team="emea"))
    assert {Stage.OFFERED: 2, Stage.ROUTING: 1, Stage.ACCEPTED: 1} == await boards.counts(BoardFilters())
    assert {Stage.OFFERED: 2} == emea
    assert Choices(("fair", "web"), ("europe",), ("emea",)) == await boards.choices()


async def test_what_stands_beside_a_lead_is_found(boards: Boards, db: Database) -> None:
    """The class of its present offer, the prospect's zone, the leads of an address, who waits at the door."""
    offer: dict[str, Any] = {"ordered_at": AT, "offered_at": AT, "refund_on": []}
    async with db.writing() as session:
        session.add(Ownership(lead_id="late", offer=1, rep_id="ben", state=Holds.OFFERED, ended_at=AT,
                              assignment={"sla": "old"}, **offer))  # fmt: skip
        session.add(Ownership(lead_id="late", offer=2, rep_id="ana", state=Holds.OFFERED,
                              assignment={"sla": "demo"}, **offer))  # fmt: skip
        session.add(Ownership(lead_id="soon", offer=1, rep_id="ben", state=Holds.OFFERED, **offer))
        (await session.get_one(Lead, "held")).facts = {"timezone": "Asia/Tokyo"}
        for lead_id in ("late", "over", "fold", "gone"):
            session.add(Identity(kind="email", value="kim@a.example", lead_id=lead_id, released_at=AT))
        session.add(Identity(kind="external", value="kim@a.example", lead_id="soon"))
        session.add(Inbox(lead_id="new", raw="{}", created_at=AT, next_at=AT))
    assert {"late": "demo"} == await boards.sla_classes(["late", "soon", "held"])
    assert {"held": "Asia/Tokyo"} == await boards.zones(["held", "soon"])
    assert ("late", "over") == await boards.of_address("kim@a.example", limit=5)
    assert () == await boards.of_address("kim@", limit=5)
    assert 1 == await boards.at_the_door()


async def test_changes_are_told_apart_by_their_record(boards: Boards, db: Database) -> None:
    """A lead that is recorded anew is another entry; what changed before is none."""
    before = await boards.changed_since(AT)
    async with db.writing() as session:
        (await session.get_one(Lead, "held")).seq = 2
    assert {("held", 2)} == await boards.changed_since(AT) - before
    assert {("over", 1)} == await boards.changed_since(AT + HOUR)


async def test_what_came_of_a_run_is_told_lead_by_lead(boards: Boards, db: Database) -> None:
    """The last word on each lead counts; other runs, and other people's, do not."""

    def act(lead_id: str | None, outcome: ActOutcome, who: str = "oz", about: str = "bulk 1") -> HumanAct:
        return HumanAct(at=AT, who=who, what="pause", lead_id=lead_id, about=about, detail={}, outcome=outcome)

    async with db.writing() as session:
        for one in (
            act(None, ActOutcome.RECORDED),
            act("late", ActOutcome.REFUSED),
            act("late", ActOutcome.DONE),
            act("soon", ActOutcome.DONE, who="eve"),
            act("held", ActOutcome.DONE, about="bulk 2"),
        ):
            session.add(one)
            await session.flush()
    begun = await boards.bulk_begun("oz", "bulk 1")
    assert begun is not None
    assert {"late": Told(ActOutcome.DONE, "", AT)} == await boards.bulk_told("bulk 1", "oz", begun)
    assert await boards.bulk_begun("oz", "bulk 3") is None
