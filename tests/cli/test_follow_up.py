"""What follows from leads, read at the command line: reps' tasks, and what goes to marketing and to prospects."""

import json

import pytest

from db.engine import Database
from tests.adapters.channels.mail_sink import MailSink
from tests.cli.driving import Cli
from tests.cli.house import House, policy_text, working

WARM = {"type": "newsletter", "first_name": "Kim"}
ANSWERS = """\
first_answers:
  - {name: thanks, when: 'type == "newsletter"', subject: "Thank you, {first_name}", text: "We will write to you."}
"""


async def test_who_is_asked_has_a_task_until_they_reach_out(house: House) -> None:
    """It is there with the offer, due with the promise; contact closes it; another rep's list does not show it."""
    lead_id, owner = await house.offered()
    ran = await house.cli("tasks", "--lead", lead_id, "--json")
    (task,) = ran.json
    assert (0, owner, 1, "open", False) == (ran.code, task["rep_id"], task["offer"], task["state"], task["overdue"])
    status = (await house.cli("status", lead_id, "--json")).json
    assert (task, status["response_due_at"], None) == (status["task"], task["due_at"], status["enrolment"])
    shown = await house.cli("status", lead_id)
    assert f"{owner} has to reach out, due" in " ".join(shown.out.split())
    assert owner in (await house.cli("tasks", "--rep", owner, "--lead", lead_id)).out
    await house.cli("contacted", lead_id, "--rep", owner)
    await house.until(lead_id, lambda status: status["task"]["state"] == "done")
    assert [] == (await house.cli("tasks", "--lead", lead_id, "--json")).json
    (done,) = (await house.cli("tasks", "--lead", lead_id, "--state", "done", "--json")).json
    assert f"{owner} reached out" == done["because"]


async def test_without_a_marketing_tool_an_enrolment_is_seen_to_wait(house: House) -> None:
    """Nothing is lost, and anybody can see what it waits for."""
    lead_id = await house.start(**WARM)
    status = await house.until(lead_id, lambda status: status["enrolment"] and status["stage"] == "nurturing")
    assert ("waiting", None) == (status["enrolment"]["state"], status["task"])
    ran = await house.cli("handoffs", "list", "--lead", lead_id, "--kind", "enrol", "--json")
    assert (0, [status["enrolment"]]) == (ran.code, ran.json)
    assert "waiting" in (await house.cli("handoffs", "list", "--lead", lead_id)).out
    again = await house.cli("handoffs", "retry", ran.json[0]["id"], "--json")
    assert (0, "waiting") == (again.code, again.json["state"])


async def test_a_worker_carries_out_what_leaves_the_house(empty_house: House) -> None:
    """Marketing has the enrolment in its file, the prospect one mail; promoted, the lead leaves the programme."""
    shell = empty_house.cli
    path = shell.folder / "nurture.jsonl"
    policy = shell.folder / "policy.yaml"
    shell.write("answers.yaml", policy.read_text(encoding="utf-8") + ANSWERS)
    assert 0 == (await shell("policy", "publish", "answers.yaml", "--by", "ops")).code
    with MailSink() as sink:
        mail = {"BATON_SMTP_URL": f"smtp://127.0.0.1:{sink.port}", "BATON_MAIL_FROM": "hello@baton.example"}
        house = House(shell.but(**mail, BATON_NURTURE_FILE=str(path)))
        async with working(house):
            lead_id = await house.start(**WARM)
            await house.until(lead_id, lambda status: (status["enrolment"] or {}).get("state") == "sent")
            await house.cli("event", lead_id, "--kind", "demo_request")
            await house.until(lead_id, lambda status: status["stage"] == "offered")
            ran = await house.cli("handoffs", "list", "--lead", lead_id, "--json")
            while any(one["state"] == "waiting" for one in ran.json):
                ran = await house.cli("handoffs", "list", "--lead", lead_id, "--json")
    notices = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [("nurture.enrol", 1), ("nurture.leave", 1)] == [(one["type"], one["n"]) for one in notices]
    assert f"kim@{lead_id}.example" == notices[0]["person"]["email"]
    assert ["Thank you, Kim"] == [mail["Subject"] for mail in sink.mails]
    assert {("enrol", "sent"), ("leave", "sent"), ("answer", "sent")} == {
        (one["kind"], one["state"]) for one in ran.json
    }


async def test_a_policys_first_answers_are_checked_and_shown(cli: Cli) -> None:
    """What cannot be filled in or judged is named by its line; what is asked for is told to whoever reads the page."""
    good = policy_text() + ANSWERS
    cli.write("good.yaml", good)
    page = await cli("policy", "show", "good.yaml")
    assert (0, True) == (page.code, 'thanks  "Thank you, {first_name}"  type == "newsletter"' in page.out)
    line = 1 + good.splitlines().index("first_answers:") + 1
    for right, wrong, where, what in (
        ("Thank you, {first_name}", "Thank you, {name}", "subject", "{name} is not known"),
        ('type == "newsletter"', 'type == "newsleter"', "when", 'type is never "newsleter", did you mean newsletter?'),
    ):
        cli.write("wrong.yaml", good.replace(ANSWERS, ANSWERS.replace(right, wrong)))
        ran = await cli("policy", "check", "wrong.yaml")
        assert (2, True) == (
            ran.code,
            ran.err.startswith(f"wrong.yaml:{line}: first_answers[0] (thanks).{where}: {what}"),
        ), ran.err


@pytest.mark.usefixtures("no_database_yet")
async def test_what_cannot_be_is_refused_by_name(cli: Cli) -> None:
    """Words that are none, numbers of nothing, and what is out already; 3 when nobody can say."""
    assert 3 == (await cli("tasks")).code
    database = Database(cli.env["BATON_DATABASE_URL"])
    await database.migrate()
    await database.dispose()
    for words, said in (
        (("tasks", "--state", "opne"), "--state: opne is not one; did you mean open?"),
        (("tasks", "--after", "7"), "--after: no task 7"),
        (("handoffs", "list", "--kind", "mail"), "--kind: mail is not one (enrol, leave, answer)"),
        (("handoffs", "list", "--state", "gone"), "--state: gone is not one (waiting, sent, refused, dropped)"),
        (("handoffs", "retry", "7"), "ID: there is no hand-off 7"),
        (("handoffs", "retry", "99999999999"), "ID: 99999999999 is no such number"),
    ):
        ran = await cli(*words)
        assert (2, f"{said}\n") == (ran.code, ran.err)
    assert (0, []) == ((await cli("tasks", "--json")).code, (await cli("handoffs", "list", "--json")).json)
