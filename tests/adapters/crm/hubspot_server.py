"""HubSpot as far as Baton needs it: contacts, tasks, associations, unique properties, merges, owners, rate limits."""

import json
from itertools import count
from typing import Any

from tests.adapters.crm.server import Answer, CrmServer, Request

TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"
OWNERS = {"501", "502"}
_STANDARD = {"email", "phone", "firstname", "lastname", "jobtitle", "company", "website", "country", "city", "industry"}
_OURS = {
    *("lead_id", "stage", "next_step", "due_at", "score", "reasons", "intent", "fit", "likelihood", "responsible"),
    *("source", "outcome"),
}


class HubSpotServer(CrmServer):
    """One HubSpot account. `contacts` and `tasks` by id, `tied` the pairs of them; `left` requests are taken."""

    def __init__(self) -> None:
        super().__init__()
        self.contacts: dict[str, dict[str, Any]] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.tied: set[tuple[str, str]] = set()
        self.merged: dict[str, str] = {}
        self.properties = {
            "contacts": _STANDARD | {f"baton_{name}" for name in _OURS} | {"hubspot_owner_id", "lifecyclestage"},
            "tasks": {"baton_task_id", "hubspot_owner_id"}
            | {f"hs_{name}" for name in ("task_subject", "timestamp", "task_status", "task_type")},
        }
        self.left: int | None = None
        self.retry_after = "7"
        self._ids = count(1001)

    def merge(self, kept: str, gone: str) -> None:
        """Merge two contacts: the one that is gone is answered for by the other."""
        lost = self.contacts.pop(gone)
        self.contacts[kept] = {**{k: v for k, v in lost.items() if k != "email"}, **self.contacts[kept]}
        others = self.contacts[kept].setdefault("hs_additional_emails", [])
        others.append(lost["email"])
        self.merged[gone] = kept

    def answer(self, request: Request) -> Answer:
        """Carry a request out."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if self.left is not None:
            if self.left == 0:
                body = {
                    "status": "error",
                    "message": "You have reached your ten_secondly_rolling limit.",
                    "errorType": "RATE_LIMIT",
                    "policyName": "TEN_SECONDLY_ROLLING",
                }
                return Answer(429, body, {"Retry-After": self.retry_after})
            self.left -= 1
        match request.method, request.parts:
            case "GET", ["crm", "v3", "objects", "contacts", key]:
                return self._read(key, request.query.get("idProperty"))
            case "PATCH", ["crm", "v3", "objects", "contacts", key]:
                found = self.merged.get(key, key)
                if found not in self.contacts:
                    return _error(404, "OBJECT_NOT_FOUND", "Object not found.")
                return self._write("contacts", found, request.body["properties"])
            case "POST", ["crm", "v3", "objects", ("contacts" | "tasks") as kind, "batch", "upsert"]:
                (one,) = request.body["inputs"]
                return self._upsert(kind, one["idProperty"], one["id"], one["properties"])
            case "PUT", ["crm", "v4", "objects", "tasks", task, "associations", "default", "contacts", contact]:
                self.tied.add((task, contact))
                return Answer(200, {"status": "COMPLETE", "results": []})
        return _error(404, "NOT_FOUND", "resource not found")

    def by_email(self, email: str) -> str | None:
        """Find a contact by any of its addresses."""
        for key, known in self.contacts.items():
            if email.lower() in (str(known.get("email", "")).lower(), *known.get("hs_additional_emails", [])):
                return key
        return None

    def _read(self, key: str, by: str | None) -> Answer:
        if by is None:
            found: str | None = self.merged.get(key, key)
        elif by == "email":
            found = self.by_email(key)
        elif by in self.properties["contacts"]:
            found = next((one for one, known in self.contacts.items() if known.get(by) == key), None)
        else:
            return _error(400, "VALIDATION_ERROR", f"Property {by} is not a unique property")
        if found is None or found not in self.contacts:
            return _error(404, "OBJECT_NOT_FOUND", "resource not found")
        return Answer(200, {"id": found, "properties": self.contacts[found], "archived": False})

    def _upsert(self, kind: str, by: str, key: str, properties: dict[str, Any]) -> Answer:
        if by not in self.properties[kind]:
            return _error(400, "VALIDATION_ERROR", f"idProperty {by} does not exist")
        records = self.contacts if kind == "contacts" else self.tasks
        found = next((one for one, known in records.items() if known.get(by) == key), None)
        if found is None and by == "email" and (other := self.by_email(key)) is not None:
            return _error(409, "CONFLICT", f"Contact already exists. Existing ID: {other}")
        answer = self._write(kind, found, {by: key, **properties})
        if answer.status != 200:
            return answer
        return Answer(200, {"status": "COMPLETE", "results": [{**answer.body, "new": found is None}]})

    def _write(self, kind: str, key: str | None, properties: dict[str, Any]) -> Answer:
        wrong = [
            *((name, "PROPERTY_DOESNT_EXIST") for name in properties if name not in self.properties[kind]),
            *(
                (name, "INVALID_OWNER_ID")
                for name, value in properties.items()
                if name == "hubspot_owner_id" and value not in OWNERS
            ),
            *((name, "INVALID_EMAIL") for name, value in properties.items() if name == "email" and "@" not in value),
        ]
        if wrong:
            listed = [{"isValid": False, "message": f"{n} is bad", "error": code, "name": n} for n, code in wrong]
            return _error(400, "VALIDATION_ERROR", f"Property values were not valid: {json.dumps(listed)}")
        if kind == "tasks" and "hs_timestamp" not in properties:
            return _error(400, "VALIDATION_ERROR", "hs_timestamp is required")
        if not all(isinstance(value, str) for value in properties.values()):
            return _error(400, "VALIDATION_ERROR", "Invalid input JSON: a property is no string")
        if kind == "contacts" and key is None and not properties.keys() & {"email", "firstname", "lastname"}:
            return _error(400, "VALIDATION_ERROR", "One of email, firstname and lastname is required")
        records = self.contacts if kind == "contacts" else self.tasks
        key = key or str(next(self._ids))
        records[key] = {**records.get(key, {}), **properties}
        return Answer(200, {"id": key, "properties": records[key]})


def _error(status: int, category: str, message: str) -> Answer:
    return Answer(status, {"status": "error", "message": message, "category": category, "correlationId": "c-1"})
