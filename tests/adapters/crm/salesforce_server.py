"""Salesforce as far as Baton needs it: tokens, external ids, leads, conversion, tasks, users, limits."""

import re
from itertools import count
from typing import Any
from urllib.parse import parse_qs

from tests.adapters.crm.server import Answer, CrmServer, Request

CLIENT, SECRET = "3MVG9consumer", "s3cret/with+signs="
USERS = {"005000000000501AAA", "005000000000502AAA"}
GONE = "005000000000503AAA"
"""A user who was deactivated."""

_PERSON = {"Email", "Phone", "FirstName", "LastName", "Title", "Company", "Website", "Country", "City", "Industry"}
_OURS = {
    f"Baton_{name}__c"
    for name in (
        *("Lead_Id", "Stage", "Next_Step", "Due_At", "Score", "Reasons", "Intent", "Fit", "Likelihood"),
        *("Responsible", "Source", "Outcome"),
    )
}
_WHERE = re.compile(r"WHERE Email = '((?:[^'\\]|\\.)*)' AND IsConverted = false AND (\w+) = null")


class SalesforceServer(CrmServer):
    """One organisation. `records` by kind and id; `left` requests are taken; `expire` ends the token that is out."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, dict[str, Any]]] = {"Lead": {}, "Contact": {}, "Task": {}}
        self.columns = {
            "Lead": _PERSON | _OURS | {"OwnerId"},
            "Contact": {"OwnerId"},
            "Task": {"Subject", "Status", "ActivityDate", "WhoId", "IsReminderSet", "ReminderDateTime", "OwnerId"}
            | {"Baton_Task_Id__c"},
        }
        self.token: str | None = None
        self.tokens = 0
        self.left: int | None = None
        self._ids = count(1)

    def expire(self) -> None:
        """End the token that is out."""
        self.token = None

    def convert(self, lead: str) -> str:
        """Convert a lead; give the contact that it became."""
        contact = self._new_id("003")
        self.records["Contact"][contact] = {"Id": contact, "OwnerId": "005000000000502AAA"}
        self.records["Lead"][lead] |= {"IsConverted": True, "ConvertedContactId": contact}
        return contact

    def answer(self, request: Request) -> Answer:
        """Carry a request out."""
        if request.path == "/services/oauth2/token":
            return self._give_token(request)
        if self.token is None or request.headers.get("authorization") != f"Bearer {self.token}":
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.left is not None:
            if self.left == 0:
                return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            self.left -= 1
        return self._carry_out(request)

    def _carry_out(self, request: Request) -> Answer:
        match request.method, request.parts:
            case "GET", ["services", "data", _, "query"]:
                return self._query(request.query["q"])
            case "GET", ["services", "data", _, "sobjects", kind, record]:
                one = self.records[kind].get(record)
                return Answer(200, one) if one else _not_found()
            case "GET", ["services", "data", _, "sobjects", kind, field, value]:
                found = self._by(kind, field, value)
                if len(found) > 1:
                    return Answer(300, [f"/services/data/v60.0/sobjects/{kind}/{one}" for one in found])
                return Answer(200, self.records[kind][found[0]]) if found else _not_found()
            case "PATCH", ["services", "data", _, "sobjects", kind, field, value]:
                if field not in self.columns[kind]:
                    return _not_found()
                found = self._by(kind, field, value)
                return self._write(kind, found[0] if found else None, request.body, {field: value})
            case "PATCH", ["services", "data", _, "sobjects", kind, record]:
                if record not in self.records[kind]:
                    return _not_found()
                return self._write(kind, record, request.body, {})
        return _not_found()

    def _give_token(self, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.raw.decode()).items()}
        if form != {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}:
            return Answer(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        self.tokens += 1
        self.token = f"00D!{self.tokens}"
        return Answer(200, {"access_token": self.token, "instance_url": self.url, "token_type": "Bearer"})

    def _query(self, asked: str) -> Answer:
        where = _WHERE.search(asked)
        assert where is not None, asked
        asks = asked.removeprefix("SELECT ").split(" FROM ")[0].split(", ")
        if unseen := [name for name in asks if name not in self.columns["Lead"] | {"Id"}]:
            return _error(400, "INVALID_FIELD", f"No such column '{unseen[0]}' on entity 'Lead'.")
        email, column = re.sub(r"\\(.)", r"\1", where[1]), where[2]
        if column not in self.columns["Lead"]:
            return _error(400, "INVALID_FIELD", f"No such column '{column}' on entity 'Lead'.")
        found = [
            one
            for one in self.records["Lead"].values()
            if str(one.get("Email", "")).lower() == email.lower() and not one.get("IsConverted") and not one.get(column)
        ]
        ids = [{"Id": one["Id"]} for one in found[:1]]
        return Answer(200, {"totalSize": len(found), "done": True, "records": ids})

    def _by(self, kind: str, field: str, value: str) -> list[str]:
        return [key for key, known in self.records[kind].items() if known.get(field) == value]

    def _write(self, kind: str, key: str | None, body: dict[str, Any], more: dict[str, Any]) -> Answer:
        if key is not None and self.records[kind][key].get("IsConverted"):
            return _error(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if set(more) & set(body):
            return _error(400, "INVALID_FIELD", "The external id may not be in the body", sorted(more))
        if (wrong := self._wrong(kind, body)) is not None:
            return wrong
        if kind == "Lead" and key is None and not (body.get("LastName") and body.get("Company")):
            return _error(400, "REQUIRED_FIELD_MISSING", "Required fields are missing", ["LastName", "Company"])
        new = key is None
        key = key or self._new_id({"Lead": "00Q", "Task": "00T"}[kind])
        self.records[kind][key] = {"Id": key, "IsConverted": False, **self.records[kind].get(key, {}), **body, **more}
        if not more:
            return Answer(204)
        return Answer(201 if new else 200, {"id": key, "success": True, "errors": [], "created": new})

    def _wrong(self, kind: str, body: dict[str, Any]) -> Answer | None:
        for name in body:
            if name not in self.columns[kind]:
                return _error(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")
        if body.get("OwnerId") == GONE:
            return _error(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user")
        if "OwnerId" in body and body["OwnerId"] not in USERS:
            return _error(400, "INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", ["OwnerId"])
        if "@" not in str(body.get("Email") or "@"):
            return _error(400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address", ["Email"])
        longest = {"FirstName": 40, "LastName": 80, "Company": 255}
        if long := [name for name, limit in longest.items() if len(str(body.get(name) or "")) > limit]:
            return _error(400, "STRING_TOO_LONG", "data value too large", long)
        return None

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):012d}AAA"


def _error(status: int, code: str, message: str, fields: list[str] | None = None) -> Answer:
    return Answer(status, [{"message": message, "errorCode": code, "fields": fields or []}])


def _not_found() -> Answer:
    return _error(404, "NOT_FOUND", "The requested resource does not exist")
