"""What Teams alone promises: the card, its size, and what a connector says with 200."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Message, PermanentFailure, TemporaryFailure
from adapters.channels.teams import LARGEST, compose
from tests.adapters.channels.conftest import teams_channel
from tests.adapters.channels.samples import message, person
from tests.adapters.channels.vendor_sinks import TeamsSink


async def sent(sink: TeamsSink, one: Message) -> str | None:
    """Send it; give the id of the receipt."""
    channel = teams_channel()
    to = person(teams_url=f"http://127.0.0.1:{sink.port}/workflows/1?sig=tokenMira")
    try:
        receipt = await channel.send(message(to=to) if one is SAMPLE else one)
    finally:
        await channel.aclose()
    return receipt.provider_id


SAMPLE = message()


async def test_the_card_in_full(teams_sink: TeamsSink) -> None:
    """Which offer, the facts, the words, and one link for each thing that can be done."""
    assert "run-1" == await sent(teams_sink, SAMPLE)
    (card,) = teams_sink.cards()
    said = ["".join(run["text"] for run in block["inlines"]) for block in card["body"]]
    assert [
        "[offer 2] Demo request from Acme Robotics",
        "Company: Acme Robotics, 420 people, DE",
        "Why you: territory DACH, next in rotation",
        "Due: 2026-03-27 17:10:00 UTC",
        "A new lead is yours to take.",
    ] == said
    assert [
        {"type": "Action.OpenUrl", "title": "Accept", "url": "https://baton.example/a/tokenAccept"},
        {"type": "Action.OpenUrl", "title": "Open", "url": "https://baton.example/l/L-7Q2"},
    ] == card["actions"]
    assert ("1.4", "L-7Q2:2:1:test") == (card["version"], teams_sink.received[0].key)


def test_no_button_is_left_out() -> None:
    """Teams shows six of a set: of more, each has a place in a set of its own size."""
    actions = tuple((f"Lead {n}", f"https://baton.example/a/{n}") for n in range(14))
    card = json.loads(compose(message(actions=actions)))["attachments"][0]["content"]
    sets = [block["actions"] for block in card["body"] if block["type"] == "ActionSet"]
    assert ([6, 6, 2], []) == ([len(one) for one in sets], card["actions"])
    assert list(actions) == [(button["title"], button["url"]) for one in sets for button in one]


def test_markdown_is_not_read_where_strangers_wrote() -> None:
    """A card's text runs take text as it is; its text blocks, of which there are none, would make a link of it."""
    card = json.loads(compose(message(text="[Acme](https://evil.example)")))["attachments"][0]["content"]
    assert {"RichTextBlock"} == {block["type"] for block in card["body"]}
    assert {"TextRun"} == {run["type"] for block in card["body"] for run in block["inlines"]}


@given(letter=st.sampled_from(["x", "é", "語", "\U0001f600", '"', "\\"]), long=st.integers(0, 20_000))
def test_no_card_is_larger_than_teams_takes(letter: str, long: int) -> None:
    """The text is cut, whatever its letters weigh; the facts, the links and the keys of a bundle stay."""
    keys = tuple(f"L-{n:04}:2:1" for n in range(300))
    body = compose(message(text=letter * long, bundled=keys))
    assert len(body) <= LARGEST
    assert [] == [key for key in keys if key.encode() not in body]
    assert b"https://baton.example/a/tokenAccept" in body


def test_what_cannot_be_cut_enough_is_refused() -> None:
    """Then the next channel has it."""
    with pytest.raises(PermanentFailure, match="longer than Teams takes"):
        compose(message(bundled=tuple(f"{'L' * 60}:{n}:1" for n in range(500))))


@pytest.mark.parametrize(("code", "raises"), [(429, TemporaryFailure), (403, PermanentFailure)])
async def test_a_connector_that_fails_with_200_has_failed(
    teams_sink: TeamsSink, code: int, raises: type[Exception]
) -> None:
    """It says so in words alone."""
    said = f"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {code} with x"
    teams_sink.answer(200, times=1, body=said.encode())
    with pytest.raises(raises):
        await sent(teams_sink, SAMPLE)
    assert "run-2" == await sent(teams_sink, SAMPLE)
