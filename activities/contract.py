"""The typed menu: what a workflow may order, by name, with no bodies. Imports models only."""

from abc import ABC, abstractmethod

from temporalio import activity

from models.audit import Audit, Finding, Surveyed
from models.decisions import (
    Admission,
    Assignment,
    Delivery,
    Enrichment,
    Recorded,
    Score,
)
from models.ladder import Plan
from models.orders import (
    AdmitLead,
    AlertManager,
    AssignLead,
    CloseAudit,
    EnrichLead,
    Examine,
    PlanRungs,
    RecordLead,
    ScoreLead,
    SendDigest,
    Survey,
    Tell,
)


class Intake(ABC):
    """How a lead gets in and gets known."""

    @abstractmethod
    @activity.defn(name="admit")
    async def admit(self, order: AdmitLead) -> Admission:
        """Normalise, recognise duplicates, open the row and pin the policy, whoever started the lead."""

    @abstractmethod
    @activity.defn(name="enrich")
    async def enrich(self, order: EnrichLead) -> Enrichment:
        """Fill missing facts within the policy's budget (R43); what stays unknown says why."""


class Decide(ABC):
    """The decisions, each recorded with its reasons."""

    @abstractmethod
    @activity.defn(name="score")
    async def score(self, order: ScoreLead) -> Score:
        """Score and qualify (R4-R7, R33-R36)."""

    @abstractmethod
    @activity.defn(name="assign")
    async def assign(self, order: AssignLead) -> Assignment:
        """Give the lead to exactly one person, in one database transaction keyed by (lead, offer)."""

    @abstractmethod
    @activity.defn(name="reassign")
    async def reassign(self, order: AssignLead) -> Assignment:
        """Give the lead to somebody else: as `assign`, for a lead that somebody held already."""

    @abstractmethod
    @activity.defn(name="plan")
    async def plan(self, order: PlanRungs) -> Plan:
        """Plan rungs as absolute instants, explained window by window."""


class Notices(ABC):
    """What people are told."""

    @abstractmethod
    @activity.defn(name="notify")
    async def notify(self, order: Tell) -> Delivery:
        """Tell the rep, unless the offer no longer stands; one message per (lead, offer, rung, channel)."""

    @abstractmethod
    @activity.defn(name="alert_manager")
    async def alert_manager(self, order: AlertManager) -> Delivery:
        """Tell the manager what happened and what the lead needs."""


class Ledgers(ABC):
    """What is written down."""

    @abstractmethod
    @activity.defn(name="record")
    async def record(self, order: RecordLead) -> Recorded:
        """Bring the database to where the workflow stood at the order's `seq`."""


class Digests(ABC):
    """What managers are sent by the day."""

    @abstractmethod
    @activity.defn(name="send_digest")
    async def send_digest(self, order: SendDigest) -> Delivery:
        """Tell a manager where their teams stand (R32, R50)."""


class Audits(ABC):
    """Proving that no lead is forgotten (invariant 1)."""

    @abstractmethod
    @activity.defn(name="survey")
    async def survey(self, order: Survey) -> Surveyed:
        """Name the open leads that look forgotten; the database is asked, not visibility, which lags."""

    @abstractmethod
    @activity.defn(name="examine")
    async def examine(self, order: Examine) -> Finding:
        """Look at one suspect, and heal what can be healed."""

    @abstractmethod
    @activity.defn(name="close_audit")
    async def close_audit(self, order: CloseAudit) -> Audit:
        """Write down what was found, and give the sign of life."""
