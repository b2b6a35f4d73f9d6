"""What Slack alone promises: the call, its codes, its limits, and the contract of its buttons."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Answerable, Kind, Message, PermanentFailure, TemporaryFailure
from adapters.channels.slack import SlackChannel
from adapters.channels.slack_blocks import Pressed, content, pressed
from tests.adapters.channels.conftest import slack_channel
from tests.adapters.channels.samples import HOSTILE, clock, message, person
from tests.adapters.channels.vendor_sinks import SlackSink, wrong_blocks

LONG = "l" * 64


async def sent(sink: SlackSink, *messages: Message) -> None:
    """Send them in turn."""
    channel = slack_channel(sink.url)
    for one in messages:
        await channel.send(one)
    await channel.aclose()


async def test_the_call_names_the_person_and_repeats_itself(slack_sink: SlackSink) -> None:
    """To their Slack id, the same for a repeat byte for byte, and another for another rung."""
    await sent(slack_sink, message(), message(), message(key="L-7Q2:2:2:test", rung=2))
    first, repeat, other = slack_sink.received
    assert first.raw == repeat.raw
    assert ("/api/chat.postMessage", "U0MIRA0001") == (first.path, first.body["channel"])
    assert first.body["client_msg_id"] != other.body["client_msg_id"]
    about = {"key": "L-7Q2:2:1:test", "lead_id": "L-7Q2", "offer": 2}
    assert {"event_type": "baton_notification", "event_payload": about} == first.body["metadata"]
    assert "[offer 2] Demo request from Acme Robotics" == first.body["text"]


async def test_a_receipt_is_what_an_update_needs(slack_sink: SlackSink) -> None:
    """The conversation's own id, which is not the person's, and the instant that is the message's name."""
    channel = slack_channel(slack_sink.url)
    receipt = await channel.send(message())
    assert "D0MIRA0001:1690000000.000001" == receipt.provider_id
    await channel.update(receipt.provider_id, message(subject="Ana has it", answers=(), actions=()))
    await channel.aclose()
    (post,) = slack_sink.posts
    assert ("Ana has it" in post.body["text"], post.buttons(), post.changed) == (True, [], 1)


@pytest.mark.parametrize("code", ["ratelimited", "internal_error", "fatal_error", "service_unavailable"])
async def test_some_codes_pass(slack_sink: SlackSink, code: str) -> None:
    """Slack says with 200 that it cannot now."""
    slack_sink.refuse(code)
    with pytest.raises(TemporaryFailure, match=code):
        await sent(slack_sink, message())


@pytest.mark.parametrize("code", ["channel_not_found", "invalid_auth", "token_revoked", "is_archived", "new_code"])
async def test_every_other_code_is_final(slack_sink: SlackSink, code: str) -> None:
    """The next channel is tried; the code is what ops has to mend."""
    slack_sink.refuse(code)
    with pytest.raises(PermanentFailure, match=code):
        await sent(slack_sink, message())


async def test_a_wrong_token_is_said_without_it(slack_sink: SlackSink) -> None:
    """The code alone."""
    channel = SlackChannel(token="xoxb-wrong", clock=clock, url=slack_sink.url)
    with pytest.raises(PermanentFailure) as refused:
        await channel.send(message())
    await channel.aclose()
    assert "answered invalid_auth" == refused.value.detail


@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", b"[]", b'{"ok":"true"}', b'{"ok":false}'])
async def test_an_answer_that_says_nothing_is_tried_again(slack_sink: SlackSink, body: bytes) -> None:
    """A gateway's page is not Slack's word."""
    slack_sink.answer(200, times=1, body=body)
    with pytest.raises(TemporaryFailure, match="without saying"):
        await sent(slack_sink, message())


@pytest.mark.parametrize("given", [{"token": ""}, {"token": "two\nlines"}, {"token": "x", "url": "slack.example/api"}])
def test_half_a_configuration_is_refused(given: dict[str, Any]) -> None:
    """Before anything is sent."""
    with pytest.raises(ValueError, match=r"token|url"):
        SlackChannel(clock=clock, **given)


async def test_pressing_a_button_says_which_offer_of_which_lead(slack_sink: SlackSink) -> None:
    """As Slack hands it back: the value of a button, or what was chosen in a menu of the lead's block."""
    await sent(slack_sink, message())
    accept, decline, why, *links = slack_sink.posts[0].buttons()
    chosen = {**decline, "selected_option": decline["options"][1]}
    assert Pressed("accept", "L-7Q2", 2, "rep-mira") == pressed(accept)
    assert Pressed("decline", "L-7Q2", 2, "rep-mira", "Other") == pressed(chosen)
    assert Pressed("why", "L-7Q2", 2, "rep-mira") == pressed(why)
    assert ["https://baton.example/a/tokenAccept", "https://baton.example/l/L-7Q2"] == [link["url"] for link in links]
    assert [None, None, None] == [pressed(decline), *map(pressed, links)]


async def test_each_lead_of_a_bundle_has_buttons_of_its_own(slack_sink: SlackSink) -> None:
    """So a press in a message about several says which."""
    answers = tuple(
        Answerable(label=f"Take {lead}", lead_id=lead, says="accept", fields=(("rep_id", "ana"), ("offer", n)))
        for n, lead in enumerate(("one", "two", "three"), 1)
    )
    await sent(slack_sink, message(kind=Kind.BUNDLE, answers=answers, bundled=("one:1:0", "two:2:0"), actions=()))
    takes = [pressed(button) for button in slack_sink.posts[0].buttons() if button["action_id"] == "accept"]
    assert [Pressed("accept", lead, n, "ana") for n, lead in enumerate(("one", "two", "three"), 1)] == takes


async def test_every_lead_of_a_large_bundle_has_its_link(slack_sink: SlackSink) -> None:
    """A block takes 25 buttons: the sink refuses more."""
    actions = tuple((f"Lead {n}", f"https://baton.example/a/{n}") for n in range(40))
    await sent(slack_sink, message(kind=Kind.BUNDLE, answers=(), actions=actions))
    assert [url for _, url in actions] == [button["url"] for button in slack_sink.posts[0].buttons()]


async def test_the_longest_ids_fit(slack_sink: SlackSink) -> None:
    """A block's id takes 255 characters, a menu's value 150: the sink refuses longer ones."""
    answers = tuple(
        Answerable(
            label="Take it",
            lead_id="L" * 64,
            says=says,
            fields=(("rep_id", "r" * 64), ("offer", 10**9)),
            choices=("because " * 40, "x"),
        )
        for says in ("accept", "decline")
    )
    await sent(slack_sink, message(answers=answers))
    assert Pressed("why", "L" * 64, 10**9, "r" * 64) == pressed(slack_sink.posts[0].buttons()[2])


def test_nothing_that_strangers_wrote_mentions_or_links() -> None:
    """Control sequences are escaped where markup is read, and not read at all elsewhere."""
    text = "<!channel> <@U1> <https://evil.example|Acme> & *bold* https://evil.example"
    shown = content(message(subject=text, text=text, fields=((text, text),), actions=(), answers=()))
    escaped = "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|Acme&gt; &amp; *bold* https://evil.example"
    assert f"[offer 2] {escaped}" == shown["text"]
    marked = [text for block in shown["blocks"] for text in block.get("fields", [])]
    assert [True] * len(marked) == [text["verbatim"] and "<" not in text["text"] for text in marked]
    plain = [block["text"]["type"] for block in shown["blocks"] if "text" in block]
    assert {"plain_text"} == set(plain)


@given(
    subject=st.text(max_size=400) | st.sampled_from(HOSTILE),
    text=st.text(max_size=9000) | st.sampled_from(HOSTILE),
    fields=st.lists(st.tuples(st.text(max_size=400), st.text(max_size=400)), max_size=25),
    bundled=st.integers(0, 2000),
    kind=st.sampled_from(list(Kind)),
)
def test_no_message_is_beyond_slacks_limits(
    subject: str, text: str, fields: list[tuple[str, str]], bundled: int, kind: Kind
) -> None:
    """Whatever is in it: Slack would refuse the whole message."""
    keys = tuple(f"lead-{n}:1:1" for n in range(bundled))
    made = content(message(subject=subject, text=text, fields=tuple(fields), bundled=keys, kind=kind))
    assert [] == wrong_blocks(made["blocks"])
    assert len(made["text"]) <= 40_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(
    action_id=st.sampled_from(["accept", "decline", "why", "link-0"]) | JSON,
    said=JSON | JSON.map(json.dumps) | st.just('{"lead_id":"l","offer":true,"rep_id":"r"}'),
    option=JSON,
)
def test_a_press_that_is_none_of_ours_is_none(action_id: Any, said: Any, option: Any) -> None:
    """Only Slack can have sent it, yet nothing in it is trusted to be well-formed."""
    for where in ("value", "block_id"):
        assert pressed({"action_id": action_id, where: said, "selected_option": option}) is None


def test_who_has_no_slack_id_is_not_reached() -> None:
    """The roster says where."""
    channel = SlackChannel(token="xoxb-1", clock=clock)
    assert [True, False] == [channel.can_reach(person()), channel.can_reach(person(slack=None))]
