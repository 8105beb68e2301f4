"""The recipes of cookbook/langchain, each without a key."""

from __future__ import annotations

import re

import pytest

import zhipu_emulator
from cookbook.langchain import (
    illustrated_search,
    invoice,
    knowledge_base,
    office_files,
    scanned_pdf_rag,
    slides_and_translation,
)
from cookbook.paper import Text, pdf


@pytest.fixture(scope="module")
def server():
    with zhipu_emulator.serve() as running:
        yield running


def test_a_recipe_runs_as_a_program(run_recipe):
    done = run_recipe("invoice.py")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("No API key is set: the emulator on http://127.0.0.1:")
    assert done.stderr.count("\n") == 1
    assert done.stdout.startswith("Invoice WH-2025-017 of 2025-06-02 for Bergen Institute")


def test_an_invoice_becomes_an_object(capsys):
    assert invoice.main([]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"2 x Hydrophone +310\.00 EUR", shown)
    assert "Total 700.00 EUR, which adds up." in shown


def test_an_invoice_of_your_own(capsys, tmp_path):
    path = tmp_path / "other.pdf"
    path.write_bytes(pdf([[Text("Invoice number: B-9"), Text("Total: 12.00")]]))
    assert invoice.main([str(path)]) == 0
    assert "Invoice B-9" in capsys.readouterr().out


def test_a_missing_file_is_one_sentence(capsys):
    assert invoice.main(["no such file.pdf"]) == 1
    assert "That did not work: no such file.pdf cannot be read" in capsys.readouterr().err


def test_questions_about_a_scanned_pdf_are_answered_with_pages(capsys):
    assert scanned_pdf_rag.main([]) == 0
    _, longest, cost, chief = capsys.readouterr().out.split("\n> ")
    assert "37 minutes" in longest
    assert "page 2" in longest
    assert "18,400 euros" in cost
    assert "page 3" in cost
    assert "Ingrid Solheim" in chief
    assert "page 1" in chief


def test_a_question_that_the_pdf_does_not_answer_has_no_source(capsys):
    assert scanned_pdf_rag.main(["--question", "What is the price of tea in China?"]) == 0
    assert "relevance" not in capsys.readouterr().out


def test_an_agent_searches_and_draws(capsys, tmp_path):
    assert illustrated_search.main(["--to", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    search, draw = shown.index("calls web_search("), shown.index("calls generate_image(")
    assert search < draw
    assert "https://cities.example/beijing" in shown
    (picture,) = tmp_path.iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in shown


@pytest.mark.parametrize(
    "recipe",
    [
        illustrated_search,
        invoice,
        knowledge_base,
        office_files,
        scanned_pdf_rag,
        slides_and_translation,
    ],
)
def test_a_wrong_key_is_one_sentence(recipe, server, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZHIPUAI_API_KEY", "wrong.key")
    monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)
    assert recipe.main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("That did not work: ")
    assert said.count("\n") == 1


def test_a_knowledge_base_answers_with_its_documents(capsys, tmp_path):
    assert knowledge_base.main([]) == 0
    shown = capsys.readouterr().out
    assert "heat pump" in shown.lower()
    assert "Heat pumps in cold climates" in shown
    own = ["--file", str(tmp_path / "tea.txt"), "--question", "When is tea served?"]
    (tmp_path / "tea.txt").write_text("Tea is served at four.", "utf-8")
    assert knowledge_base.main(own) == 0
    assert "Tea is served at four." in capsys.readouterr().out
    assert knowledge_base.main(["--base", "42"]) == 1
    assert "That did not work" in capsys.readouterr().err


def test_a_folder_of_office_files(capsys, tmp_path):
    assert office_files.main([]) == 0
    shown = capsys.readouterr().out
    assert "Ada Vik" in shown
    assert shown.rstrip().endswith("contacts.csv")
    assert office_files.main([str(tmp_path)]) == 1
    assert "there are no files in" in capsys.readouterr().err


def test_slides_are_made_saved_and_translated(capsys, tmp_path):
    folder = tmp_path / "deck"
    assert slides_and_translation.main(["two slides about tea", "--to", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Slides on tea.")
    assert "[insert_page] tea (2)" in shown
    assert "02.html: Tee (2)" in shown
    assert [path.name for path in sorted(folder.iterdir())] == ["01.html", "02.html"]
    assert "<h1>tea (1)</h1>" in (folder / "01.html").read_text("utf-8")
    assert slides_and_translation.main(["a slide", "--language", "klingon"]) == 1
    assert "That did not work: target_lang" in capsys.readouterr().err
