"""Tell HubSpot: a contact per person, tasks upon it (CRM API v3, with the token of a private app).

A contact is found by its id, which HubSpot answers for a merged one, too, then by its e-mail; one without e-mail by
`baton_lead_id`. What its people wrote stays: only empty properties of the person are filled. Lifecycle stage and lead
status are never written. Refuses to search: HubSpot's index lags behind its records.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx2

from adapters.channels.posting import Reply
from adapters.crm.base import Crm, CrmAway, CrmRefused, CrmTask, LeadState, PersonField, Taken, Todo
from adapters.crm.calling import Caller, Vendor, Wrong, away_by_status, said, written
from models.crm import CrmField

URL = "https://api.hubapi.com"
OURS: Mapping[CrmField, str] = {field: f"baton_{field}" for field in CrmField}
PERSON: Mapping[PersonField, str] = {
    PersonField.EMAIL: "email",
    PersonField.PHONE: "phone",
    PersonField.FIRST_NAME: "firstname",
    PersonField.LAST_NAME: "lastname",
    PersonField.TITLE: "jobtitle",
    PersonField.COMPANY: "company",
    PersonField.WEBSITE: "website",
    PersonField.COUNTRY: "country",
    PersonField.CITY: "city",
    PersonField.INDUSTRY: "industry",
}
OWNER = "hubspot_owner_id"
_NAMELESS = {"lastname": "(unknown)"}
"""HubSpot makes no contact that has neither address nor name."""

_SOME_NAME = frozenset({"email", "firstname", "lastname"})
_STATUS = {Todo.OPEN: "NOT_STARTED", Todo.DONE: "COMPLETED", Todo.DROPPED: "DEFERRED"}
_CONTACTS, _TASKS = "/crm/v3/objects/contacts", "/crm/v3/objects/tasks"
_EXISTING = re.compile(r"Existing ID: (\d{1,20})")
_DAILY = timedelta(minutes=15)
"""How long to leave HubSpot alone that has no request left for today, and does not say until when."""


class HubSpot(Vendor, Crm):
    """One HubSpot account. `fields`: what properties are called that are not called as `OURS` has it; None: not told.

    `clock` returns the aware instant, `timeout` bounds each request, `transport` replaces the network.
    """

    name = "hubspot"
    one_per_person = True

    def __init__(
        self,
        token: str,
        *,
        url: str = URL,
        fields: Mapping[CrmField, str | None] | None = None,
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(Caller(url, clock=clock, timeout=timeout, transport=transport), clock)
        self._token, self._names = token, {**OURS, **(fields or {})}
        self._lead_id, self._task_id = str(self._names[CrmField.LEAD_ID]), str(self._names[CrmField.TASK_ID])

    async def tell(self, state: LeadState) -> Taken:
        """Bring the contact and its tasks to this state. Raises CrmAway and CrmRefused."""
        found, known = await self._find(state)
        contact_id, left_out = await self._write(state, found, known)
        return await self._with_tasks(state, contact_id, left_out)

    async def _find(self, state: LeadState) -> tuple[str | None, Mapping[str, Any]]:
        """Give the contact's id now, and what is known of the person."""
        email = state.person.get(PersonField.EMAIL)
        ways = [] if state.known_as is None else [f"{quote(state.known_as, safe='')}?"]
        ways.append(f"{quote(email, safe='')}?idProperty=email&" if email else self._by_lead(state))
        for way in ways:
            reply = await self._ask("GET", f"{_CONTACTS}/{way}properties={','.join(PERSON.values())}")
            if reply.taken and isinstance(reply.document.get("id"), str):
                known = reply.document.get("properties")
                return reply.document["id"], known if isinstance(known, dict) else {}
            if reply.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
                raise CrmRefused(_category(reply))
        return None, {}

    def _by_lead(self, state: LeadState) -> str:
        return f"{quote(state.lead_id, safe='')}?idProperty={self._lead_id}&"

    async def _write(self, state: LeadState, found: str | None, known: Mapping[str, Any]) -> tuple[str, list[str]]:
        values: dict[str, Any] = {self._lead_id: state.lead_id}
        person = {PERSON[one]: value for one, value in state.person.items()}
        values |= {name: value for name, value in person.items() if known.get(name) in (None, "", _NAMELESS.get(name))}
        for field, value in state.fields.items():
            if (name := self._names[field]) is not None:
                values[name] = "" if value is None else str(said(value))  # the API knows strings alone
        if state.owner is not None:
            values[OWNER] = state.owner
        by_email = found is None and PersonField.EMAIL in state.person
        kept = () if found is not None or by_email else (self._lead_id,)
        fields = self._missing.without(_CONTACTS, values, kept)
        there, adopted = found, False

        async def send(properties: dict[str, Any]) -> str | Wrong:
            nonlocal there, adopted
            if there is None:
                properties = properties if _SOME_NAME & properties.keys() else {**properties, **_NAMELESS}
                reply = await self._upsert(_CONTACTS, self._key(state, properties), properties)
            else:
                reply = await self._ask("PATCH", f"{_CONTACTS}/{there}", {"properties": properties})
            sent = _outcome(reply)
            if isinstance(sent, Wrong) and not adopted and (other := _existing(reply)) is not None:
                there, adopted = other, True  # somebody made it meanwhile, or it is known by another address of theirs
                return await send(properties)
            return sent

        return await written(fields, self._missing, _CONTACTS, send), fields.left_out

    def _key(self, state: LeadState, properties: Mapping[str, Any]) -> tuple[str, str]:
        email = properties.get(PERSON[PersonField.EMAIL])
        return ("email", str(email)) if email else (self._lead_id, state.lead_id)

    async def _task(self, task: CrmTask, record_id: str) -> tuple[str, list[str]]:
        values: dict[str, Any] = {
            self._task_id: task.key,
            "hs_task_subject": task.what,
            "hs_timestamp": said(task.due_at or task.made_at),
            "hs_task_status": _STATUS[task.state],
            "hs_task_type": "TODO",
        }
        if task.owner is not None:
            values[OWNER] = task.owner
        fields = self._missing.without(_TASKS, values, (self._task_id,))

        async def send(properties: dict[str, Any]) -> str | Wrong:
            return _outcome(await self._upsert(_TASKS, (self._task_id, task.key), properties))

        task_id = await written(fields, self._missing, _TASKS, send)
        path = f"/crm/v4/objects/tasks/{task_id}/associations/default/contacts/{record_id}"
        tied = await self._ask("PUT", path)
        if not tied.taken:
            raise CrmRefused(f"is not tied to the contact: {_category(tied)}")
        return task_id, [f"{one} of a task" for one in fields.left_out]

    async def _upsert(self, kind: str, key: tuple[str, str], properties: Mapping[str, Any]) -> Reply:
        one = {"idProperty": key[0], "id": key[1], "properties": properties}
        return await self._ask("POST", f"{kind}/batch/upsert", {"inputs": [one]})

    async def _ask(self, method: str, path: str, body: Any = None) -> Reply:
        reply = await self._caller.ask(method, path, body, {"Authorization": f"Bearer {self._token}"})
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS and reply.document.get("policyName") == "DAILY":
            raise CrmAway("answered 429: no requests are left for today", reply.retry_after or _DAILY)
        if (away := away_by_status(reply)) is not None:
            raise away
        if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise CrmAway(f"{_category(reply)}: look at the token and its scopes", misset=True)
        return reply


def _outcome(reply: Reply) -> str | Wrong:
    """Read what became of one record: its id, or what was wrong with it."""
    results, errors = reply.document.get("results"), reply.document.get("errors")
    one = results[0] if isinstance(results, list) and results else reply.document
    if reply.taken and isinstance(one, dict) and isinstance(one.get("id"), str) and not (errors and not results):
        return str(one["id"])
    document = errors[0] if reply.taken and isinstance(errors, list) and errors else reply.document
    return _wrong(document if isinstance(document, dict) else {}, _category(reply))


def _wrong(document: Mapping[str, Any], says: str) -> Wrong:
    """Find the properties that an error is about: in the list within its message, or in its own errors."""
    message = str(document.get("message", ""))
    begins = message.find("[")
    try:
        listed = json.loads(message[begins:]) if begins >= 0 else []
    except ValueError:
        listed = []
    bad = {(str(one.get("name")), str(one.get("error"))) for one in listed if isinstance(one, dict) and "name" in one}
    errors = document.get("errors")
    for one in errors if isinstance(errors, list) else []:
        context = one.get("context") if isinstance(one, dict) else None
        named = context.get("propertyName", []) if isinstance(context, dict) else []
        bad |= {(str(name), str(one.get("code"))) for name in named}
    codes = sorted({code for _, code in bad})
    unknown = codes == ["PROPERTY_DOESNT_EXIST"]
    return Wrong(frozenset(name for name, _ in bad), unknown, ", ".join(codes) or says)


def _existing(reply: Reply) -> str | None:
    found = _EXISTING.search(reply.text) if reply.status == HTTPStatus.CONFLICT else None
    return found[1] if found else None


def _category(reply: Reply) -> str:
    """Say what was answered without the words of it: they may be about a person."""
    category = reply.document.get("category")
    known = category if isinstance(category, str) and re.fullmatch(r"[A-Z_]{1,60}", category) else ""
    return f"answered {reply.status}{f' {known}' if known else ''}"
