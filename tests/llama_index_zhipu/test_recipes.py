"""The recipes for LlamaIndex run, offline, and do what they say."""

from __future__ import annotations

import pytest

from cookbook.llama_index import (
    handoff,
    ocr_query_engine,
    persisted_index,
    receipts,
    streaming_agent,
)


def test_questions_about_a_scanned_pdf(capsys):
    assert ocr_query_engine.main([]) == 0
    shown = capsys.readouterr().out
    first, second = shown.split("\n> ")[1:]
    assert "46 metres" in first
    assert "page 1, relevance" in first
    assert "1926" in second
    assert "page 2, relevance" in second


def test_questions_about_a_file_of_ones_own(tmp_path, capsys):
    path = tmp_path / "leaflet.pdf"
    path.write_bytes(ocr_query_engine.SAMPLE.read_bytes())
    question = "How many families of keepers lived beside the tower?"
    assert ocr_query_engine.main([str(path), "--question", question]) == 0
    assert "Four families" in capsys.readouterr().out


def test_an_agent_that_thinks_aloud(capsys):
    assert streaming_agent.main([]) == 0
    shown = capsys.readouterr().out
    assert "Thinking: " in shown
    assert "The model calls multiply(a=17, b=19)" in shown
    assert "multiply returned 323" in shown
    assert "days_between returned 242" in shown
    answer = shown.rpartition("Answer: ")[2]
    assert "323" in answer
    assert "242" in answer


def test_a_hand_off(capsys):
    assert handoff.main([]) == 0
    shown = capsys.readouterr().out
    assert shown.index("Clerk calls handoff.") < shown.index("Meteo calls get_weather.")
    assert "21 degrees" in shown.rpartition("answers.")[2]


def test_receipts_become_a_table(capsys):
    assert receipts.main([]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.split() == ["2026-03-01", "Tea", "House", "7.70"]
    assert "Harbour Bakery" in second
    assert last.split() == ["Sum", "11.90"]


def test_an_index_that_is_kept(tmp_path, capsys):
    folder = tmp_path / "index"
    for word in ("Made", "Loaded"):
        assert persisted_index.main([str(folder)]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"{word} the index")
        assert "2.5 litres" in shown


@pytest.mark.parametrize(
    ("recipe", "arguments"),
    [
        (ocr_query_engine, []),
        (receipts, []),
        (streaming_agent, ["Hello"]),
        (handoff, ["Hello"]),
        (persisted_index, ["folder"]),
    ],
)
def test_what_does_not_work_is_told_shortly(recipe, arguments, stub, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    stub.default = (401, {"error": {"code": "1000", "message": "no such key"}})
    monkeypatch.setenv("ZHIPUAI_API_KEY", "wrong.key")
    monkeypatch.setenv("ZHIPUAI_BASE_URL", stub.base_url)
    try:
        code = recipe.main(arguments)
    except Exception as error:  # LlamaIndex wraps what goes wrong inside of an agent
        code, told = 1, f"{error} {error.__cause__}"
    else:
        told = capsys.readouterr().err
    assert code == 1
    assert "no such key" in told
