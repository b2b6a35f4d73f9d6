"""The room Policy: the policy in words, its versions, what differs, what fired, whose turn it is."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

from api.console.policy_use import told
from config.load import open_policy
from db import tables
from db.engine import Database
from db.rule_use import Judged, RuleUse, Use
from db.tables.words import ActOutcome, Posting
from models.access import Role
from policy.fairness import UNIT
from runtime import clock
from tests.api.house import Doors, opened
from tests.cli.house import policy_text
from tests.console.house import visiting


async def publish(doors: Doors, text: str, by: str = "ops") -> str:
    """Publish a policy, and give its version."""
    opened = open_policy(text, "policy.yaml")
    await doors.store.policies.publish(opened.version, opened.policy.name, text, by=by, at=clock.now())
    return opened.version


async def put(doors: Doors, *rows: Any) -> None:
    """Insert rows as they are."""
    async with doors.store.database.writing() as session:
        for row in rows:
            session.add(row)


RULES = """\
routing:
  rules:
    - {name: big, when: company.employees > 100, pool: demo}
    - {name: rare, when: company.employees > 100000, pool: demo}
  default_pool: demo
"""


def ruled(rules: str) -> str:
    """Give the policy with other routing rules."""
    text = policy_text()
    return text[: text.index("routing:")] + rules + text[text.index("sla:") :]


async def test_everybody_reads_the_policy_in_words(doors: Doors) -> None:
    """What the command line says of it is on the page, with who published it; a rep reads it, too."""
    async with visiting(doors, Role.REP) as rep:
        page = (await rep.get("/policy")).text
    for says in (
        "Who gets it otherwise: the first rule that matches",
        "Ana Abel, Ben Bach, Cam Cole (by turns)",
        "An answer can be taken back for 5 min.",
        "new leads get it",
        "by <bdi>tests</bdi>",
    ):
        assert says in page


async def test_versions_are_listed_and_compared_by_rule_and_by_line(doors: Doors) -> None:
    """Who published which, and what the newer one changed; the text can be had as it is."""
    first = await doors.store.policies.active()
    assert first is not None
    text = policy_text().replace("undo: 5m", "undo: 7m").replace("name: slow", "name: brisk")
    second = await publish(doors, text, by="zoe")
    async with visiting(doors, Role.REP) as rep:
        page = (await rep.get("/policy/versions")).text
        assert f"/policy/compare?a={first.version}&amp;b={second}" in page
        assert "<bdi>zoe</bdi>" in page
        page = (await rep.get(f"/policy/compare?a={first.version}&b={second}")).text
        assert '<span class="code">manners.undo</span>' in page
        assert '<bdi>5m</bdi></span> <span aria-hidden="true">→</span>' in page
        assert '<span class="badge mine">added</span> <b><bdi>brisk</bdi></b>' in page
        assert '<span class="badge late">removed</span> <b><bdi>slow</bdi></b>' in page
        page = (await rep.get(f"/policy/compare?a={first.version}&b={second}&lines=true")).text
        assert '<span class="added">+manners: {undo: 7m,' in page
        assert '<span class="removed">-manners: {undo: 5m,' in page
        assert "These are the same version." in (await rep.get(f"/policy/compare?a={second}&b={second}")).text
        old = (await rep.get(f"/policy/versions/{first.version}")).text
        assert "not the one new leads get" in old
        assert "An answer can be taken back for 5 min." in old
        assert text == (await rep.get(f"/policy/versions/{second}/text")).text
        assert 404 == (await rep.get("/policy/versions/nothing")).status_code
        assert 404 == (await rep.get(f"/policy/compare?a=nothing&b={second}")).status_code


async def test_what_a_policy_quotes_is_text_and_never_markup(doors: Doors) -> None:
    """Whoever writes a policy writes no page."""
    await publish(doors, ruled(RULES.replace("company.employees > 100,", "'\"<script>alert(1)</script>\" in tags',")))
    async with visiting(doors, Role.REP) as rep:
        for path in ("/policy", "/policy/compare", "/policy/compare?lines=true"):
            page = (await rep.get(path)).text
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert" in page


def measured(lead_id: str, rule: str | None, days: int, **changes: Any) -> tables.LeadMeasure:
    """What is measured of a lead that came so many days ago."""
    at = clock.now() - timedelta(days=days)
    given: dict[str, Any] = {
        "day": at.date(), "received_at": at, "hour_of_week": 0, "source": "web", "type": "demo_request", "policy": "p",
        "stage": "offered", "offers": 1, "changed_at": at,
    }  # fmt: skip
    return tables.LeadMeasure(lead_id=lead_id, rule=rule, **(given | changes))


async def test_what_fired_stands_beside_what_did_not(doors: Doors) -> None:
    """Counted by hand: leads by rule in three whiles, what was moved by hand and complained of, what is no more."""
    await publish(doors, ruled(RULES))
    said = [
        tables.HumanAct(
            at=clock.now(), who="ana", what="complaint", lead_id="a", about=rule, detail={"rule": rule, "offer": 1},
            outcome=ActOutcome.DONE,
        )
        for rule in ("big", "open_lead")
    ]  # fmt: skip
    await put(
        doors,
        *(measured(f"w{n}", "big", 1, handed=int(n < 2)) for n in range(4)),
        measured("m", "big", 20),
        measured("q", "big", 60, handed=1),
        measured("old", "gone rule", 60),
        measured("tie", None, 1),
        *said,
        tables.Lead(
            lead_id="a", headline="<b>demo</b>", source="web", type="demo_request", policy="p", received_at=clock.now(),
            changed_at=clock.now(),
        ),
    )  # fmt: skip
    async with visiting(doors, Role.REP) as rep:
        page = (await rep.get("/policy/use")).text
        assert "rule <b><bdi>rare</bdi></b>" in page
        assert "3 of 6 leads moved by hand (50 %, between 19 % and 81 %); 1 person said: wrong lead for me" in page
        assert '<a href="/leads/a"><bdi>&lt;b&gt;demo&lt;/b&gt;</bdi></a>' in page
        assert "<b><bdi>a tie, the default pool or a person</bdi></b>: 1 person said: wrong lead for me" in page
        assert "<bdi>open_lead</bdi> <span" not in page
        assert '<bdi>gone rule</bdi> <span class="badge gone">no longer in it</span>' in page
        assert "big brought the most: 5 of 6 leads that were offered to somebody." in page
        file = csv.DictReader(io.StringIO((await rep.get("/policy/use.csv")).text))
        rows = {row["name"]: row for row in file if row["kind"] == "rule"}
        assert ("4", "5", "6", "3", "1") == tuple(rows["big"].values())[3:]
        assert "0" == rows["rare"]["leads_90d"]
        assert "no" == rows["gone rule"]["in_policy"]


async def test_a_way_counts_whatever_its_reason_was_and_though_it_is_no_more() -> None:
    """Another version's words do not make it one that never fired, nor the matrix's."""
    policy = open_policy(policy_text(), "policy.yaml").policy
    way = policy.ways[0]

    def judged(because: str, leads: int) -> Judged:
        return Judged("review", because, "high", "weak", None, (0, leads, leads))

    found = (
        judged(f"{way.name}: {way.because}", 2),
        judged(f"{way.name}: as we said it once", 3),
        judged("gone way: it was like that: once", 5),
        judged("high intent, weak fit (no criterion met; 0 points, strong from 3)", 7),
        judged("promoted: 90 points, more than 80, in spite of high intent, weak fit (none)", 11),
    )
    fired = told(policy, Use({}, RuleUse((0, 0, 0), 0, 0, 0, 0), {}, {}, found, {}, None))
    ways = {one.name: one for one in fired.ways}
    assert (0, 5, 5) == ways[way.name].leads
    assert ((0, 5, 5), False) == (ways["gone way"].leads, ways["gone way"].there)
    assert [11, 7] == [one.leads[1] for one in fired.matrix]


async def test_everybody_reads_every_ledger(doors: Doors) -> None:
    """Who is behind, and by which line; a pool that is none is not there."""
    now = clock.now()
    for rep_id, units in (("ana", -UNIT // 2), ("ben", UNIT // 2)):
        await put(
            doors,
            tables.Balance(pool="demo", rep_id=rep_id, units=units),
            tables.Ledger(
                pool="demo",
                rep_id=rep_id,
                lead_id="x",
                offer=1,
                posting=Posting.TURN,
                units=units,
                because="turn",
                at=now,
            ),
        )
    async with visiting(doors, Role.REP, person_id="cam") as cam:
        page = (await cam.get("/policy/pools")).text
        assert "Ana Abel, Ben Bach, Cam Cole (by turns)" in page
        assert '<td data-label="Furthest behind"><bdi>Ben Bach</bdi></td>' in page
        page = (await cam.get("/policy/pools/demo?rep=ana")).text
        assert "The ledger of <bdi>Ana Abel</bdi>" in page
        assert "0.50 ahead" in page
        assert "0.50 behind" in page
        assert 404 == (await cam.get("/policy/pools/nowhere")).status_code


async def test_before_the_first_policy_there_are_pages_too(database_url: str, tmp_path: Path) -> None:
    """Each says what would be here; on both databases."""
    database = Database(database_url)
    await database.migrate()
    await database.dispose()
    async with opened(database_url, tmp_path) as bare, visiting(bare, Role.ADMIN) as admin:
        for path, says in (
            ("/policy", "No policy is published yet"),
            ("/policy/versions", "No policy is published yet."),
            ("/policy/use", "No lead came by a rule in 30 days."),
            ("/policy/pools", "There is no pool yet."),
            ("/policy/drafts", "There is no draft."),
            ("/policy/shadow", "No draft was ever let look on."),
        ):
            answer = await admin.get(path)
            assert 200 == answer.status_code, path
            assert says in answer.text
        assert 404 == (await admin.get("/policy/compare")).status_code
        saved = await admin.post("/policy/drafts", text=policy_text())
        assert 303 == saved.status_code
        version = saved.headers["location"].partition("?")[0].rpartition("/")[2]
        told = await admin.do(f"/policy/drafts/{version}/simulate", leads="200")
        assert "No policy is published to compare it with." in told.text
        assert (
            "is what new leads get from now on"
            in (await admin.do(f"/policy/drafts/{version}/publish", instead_of="")).text
        )
