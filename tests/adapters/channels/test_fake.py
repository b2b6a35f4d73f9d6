"""The fake: what tests of other rooms may rely on."""

from datetime import timedelta

import pytest

from adapters.channels.base import PermanentFailure, TemporaryFailure
from adapters.channels.fake import FakeChannel
from tests.adapters.channels.samples import message


async def test_a_repeat_is_counted_but_not_delivered_again() -> None:
    """The first message of a key stays, the receipt is the same, and every try is counted."""
    fake = FakeChannel()
    first, repeat = await fake.send(message()), await fake.send(message(subject="Reworded"))
    assert first.provider_id == repeat.provider_id
    assert ("delivered", "already delivered") == (first.detail, repeat.detail)
    assert {"L-7Q2:2:1:test": message()} == fake.sent
    assert {"L-7Q2:2:1:test": 2} == fake.attempts


async def test_failures_come_in_the_order_they_were_asked_for() -> None:
    """Told to be busy twice, then to refuse once: so it does, and then it delivers."""
    fake = FakeChannel()
    fake.fail_temporarily(2, retry_after=timedelta(seconds=9))
    fake.fail_permanently()
    for _ in range(2):
        with pytest.raises(TemporaryFailure) as busy:
            await fake.send(message())
        assert timedelta(seconds=9) == busy.value.retry_after
    with pytest.raises(PermanentFailure):
        await fake.send(message())
    assert {} == fake.sent
    await fake.send(message())
    assert ["L-7Q2:2:1:test"] == list(fake.sent)
    assert {"L-7Q2:2:1:test": 4} == fake.attempts


async def test_it_remembers_being_closed() -> None:
    """Whoever builds channels can be asked whether they closed them."""
    fake = FakeChannel("second")
    assert ("second", False) == (fake.name, fake.closed)
    await fake.aclose()
    assert fake.closed
