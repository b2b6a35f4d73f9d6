"""The reference pages name what there is: nothing is missing, and nothing is there that is not so."""

import ast
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from pydantic import BaseModel
from temporalio import activity, workflow

from activities import contract
from models.base import parse
from models.ladder import Entry, EntryKind, Rung
from models.lead import ENDED, SETTLED, Company, DealValue, LeadInput, LeadType, Stage
from models.messages import MESSAGES, Message, Verdict, VerdictKind
from models.status import Explanation, Result, Status
from runtime import schedules
from runtime.namespace import type_word
from tests.docs.pages import blocks, first_word, section, table, words_of
from workflows import names
from workflows.ladder.state import KEPT_ANSWERS, KEPT_ENTRIES, OUTSIDE_THE_LADDER
from workflows.lead import LeadWorkflow

LIMIT = re.compile(r"up to (\d+)|1 to (\d+)")


@pytest.fixture
def messages(root: Path) -> Path:
    """The page of messages."""
    return root / "docs/reference/messages.md"


@pytest.fixture
def workflow_page(root: Path) -> Path:
    """The page of the workflow."""
    return root / "docs/reference/workflow.md"


@pytest.fixture
def timeline(root: Path) -> Path:
    """The page of the timeline."""
    return root / "docs/reference/timeline.md"


def fields_in(text: str) -> list[str]:
    """Name the fields of a section's first table, in their order."""
    return [first_word(row["field"]) for row in table(text)]


def longest(model: type[BaseModel], field: str) -> int | None:
    """Give a text field's limit, as the schema of what is kept says it; a door takes longer ones, and cuts them."""
    schema = model.model_json_schema(mode="serialization")["properties"][field]
    kinds = [schema, *schema.get("anyOf", [])]
    return next((kind["maxLength"] for kind in kinds if "maxLength" in kind), None)


def documented_limit(row: dict[str, str]) -> int | None:
    """Read a text's limit from a row."""
    found = LIMIT.search(row["type"]) if row["type"].startswith("text") else None
    return int(found[1] or found[2]) if found else None


@pytest.mark.parametrize("name", MESSAGES)
def test_each_field_of_a_message_is_documented(messages: Path, name: str) -> None:
    """Name, whether it is needed, and how long it may be; no field more, none less."""
    model = MESSAGES[name]
    rows = {first_word(row["field"]): row for row in table(section(messages, name))}
    assert set(model.model_fields) == set(rows)
    for field, row in rows.items():
        assert ("yes" if model.model_fields[field].is_required() else "no") == row["needed"], field
        assert longest(model, field) == documented_limit(row), field


def test_no_message_is_documented_that_is_not_there(messages: Path) -> None:
    """Headings in backticks are messages."""
    headings = re.findall(r"^### `(\w+)`$", messages.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(MESSAGES) == sorted(headings)


@pytest.mark.parametrize("name", MESSAGES)
def test_each_example_of_a_message_is_one(messages: Path, name: str) -> None:
    """What is copied from the page is taken."""
    text = section(messages, name)
    examples = re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        assert isinstance(parse(MESSAGES[name], json.loads(example)), Message)


def test_batons_own_signals_are_documented(messages: Path) -> None:
    """Who sees one in a history can look it up."""
    rows = table(section(messages, "Baton's own signals"))
    expected = [names.WAKE, names.RECONSIDER, names.NUDGE, names.FOLD, names.FOLDED]
    assert expected == [first_word(row["signal"]) for row in rows]


def test_the_verdict_is_documented(messages: Path) -> None:
    """Every field, and both kinds."""
    rows = table(section(messages, "The verdict"))
    assert list(Verdict.model_fields) == [first_word(row["field"]) for row in rows]
    assert [kind.value for kind in VerdictKind] == words_of(rows[0]["type"])


def test_the_numbers_of_answers_and_lines_kept_are_those_documented(
    messages: Path, workflow_page: Path, timeline: Path
) -> None:
    """A reader counts on them."""
    promises = [
        (messages, f"last {KEPT_ANSWERS} keyed answers"),
        (workflow_page, f"the last {KEPT_ENTRIES}"),
        (timeline, f"last {KEPT_ENTRIES} lines"),
        (timeline, f"from {OUTSIDE_THE_LADDER + 1} on"),
    ]
    for page, words in promises:
        assert words in " ".join(page.read_text(encoding="utf-8").split())


def test_the_input_is_documented(workflow_page: Path) -> None:
    """Every field of a lead in its order, its limit, and the words that `type` may be."""
    rows = {first_word(row["field"]): row for row in table(section(workflow_page, "Input"))}
    assert list(LeadInput.model_fields) == list(rows)
    for field, row in rows.items():
        assert longest(LeadInput, field) == documented_limit(row), field
    assert [kind.value for kind in LeadType] == words_of(rows["type"]["meaning"])
    assert list(Company.model_fields) == words_of(rows["company"]["meaning"])
    assert set(DealValue.model_fields) <= set(words_of(rows["deal_value"]["meaning"]))


def test_each_stage_is_documented(workflow_page: Path) -> None:
    """Whether it is settled, and whether the workflow has ended in it."""
    rows = table(section(workflow_page, "Stages"))
    expected = [
        (stage.value, "yes" if stage in SETTLED else "no", "ended" if stage in ENDED else "runs") for stage in Stage
    ]
    assert expected == [(first_word(row["stage"]), row["settled"], row["workflow"]) for row in rows]


def test_each_query_is_documented(workflow_page: Path) -> None:
    """By its name on the wire."""
    definition = workflow._Definition.must_from_class(LeadWorkflow)
    queries = {name for name in definition.queries if name and not name.startswith("__")}
    assert queries == {first_word(row["query"]) for row in table(section(workflow_page, "Queries"))}


@pytest.mark.parametrize(
    ("heading", "model"), [("status", Status), ("explanation", Explanation), ("next_steps", Rung), ("Result", Result)]
)
def test_each_field_of_an_answer_is_documented(workflow_page: Path, heading: str, model: type[BaseModel]) -> None:
    """In the order in which it comes."""
    assert list(model.model_fields) == fields_in(section(workflow_page, heading))


def test_each_search_attribute_is_documented(workflow_page: Path) -> None:
    """With the type that it is registered with."""
    rows = table(section(workflow_page, "Search attributes"))
    expected = [(key.name, type_word(key.indexed_value_type)) for key in names.SEARCH_ATTRIBUTES]
    assert expected == [(first_word(row["name"]), row["type"]) for row in rows]


def test_each_activity_is_documented(workflow_page: Path) -> None:
    """By the name that histories show."""
    menus = [
        contract.Intake, contract.Decide, contract.Notices, contract.Ledgers, contract.Digests, contract.Audits,
    ]  # fmt: skip
    definitions = [
        activity._Definition.from_callable(one) for menu in menus for one in vars(menu).values() if callable(one)
    ]
    expected = [one.name for one in definitions if one is not None]
    assert expected == [first_word(row["activity"]) for row in table(section(workflow_page, "Activities"))]


def test_how_a_lead_is_started_is_documented(workflow_page: Path) -> None:
    """Type, queue and the id's beginning."""
    rows = {row["what"]: row["value"] for row in table(section(workflow_page, "Starting one"))}
    assert names.WORKFLOW == first_word(rows["workflow type"])
    assert names.TASK_QUEUE == first_word(rows["task queue"])
    assert names.PREFIX == first_word(rows["workflow id"])


def test_the_workflows_beside_the_leads_are_documented(workflow_page: Path) -> None:
    """With the schedules that start them."""
    rows = table(section(workflow_page, "Beside the leads"))
    expected = [(names.AUDIT, schedules.AUDIT), (names.DIGEST, schedules.DIGEST)]
    assert expected == [(first_word(row["workflow type"]), first_word(row["schedule"])) for row in rows]


def test_each_kind_of_entry_is_documented(timeline: Path) -> None:
    """In the order of the model, with the fields that the code gives it."""
    rows = table(section(timeline, "The kinds"))
    assert [kind.value for kind in EntryKind] == [first_word(row["kind"]) for row in rows]
    assert list(Entry.model_fields) == fields_in(section(timeline, "An entry"))
    documented = {first_word(row["kind"]): set(words_of(row["`data`"])) for row in rows}
    assert data_of_entries(timeline.parents[2] / "workflows") == {
        kind: data for kind, data in documented.items() if data
    }


def data_of_entries(room: Path) -> dict[str, set[str]]:
    """Read from the source which fields each kind of entry is told with."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in sorted(room.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tell":
                fields = {word.arg for word in node.keywords if word.arg}
                for kind in _kinds(node):
                    found[kind] |= fields
    return {kind: fields for kind, fields in found.items() if fields}


def _kinds(call: ast.Call) -> list[str]:
    """Name the kinds a call may be about: the one it names, or those a variable of that name chooses between."""
    if len(call.args) < 2:
        return []
    kind = call.args[1]
    if isinstance(kind, ast.Attribute):
        return [EntryKind[kind.attr].value]
    return [EntryKind.SENT.value, EntryKind.REMINDED.value]  # `told` chooses between these two


def test_the_json_of_every_page_is_json(root: Path) -> None:
    """A block that says it is JSON can be copied."""
    found = 0
    for page in sorted((root / "docs").rglob("*.md")):
        for line, body in blocks(page, "json"):
            found += 1
            try:
                json.loads(body)
            except ValueError as error:
                pytest.fail(f"{page}:{line}: {error}")
    assert found
