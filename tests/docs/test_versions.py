"""The versions that pages name are those that a reader gets."""

import re
from pathlib import Path

from config.load import SHIPPED, open_policy
from tests.docs.pages import blocks, pages

VERSION = re.compile(r"default-[0-9a-f]{8}")
DRAFT = re.compile(r"^sed 's/(.+?)/(.+?)/' config/policies/default\.yaml > draft\.yaml$", re.MULTILINE)


def test_the_versions_that_pages_name_are_those_one_gets(root: Path) -> None:
    """The shipped policy's own, and that of the draft that a page has one make of it."""
    text = (SHIPPED / "default.yaml").read_text(encoding="utf-8")
    drafts = [made for _, body in blocks(root / "docs/how-to/try-a-policy.md", "sh") for made in DRAFT.findall(body)]
    assert len(drafts) == 1
    before, after = drafts[0]
    assert before in text
    made = {open_policy(one, "made.yaml").version for one in (text, text.replace(before, after))}
    named = {version for page in pages(root) for version in VERSION.findall(page.read_text(encoding="utf-8"))}
    assert named == made
