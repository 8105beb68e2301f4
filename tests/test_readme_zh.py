"""The Chinese README has the headings, programs, tables of the English one, and its links work."""

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

ROOT = Path(__file__).parent.parent
ENGLISH = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")


def test_headings_code_and_tables_are_those_of_the_english_one():
    found = list(differences(ENGLISH, CHINESE))
    assert not found, "README.zh-CN.md must follow README.md:\n  " + "\n  ".join(found)


@pytest.mark.parametrize(("text", "other"), [(ENGLISH, "README.zh-CN.md"), (CHINESE, "README.md")])
def test_each_names_the_other_in_its_first_lines(text, other):
    assert f"]({other})" in "".join(text.splitlines()[:4])


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_links_point_to_what_exists(text):
    assert links(text)
    assert not list(broken_links(text, ROOT))


def test_no_line_ends_between_two_chinese_characters():
    assert split_sentences("一，\n二\n\n三 A\n四") == ["，\n二"]
    assert split_sentences(CHINESE) == []


def test_comments_are_chinese():
    assert not [comment for comment in comments(CHINESE) if comment.isascii()]


SAMPLE = r"""# A

```sh
# run
make
```

    ```python
    print("no # one")  # says so
    ```

## B

| x | y |
|---|---|
| 1 | `a\|b` |
"""


def test_a_translation_may_say_the_same_in_other_words():
    chinese = SAMPLE
    for old, new in (
        ("# A", "# 甲"),
        ("| x", "| 子"),
        ("# run", "# 运行"),
        ("# says so", "# 原样"),
    ):
        assert old in chinese
        chinese = chinese.replace(old, new)
    assert not list(differences(SAMPLE, chinese))


def test_comments_of_programs_are_found():
    assert list(comments(SAMPLE)) == ["# run", "# says so"]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("## B", "### B", "headings"),
        ("## B", "B", "headings"),
        ("make", "make all", "A: code"),
        ("```sh", "```", "A: code"),
        ("no # one", "no # 一", "A: code"),
        ("print(", "print (", "A: code"),
        ("| x | y |", "| x |", "B: tables"),
        ("|---|---|\n", "|---|---|\n| 0 | 0 |\n", "B: tables"),
    ],
)
def test_what_differs_is_found(old, new, where):
    assert old in SAMPLE
    (found,) = differences(SAMPLE, SAMPLE.replace(old, new, 1))
    assert found.startswith(where)


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("README.md", False),
        ("#两条-a", False),
        ("https://example.org/x", False),
        ("LICENSES", True),
        ("#两条", True),
        ("README.md#nothing", True),
    ],
)
def test_a_broken_link_is_found(link, broken):
    assert list(broken_links(f"## 两条 A？\n\n[x]({link})\n", ROOT)) == [link] * broken
