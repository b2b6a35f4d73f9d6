"""Ways to reach people: which are set up, whom they reach, what did not go out, and a message to see for oneself."""

from fastapi import Request, Response
from sqlmodel import select

from activities.sending import address_of
from adapters.channels.base import Address, ChannelError
from api.console.frame import back, note
from api.console.ops_frame import Ops, Watcher, numbered, once_of, ops_page
from api.console.viewing import Form, Untellable, Viewer, console
from api.doors import FrontDep
from db.tables.console import Member
from db.tables.words import ActOutcome, Sending
from db.upkeep import TROUBLES, Upkeep
from models.roster import ChannelName, Roster
from policy.routing.crew import crew_of
from runtime.front import Front
from runtime.telling_again import NotTold, tell_again
from runtime.trying_channels import ADDRESSES, NotSetUp, channels_seen, send_test

router = console()

PAGE = 50
TESTS_A_MINUTE = 6
"""How many tests somebody may have sent to themselves in a minute."""


@router.get("/ops/channels")
async def channels(request: Request, front: FrontDep, viewer: Watcher) -> Response:
    """Say of each channel whether it is set up, and whether it would reach whoever looks."""
    roster = await front.store.rosters.load()
    seen = await channels_seen(front.settings, roster)
    to = await _address(front, viewer, roster)
    return await ops_page(
        request, front, viewer, "ops_channels.html", title="Channels", tab="/ops/channels", channels=seen,
        own={name: _has(to, name) for name in ChannelName},
    )  # fmt: skip


@router.post("/ops/channels/{name}/test")
async def test(request: Request, front: FrontDep, viewer: Ops, name: str, form: Form) -> Response:
    """Send whoever asks a message through the real channel."""
    if name not in set(ChannelName):
        raise Untellable(404, "There is no such channel", "Nothing was sent.")
    channel = ChannelName(name)
    request.app.state.pace.count(f"channel.test {viewer.member_id}", TESTS_A_MINUTE, "for tests of channels")
    to = await _address(front, viewer, await front.store.rosters.load())
    key = f"console-test:{channel}:{once_of(viewer, form)}"
    try:
        receipt = await send_test(
            front.settings, channel, to, key=key, page=f"{front.settings.public_url}/ops/channels"
        )
    except NotSetUp as no:
        outcome, because = ActOutcome.REFUSED, f"Nothing was sent: {no}."
    except ChannelError as error:
        outcome, because = ActOutcome.FAILED, f"Nothing reached you over {channel}: {error.detail}."
    else:
        outcome, because = ActOutcome.DONE, f"A test is on its way to you over {channel}: {receipt.detail}."
    return back("/ops/channels", await note(front, viewer, "channel.test", outcome, because, about=channel))


@router.get("/ops/messages")
async def messages(request: Request, front: FrontDep, viewer: Watcher, state: str = "", before: int = 0) -> Response:
    """List what did not go out, newest first, and alerts that nobody was told."""
    states = (Sending(state),) if state in TROUBLES else TROUBLES
    upkeep = Upkeep(front.store.database)
    found = await upkeep.troubled(states=states, before=before or None, limit=PAGE + 1)
    chosen = state if state in TROUBLES else ""
    return await ops_page(
        request, front, viewer, "ops_messages.html", title="Messages", tab="/ops/messages",
        messages=[one for _, one in found[:PAGE]], state=chosen,
        next=f"/ops/messages?state={chosen}&before={found[PAGE - 1][0]}" if found[PAGE:] else "",
        alerts=await upkeep.untold(),
    )  # fmt: skip


@router.post("/ops/alerts/{number}/retry")
async def again(front: FrontDep, viewer: Ops, number: int) -> Response:
    """Send an alert that could not be sent, now."""
    lead_id: str | None
    try:
        lead_id, person_id, over = await tell_again(front.settings, front.store, numbered(number), at=front.clock())
    except NotTold as no:
        outcome, because, lead_id = ActOutcome.REFUSED, f"{no}.", no.lead_id
    else:
        outcome, because = ActOutcome.DONE, f"{person_id} is told now, over {over}."
    act = await note(front, viewer, "alert.retry", outcome, because, lead_id=lead_id, about=str(number))
    return back("/ops/messages", act)


async def _address(front: Front, viewer: Viewer, roster: Roster | None) -> Address:
    """Say where whoever looks is reached: as the roster says, else by the e-mail address they sign in with."""
    person = crew_of(roster).people.get(viewer.person_id) if roster is not None and viewer.person_id else None
    if person is not None:
        return address_of(person)
    async with front.store.database.reading() as session:
        asked = select(Member.email).where(Member.member_id == viewer.member_id)
        email = (await session.exec(asked)).first()
    return Address(person_id=viewer.member_id, name=viewer.name, email=email)


def _has(to: Address, name: ChannelName) -> str:
    """Say what is missing to be reached there; empty where nothing is."""
    known = {
        ChannelName.LOG: True,
        ChannelName.EMAIL: to.email,
        ChannelName.WEBHOOK: to.webhook_url,
        ChannelName.SLACK: to.slack,
        ChannelName.TEAMS: to.teams_url,
    }[name]
    return "" if known else f"The roster does not have {ADDRESSES[name]} for you."
