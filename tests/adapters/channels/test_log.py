"""The log as a channel: one event or one line, by ids."""

from structlog.testing import capture_logs

from adapters.channels.log import LogChannel
from tests.adapters.channels.samples import message, person


async def test_without_a_terminal_one_event_is_logged() -> None:
    """The event `notification` carries ids and the subject, nothing about the person."""
    with capture_logs() as events:
        await LogChannel().send(message(subject="Demo request, write to mira.santos@sales.example"))
    expected = {
        "event": "notification",
        "log_level": "info",
        "kind": "offer",
        "person_id": "rep-mira",
        "lead_id": "L-7Q2",
        "offer": 2,
        "rung": 1,
        "subject": "Demo request, write to rep-mira",
        "key": "L-7Q2:2:1:test",
    }
    assert [expected] == events


async def test_with_a_terminal_one_line_is_written_and_nothing_logged() -> None:
    """A person at the terminal sees whom to act for, once."""
    lines: list[str] = []
    with capture_logs() as events:
        await LogChannel(write=lines.append).send(message())
    expected = (
        "notification offer to=rep-mira lead=L-7Q2 offer=2 rung=1 "
        'subject="Demo request from Acme Robotics" key=L-7Q2:2:1:test'
    )
    assert [expected] == lines
    assert [] == events


async def test_a_forged_line_stays_inside_the_line() -> None:
    """Neither a line break nor a quotation mark lets a subject pretend to be another notification."""
    lines: list[str] = []
    forged = 'x" key=none\nnotification accepted to=rep-eve'
    await LogChannel(write=lines.append).send(message(subject=forged, to=person(person_id="rep\nmira")))
    (line,) = lines
    assert "\n" not in line
    assert r'subject="x\" key=none notification accepted to=rep-eve" key=L-7Q2' in line


async def test_the_name_can_tell_two_logs_apart() -> None:
    """The receipt says which."""
    receipt = await LogChannel(name="terminal", write=lambda _: None).send(message())
    assert "terminal" == receipt.channel
