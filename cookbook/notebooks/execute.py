"""Run the notebooks of this folder and write what they show into them: `make notebooks`.

What differs from run to run or shows the machine is left out, pictures are made small.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).parent
COLOURS = 64


def small(png: str) -> str:
    """The same picture with fewer colours, which is enough for drawings and charts."""
    made = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    image.quantize(COLOURS).save(made, "PNG", optimize=True)
    return base64.b64encode(made.getvalue()).decode()


def kept(output: Any) -> bool:
    """Whether an output is the same on each machine: what goes to stderr names a port."""
    return not (output["output_type"] == "stream" and output["name"] == "stderr")


def executed(path: Path) -> Any:
    """The notebook with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if kept(output)]
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                output.data = {"image/png": small(output.data["image/png"])}
    return notebook


def main() -> int:
    """Run all of them."""
    for path in sorted(HERE.glob("*.ipynb")):
        nbformat.write(executed(path), path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
