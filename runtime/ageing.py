"""The chore that judges leads anew whose score has grown old: points fade, and silence costs some (R33, R36).

It judges in the database's room, and saves what has changed. A lead's workflow hears of it only where time moves the
lead on: up to sales, out, or by a trigger; then it judges again, and that counts. This room refuses to move a lead.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from activities.casebook import Casebook, KnownLead, Unread
from activities.modelbook import Modelbook
from activities.policybook import NoPolicy, Policybook
from db.ageing import Aged, Ageing
from db.engine import DatabaseUnreachable
from models.decisions import Score
from models.lead import Stage
from models.messages import Event, HouseEvent
from policy.compiled import CompiledPolicy
from policy.qualification import judge
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.scores")

BATCH = 50
LEASE = timedelta(minutes=5)
"""How long a lead is somebody's to judge anew; a look takes seconds."""


class Ager:
    """Judges leads anew that nothing happened to."""

    name = "ageing"

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._ageing = Ageing(store.database)
        self._policybook = Policybook(store.policies, store.trials)
        self._casebook = Casebook(store.leads, store.timelines)
        self._modelbook = Modelbook(store.database)

    async def once(self) -> bool:
        """Judge leads anew whose score is older than the policy lets it get; say whether there may be more.

        Without a policy nobody is judged. Raises `DatabaseUnreachable`.
        """
        try:
            refresh = (await self._policybook.active()).policy.scoring.refresh
        except NoPolicy:
            return False
        found = await self._ageing.claim(self._clock() - refresh, lease=LEASE, limit=BATCH)
        answerable = await self._answerable() if found else None
        for one in found:
            await self._look(one, answerable)
        return len(found) == BATCH

    async def _answerable(self) -> str | None:
        roster = await self._store.rosters.load()
        return roster.managers[0].id if roster and roster.managers else None

    async def _look(self, one: Aged, answerable: str | None) -> None:
        """Judge one lead anew; whatever is wrong with it, the others are not to blame, and it is looked at later."""
        try:
            await self._judge(one, answerable)
        except DatabaseUnreachable:
            raise
        except Unread:
            await self._ageing.seen(one.lead_id, at=self._clock())
        except Exception as error:
            log.exception("ageing_failed", lead_id=one.lead_id, because=type(error).__name__)
            await self._ageing.seen(one.lead_id, at=self._clock())

    async def _judge(self, one: Aged, answerable: str | None) -> None:
        now, book = self._clock(), self._policybook
        nurtured = one.stage is Stage.NURTURING
        compiled = await (book.for_lead_anew(one.lead_id) if nurtured else book.version(one.policy))
        lead = await self._casebook.known(one.lead_id)
        before = lead.score
        if before is None or (before.at and len(lead.touches) > before.touches):
            await self._ageing.seen(one.lead_id, at=now)  # its workflow is at it: something happened just now
            return
        score = await self._judged(compiled, lead, now, answerable)
        if _moves_on(one.stage, before, score):
            says = Event(kind=HouseEvent.SCORE_AGED, key=f"aged-{one.lead_id}-{now:%Y%m%dT%H%M%S}")
            await self._ageing.seen(one.lead_id, at=now, says=says.model_dump(mode="json", exclude_defaults=True))
            log.info("score_aged", lead_id=one.lead_id, points=score.points)
        elif _differs(before, score):
            await self._ageing.keep(one.lead_id, score, over=before, at=now)
        else:
            await self._ageing.seen(one.lead_id, at=now)

    async def _judged(self, compiled: CompiledPolicy, lead: KnownLead, at: datetime, answerable: str | None) -> Score:
        needs = compiled.policy.scoring.learned.needs
        asked = await self._modelbook.ask(lead.facts, lead.touches, at, needs=needs)
        return judge(
            compiled,
            lead.facts,
            lead.touches,
            at,
            answerable=answerable,
            learned=asked.learned,
            before=lead.score,
        )


def _moves_on(stage: Stage, before: Score, score: Score) -> bool:
    """Say whether time alone moves the lead on: out of nurture, or by a trigger of the policy."""
    way, was = score.qualification.way, before.qualification.way
    if stage is Stage.NURTURING and (way == "disqualify" or way == "route" != was):
        return True  # one that an earlier release saw to be none, and kept, ends now; one put into nurture stays there
    return bool(score.fired)


def _differs(before: Score, score: Score) -> bool:
    keys = ("points", "segments", "policy", "learned", "intent", "fit")
    return before.qualification.way != score.qualification.way or any(
        getattr(before, key) != getattr(score, key) for key in keys
    )
