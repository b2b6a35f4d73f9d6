"""A link in our documents leads somewhere, or `make check` says which does not."""

from pathlib import Path

import pytest

from tools.check_links import anchors, dead_links, documents


def found(tmp_path: Path, text: str) -> list[str]:
    """Check one page beside `other.md` (headings: Terms, Terms, `make run`, now) and `data.csv`."""
    (tmp_path / "other.md").write_text("# Terms\n\n## Terms\n\n## `make run`, now\n\n```\n# no heading\n```\n")
    (tmp_path / "data.csv").write_text("a,b\n")
    page = tmp_path / "page.md"
    page.write_text(text)
    return list(dead_links(page, tmp_path))


@pytest.mark.parametrize(
    "link",
    [
        "[a](other.md)",
        "[a](./other.md#terms)",
        "[a](other.md#terms-1)",
        "[a](other.md#make-run-now)",
        "[a](/other.md)",
        "![a](data.csv)",
        "[a](data.csv#anything)",
        '[a](<other.md> "a title")',
        "[a][b]\n\n[b]: other.md",
        "[a](#here)\n\n# Here",
        '[a](#there)\n\n<a id="there"></a>',
        "[a](https://example.com/nowhere)",
        "[a](mailto:somebody@company.example)",
        "`[a](nowhere.md)`",
        "```\n[a](nowhere.md)\n```",
    ],
)
def test_a_link_that_leads_somewhere_is_left_alone(tmp_path: Path, link: str) -> None:
    """No false alarm: files, headings, code, other people's pages."""
    assert [] == found(tmp_path, link)


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("[a](nowhere.md)", "nowhere.md does not exist"),
        ("![a](nowhere.png)", "nowhere.png does not exist"),
        ("[a](other.md#nothing)", "other.md#nothing has no such heading"),
        ("[a](other.md#no-heading)", "other.md#no-heading has no such heading"),
        ("[a](#nothing)", "#nothing has no such heading"),
        ("[a][b]\n\n[b]: nowhere.md", "nowhere.md does not exist"),
        ("[a](../../outside.md)", "../../outside.md leads out of the repository"),
    ],
)
def test_a_dead_link_is_told(tmp_path: Path, link: str, problem: str) -> None:
    """The sentence names the link and why it is dead."""
    (sentence,) = found(tmp_path, link)
    assert sentence.endswith(problem)


def test_the_line_of_a_dead_link_is_told(tmp_path: Path) -> None:
    """Code before the link does not move it."""
    assert ["page.md:6: nowhere.md does not exist"] == found(tmp_path, "# A\n\n```\n[b](c.md)\n```\n[a](nowhere.md)\n")


def test_hidden_folders_hold_no_documents(tmp_path: Path) -> None:
    """What pip installs brings documents that are not ours."""
    for folder in (".venv", "docs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.md").write_text("# Page\n")
    assert [tmp_path / "docs" / "page.md"] == documents(tmp_path)


def test_headings_become_anchors_as_github_makes_them(tmp_path: Path) -> None:
    """Punctuation goes, blanks become dashes, letters of any language stay."""
    page = tmp_path / "page.md"
    page.write_text("# What's new?\n\n## Über `uns` & [more](x.md)\n")
    assert {"whats-new", "über-uns--more"} == anchors(page)
