"""What every channel promises, whoever the vendor: asked of each against a real receiver, and of the fake."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.channels.base import Capability, ChannelError, Kind, PermanentFailure, TemporaryFailure
from tests.adapters.channels.conftest import Rig
from tests.adapters.channels.samples import HOSTILE, message

OVER_THE_NET = ("smtp", "webhook", "slack", "teams")
TO_AN_ADDRESS = (*OVER_THE_NET, "fake")
EVERYONE = ("terminal", *TO_AN_ADDRESS)
WITH_RETRY_AFTER = ("webhook", "slack", "teams", "fake")
PERSONAL = ("mira.santos", "sales.example", "Mira Santos", "tokenMira", "tokenAccept", "+49 30 901820")


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
async def test_a_message_arrives_once_and_says_which_lead_and_offer(rig: Rig) -> None:
    """One send is one arrival, and even the shortest form names the lead, the offer and the subject."""
    sent = message(to=rig.to)
    receipt = await rig.channel.send(sent)

    (seen,) = rig.seen()
    assert rig.channel.name == receipt.channel
    for needed in (sent.subject, "2"):
        assert needed in seen.text


@pytest.mark.parametrize("rig", TO_AN_ADDRESS, indirect=True)
async def test_a_message_carries_all_that_is_needed_to_act(rig: Rig) -> None:
    """Text, every fact and every link reach the reader (R48)."""
    sent = message(to=rig.to)
    await rig.channel.send(sent)

    (seen,) = rig.seen()
    missing = [part for pair in (*sent.fields, *sent.actions) for part in pair if part not in seen.text]
    assert [] == missing
    assert sent.text in seen.text


@pytest.mark.parametrize("rig", TO_AN_ADDRESS, indirect=True)
async def test_a_bundle_lists_its_keys(rig: Rig) -> None:
    """Every one of them, however many there are (invariant 5)."""
    keys = tuple(f"L-{number:04}:2:1" for number in range(300))
    await rig.channel.send(message(to=rig.to, kind=Kind.ALERT, bundled=keys))

    (seen,) = rig.seen()
    assert [] == [key for key in keys if key not in " ".join(seen.text.split())]


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
@pytest.mark.parametrize("kind", list(Kind))
async def test_every_kind_of_message_can_be_sent(rig: Rig, kind: Kind) -> None:
    """No kind is unknown to a vendor, also without facts, links, due time or an offer."""
    bare = message(to=rig.to, kind=kind, fields=(), actions=(), due_at=None, offer=0, rung=0)
    await rig.channel.send(bare)

    assert 1 == len(rig.seen())


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
async def test_a_repeat_is_recognisable_and_another_rung_is_another_message(rig: Rig) -> None:
    """The same key leaves the same mark at the receiver (invariant 5); a new rung leaves a new one."""
    first = message(to=rig.to)
    await rig.channel.send(first)
    await rig.channel.send(first)
    await rig.channel.send(replace(first, key="L-7Q2:2:2:test", rung=2))

    marks = [seen.mark for seen in rig.seen()]
    assert 2 == len(set(marks))
    assert marks[0] != marks[-1]
    if Capability.IDEMPOTENCY_KEY in rig.channel.capabilities:
        assert {first.key, "L-7Q2:2:2:test"} == set(marks)


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
async def test_a_temporary_failure_passes_and_the_same_message_goes_through(rig: Rig) -> None:
    """Busy receivers raise TemporaryFailure; the retry delivers, once."""
    rig.fail(True, None, 2)
    for _ in range(2):
        with pytest.raises(TemporaryFailure):
            await rig.channel.send(message(to=rig.to))
    assert [] == rig.seen()

    await rig.channel.send(message(to=rig.to))
    assert 1 == len(rig.seen())


@pytest.mark.parametrize("rig", TO_AN_ADDRESS, indirect=True)
async def test_a_refusal_is_a_permanent_failure(rig: Rig) -> None:
    """What repeating cannot mend raises PermanentFailure, and nothing has arrived."""
    rig.fail(False, None, 1)
    with pytest.raises(PermanentFailure):
        await rig.channel.send(message(to=rig.to))
    assert [] == rig.seen()


@pytest.mark.parametrize("rig", WITH_RETRY_AFTER, indirect=True)
async def test_the_wish_to_be_asked_later_is_passed_on(rig: Rig) -> None:
    """The provider's own waiting time reaches the caller."""
    rig.fail(True, "37", 1)
    with pytest.raises(TemporaryFailure) as failure:
        await rig.channel.send(message(to=rig.to))
    assert timedelta(seconds=37) == failure.value.retry_after


@pytest.mark.parametrize("rig", TO_AN_ADDRESS, indirect=True)
async def test_nobody_without_an_address_is_tried(rig: Rig) -> None:
    """No address here is said beforehand and is a permanent failure that names the person by id."""
    assert rig.channel.can_reach(rig.to)
    assert not rig.channel.can_reach(rig.without_address)
    with pytest.raises(PermanentFailure, match="rep-mira"):
        await rig.channel.send(message(to=rig.without_address))
    assert [] == rig.seen()


@pytest.mark.parametrize("rig", OVER_THE_NET, indirect=True)
async def test_a_lost_answer_leaves_one_message_or_a_copy_that_says_which_offer_it_is(rig: Rig) -> None:
    """Taken, and the line cut before anybody said so: the repeat leaves the same mark (invariant 5)."""
    rig.lose()
    with pytest.raises(TemporaryFailure):
        await rig.channel.send(message(to=rig.to))
    assert 1 == len(rig.seen())

    await rig.channel.send(message(to=rig.to))
    first, *copies = rig.seen()
    assert [first] * len(copies) == copies
    assert "[offer 2]" in first.text or '"offer": 2' in first.text


@pytest.mark.parametrize("rig", OVER_THE_NET, indirect=True)
async def test_who_never_answers_is_left_in_time(rig: Rig) -> None:
    """A receiver that hangs costs no more than the channel's patience, and may be tried again."""
    assert rig.hasty is not None
    rig.hang()
    with pytest.raises(TemporaryFailure):
        await rig.hasty.send(message(to=rig.to))


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
async def test_a_receipt_names_the_message_as_its_provider_does(rig: Rig) -> None:
    """Where a channel has receipts, what is kept is enough to find the message again."""
    receipt = await rig.channel.send(message(to=rig.to))
    assert (Capability.RECEIPT in rig.channel.capabilities) == (receipt.provider_id is not None)


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
async def test_what_is_out_is_changed_where_that_can_be_done(rig: Rig) -> None:
    """It then says what it is told to say, once and without buttons; elsewhere that is refused for good."""
    receipt = await rig.channel.send(message(to=rig.to))
    taken = message(to=rig.to, kind=Kind.WITHDRAWN, subject="Ana Silva has it", actions=(), answers=())
    if Capability.UPDATE not in rig.channel.capabilities:
        with pytest.raises(PermanentFailure):
            await rig.channel.update(receipt.provider_id or "", taken)
        return
    assert receipt.provider_id is not None
    for _ in range(2):
        again = await rig.channel.update(receipt.provider_id, taken)
        assert receipt.provider_id == again.provider_id
    assert 1 == len(rig.seen())
    rig.fail(True, None, 1)
    with pytest.raises(TemporaryFailure):
        await rig.channel.update(receipt.provider_id, taken)
    for unknown in ("", "C0NOWHERE:1.2", "fake-99"):
        with pytest.raises(PermanentFailure):
            await rig.channel.update(unknown, taken)


@pytest.mark.parametrize("rig", ["terminal"], indirect=True)
async def test_a_log_reaches_everybody(rig: Rig) -> None:
    """The log needs no address."""
    assert rig.channel.can_reach(rig.without_address)
    await rig.channel.send(message(to=rig.without_address))
    assert 1 == len(rig.seen())


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_arrives_as_mere_text(rig: Rig, text: str) -> None:
    """Whatever a stranger typed as name, company or message: one message arrives, to one person."""
    hostile = message(to=replace(rig.to, name=text), subject=text, text=text, fields=((text, text),), actions=())
    await rig.channel.send(hostile)

    assert 1 == len(rig.seen())


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
async def test_nothing_personal_is_logged_raised_or_kept_in_a_receipt(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs, errors, their causes and receipts name people by id, also when the receiver's answer does not."""
    caplog.set_level(logging.DEBUG)
    subject = "Mira Santos: mira.santos@sales.example asks, call +49 30 901820"
    sent = message(to=rig.to, subject=subject)
    said = [repr(sent)]
    with capture_logs() as events:
        said.append(repr(await rig.channel.send(sent)))
        for temporary in (True, False):
            rig.fail(temporary, None, 1)
            if not temporary and rig.channel.name == "log":
                continue
            with pytest.raises(ChannelError) as failure:
                await rig.channel.send(sent)
            said += [repr(failure.value), repr(failure.value.__cause__)]
    said += [str(event) for event in events]
    # The sinks' own logger; in production the mail server is somebody else's process.
    said += [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    if rig.channel.name == "log":
        said += [seen.text for seen in rig.seen()]

    assert [] == [(part, line) for line in said for part in PERSONAL if part in line]


@pytest.mark.parametrize("rig", EVERYONE, indirect=True)
async def test_closing_twice_is_fine(rig: Rig) -> None:
    """A channel can be closed at any time, used or not, and again."""
    await rig.channel.aclose()
    await rig.channel.aclose()
