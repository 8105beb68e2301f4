"""A scan of 300 pages read by `ZhipuAIOCRLoader`: time and memory against an older state.

    git worktree add /somewhere/old <commit>
    python -m benchmarks.scan --old /somewhere/old --rounds 5

Each reading is a fresh process; what it starts itself (the process that opens PDFs) counts too. The
server runs in this process and answers at once. Linux: memory is the peak of resident memory, of
the reader above its imports plus that of the largest process that it started.
"""

from __future__ import annotations

import argparse
import base64
import http.server
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

PAGES = 300


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content = base64.b64decode(body["file"].partition(",")[2])
        pages = len(re.findall(rb"/Type\s*/Page\b", content))
        first, last = body.get("start_page_id", 1), body.get("end_page_id", pages)
        texts = [f"page {n}" for n in range(first, last + 1)]
        regions = [[{"index": 0, "label": "text", "content": text}] for text in texts]
        reply = json.dumps({"md_results": "\n\n".join(texts), "layout_details": regions}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)


def read(path: str, url: str) -> None:
    """Print what one reading took."""
    from langchain_zhipu import ZhipuAIOCRLoader

    loader = ZhipuAIOCRLoader(path, api_key="made-up.key", base_url=url)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), os.times()
    count = sum(1 for _ in loader.lazy_load())
    after = os.times()
    if count != int(os.environ["SCAN_PAGES"]):
        raise AssertionError(f"{count} pages came")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    peak += resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    used = sum(after[:4]) - sum(cpu[:4])
    wall = time.perf_counter() - start
    print(json.dumps({"wall_s": wall, "cpu_s": used, "peak_mib": peak / 1024}))


def measured(tree: str, path: Path, url: str, pages: int) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", str(Path(__file__)), "--read", str(path), url]
    environment = {**os.environ, "PYTHONPATH": tree, "SCAN_PAGES": str(pages)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=tree, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--old", help="a checkout to compare with")
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--pages", type=int, default=PAGES)
    given.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    wanted = given.parse_args()
    if wanted.read:
        read(*wanted.read)
        return
    from benchmarks.case_ocr import write_pdf

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/api/paas/v4"
    trees = {"now": str(Path(__file__).parent.parent)}
    if wanted.old:
        trees["before"] = wanted.old
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in trees}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.pdf"
        with path.open("wb") as file:
            write_pdf(file, wanted.pages)
        print(f"{wanted.pages} pages, {path.stat().st_size / 2**20:.1f} MiB")
        for _ in range(wanted.rounds):
            for name, tree in trees.items():
                rounds[name].append(measured(tree, path, url, wanted.pages))
    for figure in ("wall_s", "cpu_s", "peak_mib"):
        found = {
            name: statistics.median(one[figure] for one in all_) for name, all_ in rounds.items()
        }
        shown = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
        if wanted.old:
            pairs = zip(rounds["now"], rounds["before"], strict=True)
            ratio = statistics.median(now[figure] / before[figure] for now, before in pairs)
            shown += f", ratio {ratio:.2f}"
        print(f"{figure}: {shown}")


if __name__ == "__main__":
    main()
