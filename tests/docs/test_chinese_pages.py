"""The Chinese guides have the headings, programs and tables of the English ones; links work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.translations import (
    broken_links,
    comments,
    differences,
    links,
    split_sentences,
)

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
CHINESE = sorted((DOCS / "zh").rglob("*.md"))


def named(page: Path) -> str:
    return str(page.relative_to(DOCS))


def test_each_guide_has_a_chinese_page() -> None:
    guides = {named(page) for page in PAGES} - {named(page) for page in CHINESE}
    guides = {name for name in guides if not name.startswith("reference/")}
    assert guides == {str(page.relative_to(DOCS / "zh")) for page in CHINESE}


@pytest.mark.parametrize("page", CHINESE, ids=named)
def test_headings_code_and_tables_are_those_of_the_english_page(page: Path) -> None:
    english = DOCS / page.relative_to(DOCS / "zh")
    found = list(differences(english.read_text("utf-8"), page.read_text("utf-8")))
    assert not found, f"{named(page)} must follow {named(english)}:\n  " + "\n  ".join(found)


@pytest.mark.parametrize("page", CHINESE, ids=named)
def test_no_line_ends_between_two_chinese_characters(page: Path) -> None:
    assert split_sentences(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", CHINESE, ids=named)
def test_comments_are_chinese(page: Path) -> None:
    assert not [it for it in comments(page.read_text("utf-8")) if it.isascii()]


@pytest.mark.parametrize("page", CHINESE, ids=named)
def test_each_names_the_other_in_its_first_lines(page: Path) -> None:
    english = DOCS / page.relative_to(DOCS / "zh")
    for one, other in ((page, english), (english, page)):
        first = "".join(one.read_text("utf-8").splitlines()[:4])
        assert other in [(one.parent / link).resolve() for link in links(first)]


@pytest.mark.parametrize("page", CHINESE, ids=named)
def test_a_chinese_page_leads_to_chinese_pages_where_there_are(page: Path) -> None:
    targets = {
        (page.parent / link.partition("#")[0]).resolve()
        for link in links(page.read_text("utf-8"))
        if link.partition("#")[0].endswith(".md")
    }
    original = DOCS / page.relative_to(DOCS / "zh")
    english = {target for target in targets if not target.is_relative_to(DOCS / "zh")} - {original}
    assert not {target for target in english if (DOCS / "zh" / target.relative_to(DOCS)).exists()}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_point_to_what_exists(page: Path) -> None:
    assert not list(broken_links(page.read_text("utf-8"), page.parent))
