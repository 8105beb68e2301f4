"""The recipes of OCR that both frameworks have: a server of one's own, the layout drawn."""

from __future__ import annotations

import pytest

from cookbook.langchain import handwritten_notes as notes_for_langchain
from cookbook.langchain import look_at_layout as drawn_by_langchain
from cookbook.langchain import own_ocr as for_langchain
from cookbook.llama_index import handwritten_notes as notes_for_llama_index
from cookbook.llama_index import look_at_layout as drawn_by_llama_index
from cookbook.llama_index import own_ocr as for_llama_index
from tests.support.vision_servers import cut, document, own_server, prompt_of

both = pytest.mark.parametrize("recipe", [for_langchain, for_llama_index])


@both
def test_without_a_server_the_emulator_stands_in(recipe, capsys):
    assert recipe.main([]) == 0
    shown = capsys.readouterr()
    assert "stands in" in shown.err
    assert "pixels\nBuy milk\nCall Ada about the boat" in shown.out


@both
def test_a_file_of_ones_own(recipe, capsys, tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(document(3))
    with own_server("ollama") as own:
        reach = ["--base-url", f"{own.server.url}/v1", "--model", "glm-ocr", "--task", "table"]
        assert recipe.main([str(path), *reach]) == 0
        assert {body["model"] for body in own.bodies} == {"glm-ocr"}
        assert {prompt_of(body) for body in own.bodies} == {"Table Recognition:"}
    shown = capsys.readouterr().out
    places = [shown.index(f"# Page {number}") for number in (1, 2, 3)]
    assert places == sorted(places)


@both
def test_a_page_that_was_cut_is_one_sentence(recipe, capsys, tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(document(1))
    with own_server("vllm", lambda body, page: cut("# Pa")) as own:
        assert recipe.main([str(path), "--base-url", f"{own.server.url}/v1"]) == 1
    shown = capsys.readouterr()
    assert "# Pa" not in shown.out
    assert "That did not work: the answer was cut" in shown.err


@pytest.mark.parametrize("recipe", [drawn_by_langchain, drawn_by_llama_index])
def test_pages_are_drawn(recipe, capsys, tmp_path):
    from PIL import Image

    assert recipe.main(["--to", str(tmp_path / "new")]) == 0
    shown = capsys.readouterr().out
    for number in (1, 2):
        path = tmp_path / "new" / f"prices-{number}.png"
        assert f"drawn: {path}" in shown
        with Image.open(path) as image:
            assert image.size == (1653, 2339)
    assert recipe.main([str(tmp_path / "missing.pdf")]) == 1
    assert "missing.pdf cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", [notes_for_langchain, notes_for_llama_index])
def test_handwritten_notes(recipe, capsys, tmp_path):
    assert recipe.main([]) == 0
    shown = capsys.readouterr().out
    assert "monday.png: 99% certain\n  Buy milk\n  Call Ada about the boat" in shown
    (tmp_path / "broken.png").write_bytes(b"no image")
    assert recipe.main([str(tmp_path)]) == 1
    assert "broken.png" in capsys.readouterr().err
