"""Everything that is kept on the database, and its first state: what a worker and the command line both stand on.

Apart from `bootstrap`, so that a command that only reads need not load the engine, the workflows and the channels.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from config.load import open_policy, read_roster
from config.settings import Settings
from db.accounts import Accounts
from db.acts import Acts
from db.answered import Answered
from db.board import Boards
from db.cache import Cache
from db.coaching import Coaching
from db.contacts import Contacts
from db.crm import CrmCopies
from db.decisions import Decisions
from db.desk import Desks
from db.door import Doorkeeper
from db.drafts import Drafts
from db.engine import Database
from db.erasing import Erasing
from db.evidence import Evidence
from db.exporting import Exporting
from db.figures import Figures
from db.follow_up import FollowUps
from db.hand_offs import HandOffs
from db.handovers import Handovers
from db.hooks import Deliveries, Sources
from db.imports import Imports
from db.inbox import Inbox
from db.insights import Insights
from db.keys import ApiKeys
from db.leads import Leads
from db.members import Members
from db.notifications import Notifications
from db.outbox import Outbox
from db.outcomes import Outcomes
from db.owner_changes import OwnerChanges
from db.ownership import Ownerships
from db.policies import Policies
from db.possible import PossibleMatches
from db.provider_use import ProviderUses
from db.recognising import Recognising
from db.refreshing import Refreshing
from db.reports import Reports
from db.rosters import Rosters
from db.rule_use import RuleUses
from db.score_models import ScoreModels
from db.secrets import Secrets
from db.sessions import Sessions
from db.shadows import Shadows
from db.shares import Shares
from db.sign_in_links import SignInLinks
from db.standings import Standings
from db.switching import Switching
from db.timelines import Timelines
from db.trials import Trials
from runtime.beside import Beside
from runtime.countdowns import Ladders


@dataclass(frozen=True)
class Store:
    """Everything that is kept on the database."""

    database: Database

    @cached_property
    def inbox(self) -> Inbox:
        """Acknowledged leads."""
        return Inbox(self.database)

    @cached_property
    def accounts(self) -> Accounts:
        """Companies that we know."""
        return Accounts(self.database)

    @cached_property
    def possible_matches(self) -> PossibleMatches:
        """Accounts that leads' companies might be."""
        return PossibleMatches(self.database)

    @cached_property
    def doorkeeper(self) -> Doorkeeper:
        """Who comes to a door, and whether they are known."""
        return Doorkeeper(self.database)

    @cached_property
    def imports(self) -> Imports:
        """Files of leads that came."""
        return Imports(self.database)

    @cached_property
    def answered(self) -> Answered:
        """What messages were answered under their keys."""
        return Answered(self.database)

    @cached_property
    def outbox(self) -> Outbox:
        """Errands to run."""
        return Outbox(self.database)

    @cached_property
    def leads(self) -> Leads:
        """Every lead."""
        return Leads(self.database)

    @cached_property
    def boards(self) -> Boards:
        """Leads as the board lists them."""
        return Boards(self.database)

    @cached_property
    def ladders(self) -> Ladders:
        """Published policies' ladders, opened once."""
        return Ladders(self.policies)

    @cached_property
    def timelines(self) -> Timelines:
        """Their stories."""
        return Timelines(self.database)

    @cached_property
    def decisions(self) -> Decisions:
        """What was decided, and why."""
        return Decisions(self.database)

    @cached_property
    def ownerships(self) -> Ownerships:
        """Who has which lead."""
        return Ownerships(self.database)

    @cached_property
    def outcomes(self) -> Outcomes:
        """What became of each lead."""
        return Outcomes(self.database)

    @cached_property
    def recognising(self) -> Recognising:
        """Leads by what tools call them."""
        return Recognising(self.database)

    @cached_property
    def owner_changes(self) -> OwnerChanges:
        """Who was given a lead in the CRM."""
        return OwnerChanges(self.database)

    @cached_property
    def exporting(self) -> Exporting:
        """Everything of one kind."""
        return Exporting(self.database)

    @cached_property
    def sources(self) -> Sources:
        """How tools' webhooks are read."""
        return Sources(self.database)

    @cached_property
    def deliveries(self) -> Deliveries:
        """What tools sent."""
        return Deliveries(self.database)

    @cached_property
    def rosters(self) -> Rosters:
        """Who may get leads."""
        return Rosters(self.database)

    @cached_property
    def follow_ups(self) -> FollowUps:
        """Who has to get in touch with whom."""
        return FollowUps(self.database)

    @cached_property
    def contacts(self) -> Contacts:
        """The people of every company."""
        return Contacts(self.database)

    @cached_property
    def hand_offs(self) -> HandOffs:
        """What goes to other tools and to prospects."""
        return HandOffs(self.database)

    @cached_property
    def crm_copies(self) -> CrmCopies:
        """What the CRM knows of leads."""
        return CrmCopies(self.database)

    @cached_property
    def switching(self) -> Switching:
        """The switch that stops all routing."""
        return Switching(self.database)

    @cached_property
    def standings(self) -> Standings:
        """Where a lead stands, as one answer to it sees it."""
        return Standings(self.database)

    @cached_property
    def refreshing(self) -> Refreshing:
        """Messages that say what is no longer so."""
        return Refreshing(self.database)

    @cached_property
    def handovers(self) -> Handovers:
        """Leavers' leads on their way to others."""
        return Handovers(self.database)

    @cached_property
    def coaching(self) -> Coaching:
        """Who misses offers."""
        return Coaching(self.database)

    @cached_property
    def policies(self) -> Policies:
        """Published policies."""
        return Policies(self.database)

    @cached_property
    def drafts(self) -> Drafts:
        """Policies that are being written, and what simulations of them found."""
        return Drafts(self.database)

    @cached_property
    def rule_uses(self) -> RuleUses:
        """How often what of a policy fired."""
        return RuleUses(self.database)

    @cached_property
    def trials(self) -> Trials:
        """Drafts that are or were tried on real leads."""
        return Trials(self.database)

    @cached_property
    def shadows(self) -> Shadows:
        """What drafts would have done."""
        return Shadows(self.database)

    @cached_property
    def notifications(self) -> Notifications:
        """What people were told."""
        return Notifications(self.database)

    @cached_property
    def beside(self) -> Beside:
        """What runs next to everything else while the database is open."""
        return Beside()

    @cached_property
    def erasing(self) -> Erasing:
        """Leads that are to be forgotten."""
        return Erasing(self.database)

    @cached_property
    def secrets(self) -> Secrets:
        """Sealed secrets."""
        return Secrets(self.database)

    @cached_property
    def sessions(self) -> Sessions:
        """Browsers that are signed in at the console."""
        return Sessions(self.database)

    @cached_property
    def members(self) -> Members:
        """Who may sign in at the console."""
        return Members(self.database)

    @cached_property
    def sign_in_links(self) -> SignInLinks:
        """Links that sign somebody in once."""
        return SignInLinks(self.database)

    @cached_property
    def acts(self) -> Acts:
        """What people did at the console."""
        return Acts(self.database)

    @cached_property
    def desks(self) -> Desks:
        """What lies on people's desks."""
        return Desks(self.database)

    @cached_property
    def shares(self) -> Shares:
        """Who got which part of a pool's leads."""
        return Shares(self.database)

    @cached_property
    def figures(self) -> Figures:
        """What is counted of leads."""
        return Figures(self.database)

    @cached_property
    def reports(self) -> Reports:
        """Documents that the house wrote."""
        return Reports(self.database)

    @cached_property
    def insights(self) -> Insights:
        """What insights are read off."""
        return Insights(self.database)

    @cached_property
    def api_keys(self) -> ApiKeys:
        """The keys of tools."""
        return ApiKeys(self.database)

    @cached_property
    def provider_uses(self) -> ProviderUses:
        """What enrichment providers did and cost."""
        return ProviderUses(self.database)

    @cached_property
    def evidence(self) -> Evidence:
        """What outcomes say about features."""
        return Evidence(self.database)

    @cached_property
    def score_models(self) -> ScoreModels:
        """Learned scores."""
        return ScoreModels(self.database)

    @cached_property
    def cache(self) -> Cache:
        """Enrichment providers' answers."""
        return Cache(self.database)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Reach the database, and let it go at the end. Does not migrate it."""
    database = Database(settings.database_url.get_secret_value(), tells_crm=settings.crm is not None)
    store = Store(database)
    try:
        yield store
    finally:
        try:
            await store.beside.settle()
        finally:
            await database.dispose()


async def load_first_state(store: Store, policy: Path, roster: Path, *, by: str, at: datetime) -> tuple[str, ...]:
    """Publish a policy and load a roster where there is none yet; say what was done.

    Raises `FileError` naming file and line when one of them does not check, or an example of the policy fails.
    """
    done = []
    if await store.rosters.load() is None:
        loaded = read_roster(roster)
        await store.rosters.save(loaded, at=at)
        done.append(f"loaded {len(loaded.reps)} reps from {roster}")
    people = await store.rosters.load()
    if await store.policies.active() is None:
        text = await asyncio.to_thread(policy.read_text, encoding="utf-8")
        opened = open_policy(text, str(policy))
        if people is not None:
            opened.refuse(opened.disagree(people))
        opened.refuse(opened.fail(people))
        await store.policies.publish(opened.version, opened.policy.name, opened.text, by=by, at=at)
        done.append(f"published the policy {opened.version} from {policy}")
    return tuple(done)
