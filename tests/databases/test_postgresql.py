"""What agents remember in PostgreSQL is there after the program and the server were started anew.

PostgreSQL's own programs start a server on loopback, in a folder that is thrown away:
`make test-databases` (`apt-get install postgresql`, or any folder of it on the PATH).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from tests.programs import run_program

COOKBOOK = Path(__file__).parents[2] / "cookbook"
#: PostgreSQL does not run as root: there it gets the user that its package makes, or this one.
USERS = ("postgres", "nobody")
#: What each of the two programs prints: of its first run, and of its second.
KNOWN = ([0, 4, 0], [6, 10, 4])


def programs() -> Path:
    """The folder with PostgreSQL's programs, which Debian does not put on the PATH."""
    pytest.importorskip("langgraph.checkpoint.postgres", reason="its package is in `dev`")
    pytest.importorskip("asyncpg", reason="its package is in `dev`")
    found = shutil.which("pg_ctl") and Path(str(shutil.which("pg_ctl"))).resolve().parent
    folders = [found] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders = [folder for folder in folders if (folder / "initdb").exists()]
    if not folders:
        pytest.skip("PostgreSQL is not installed: no pg_ctl and initdb were found")
    return folders[-1]


class Server:
    """A PostgreSQL server with one user, `memory`, and no password."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = next(name for name in USERS if _exists(name))
            shutil.chown(folder, user)
            self._as = {"user": user, "extra_groups": []}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"memory@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-A", "trust", "-U", "memory", "--no-sync", "--no-instructions")

    def _run(self, program: str, *arguments: str) -> None:
        # A file takes what it prints: the server keeps a pipe open.
        with tempfile.TemporaryFile() as printed:
            done = subprocess.run(
                [self._programs / program, "-D", self._folder / "data", *arguments],
                cwd=self._folder,
                stdout=printed,
                stderr=subprocess.STDOUT,
                check=False,
                **self._as,
            )
            printed.seek(0)
            assert done.returncode == 0, printed.read().decode()

    def control(self, *words: str) -> None:
        """Start, restart or stop it, and wait until that is done."""
        options = f"-h 127.0.0.1 -p {self.port} -k {self._folder} -F"
        self._run("pg_ctl", "-w", "-s", "-l", str(self._folder / "log"), "-o", options, *words)


def _exists(user: str) -> bool:
    import pwd

    return user in {entry.pw_name for entry in pwd.getpwall()}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # Not pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as folder:
        made = Server(programs(), Path(folder))
        made.control("start")
        yield made
        made.control("stop", "-m", "immediate")


def known(framework: str, url: str) -> list[int]:
    """Run the recipe as a program; return how many messages were known before each question."""
    ran = run_program(COOKBOOK / framework / "persistent_memory.py", url)
    assert ran.returncode == 0, ran.stderr
    lines = [line for line in ran.stdout.splitlines() if "messages were known" in line]
    return [int(line.split()[0]) for line in lines]


@pytest.mark.parametrize(
    ("framework", "scheme"), [("langchain", "postgresql"), ("llama_index", "postgresql+asyncpg")]
)
def test_a_second_run_knows_the_first_ones_messages(
    framework: str, scheme: str, server: Server
) -> None:
    url = f"{scheme}://{server.address}"
    assert known(framework, url) == KNOWN[0]
    server.control("restart", "-m", "fast")
    assert known(framework, url) == KNOWN[1]


async def test_an_agent_remembers_over_a_restart_without_blocking(server: Server) -> None:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

    async def ask(question: str) -> str:
        async with AsyncPostgresSaver.from_conn_string(f"postgresql://{server.address}") as saver:
            await saver.setup()
            model = ChatZhipuAI(model="glm-4.7", base_url=service.base_url, api_key=service.api_key)
            agent = create_agent(model, tools=[], checkpointer=saver)
            asked = {"messages": [HumanMessage(question)]}
            result = await agent.ainvoke(asked, {"configurable": {"thread_id": "async"}})
            return str(result["messages"][-1].text)

    with zhipu_emulator.serve() as service:
        await ask("My name is Ada.")
        server.control("restart", "-m", "fast")
        assert "Ada" in await ask("What is my name?")
