"""The page of sources names every key, scheme and shipped source, and no other."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from config.source_files import SHIPPED, read_source
from db.tables.words import HookState
from models.source import Handshake, Mapping, Reading, Scheme, Signature, Source
from policy.mapping.paths import read_path
from tests.docs.pages import first_word, section, table, words_of


@pytest.fixture
def page(root: Path) -> Path:
    """The page of sources."""
    return root / "docs/reference/sources.md"


@pytest.mark.parametrize(
    ("title", "model"), [("Keys of a source", Source), ("Signature", Signature), ("Mappings", Mapping)]
)
def test_each_key_is_documented(page: Path, title: str, model: type[BaseModel]) -> None:
    """In the model's words."""
    assert set(model.model_fields) == {first_word(row["key"]) for row in table(section(page, title))}


def test_each_way_to_read_a_field_is_documented(page: Path) -> None:
    """In the second table of the mappings."""
    second = section(page, "Mappings").split("A field is a path, or:")[1]
    assert set(Reading.model_fields) == {first_word(row["key"]) for row in table(second)}


def test_each_word_is_documented(page: Path) -> None:
    """Schemes, states and handshakes."""
    assert set(Scheme) == {first_word(row["scheme"]) for row in table(section(page, "Schemes"))}
    said = section(page, "What a sender is told").split("| state | means |")[1]
    assert set(HookState) == {first_word(row["state"]) for row in table(f"| state | means |{said}")}
    keys = {first_word(row["key"]): words_of(row["meaning"]) for row in table(section(page, "Keys of a source"))}
    assert set(Handshake) <= set(keys["handshake"])


def test_each_shipped_source_is_documented_with_its_signature(page: Path) -> None:
    """And has a sample."""
    rows = {first_word(row["name"]): row for row in table(section(page, "What is shipped"))}
    shipped = {path.stem: read_source(path).source.signature for path in SHIPPED.glob("*.yaml")}
    assert set(shipped) == set(rows) == {path.stem for path in Path("examples/hooks").glob("*.json")}
    for name, signature in shipped.items():
        words = words_of(rows[name]["signature"])
        assert [signature.scheme, *([signature.header] if signature.header else [])] == words


def test_the_functions_are_there(page: Path) -> None:
    """Each of ours can be called as it is written."""
    rows = section(page, "Mappings").split("| function | gives |")[1]
    calls = [call for row in table(f"| function | gives |{rows}") for call in words_of(row["function"])]
    assert 4 == len([read_path(call) for call in calls])
