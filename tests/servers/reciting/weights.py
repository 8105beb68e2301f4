"""A language model that recites what is written here, so that a real server says known things.

It has one layer and no positions. Its next token depends on the last one and, where that has more
than one successor, on which *signals* came before: one attention head for each signal looks
whether its token is anywhere in the text. The chat template ends with the signal of a script, so
the script is chosen by what is asked: a question, one tool, several tools, a tool's result.

It obeys one instruction, to answer by a JSON Schema, with an object of its own. What a grammar
forces on it, it writes as short as the grammar lets it, so the two can be told apart. Its numbers
are plain enough for each server's own file format: see `as_gguf`, `as_checkpoint`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["CONTEXT", "END", "HEADS", "TEMPLATE", "WIDTH", "Reciter", "reciter"]

WIDTH, HEADS, CONTEXT = 512, 8, 4096
END = "<|endoftext|>"
ROLES = ("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")
SAY, CALL, BOTH = "<|asked|>", "<|one-tool|>", "<|more-tools|>"
CONCLUDE, OBEY = "<|result|>", "<|in-words|>"
THINK, THOUGHT = "<think>", "</think>"
OPEN, CLOSE = "<tool_call>", "</tool_call>"
KEY, KEY_END, VALUE, VALUE_END = "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"
TAGS = (THINK, THOUGHT, OPEN, CLOSE, KEY, KEY_END, VALUE, VALUE_END)

_WEATHER = [OPEN, "get_weather", KEY, "city", KEY_END, VALUE, "Bergen", VALUE_END, CLOSE]
_CLOCK = [OPEN, "get_time", KEY, "zone", KEY_END, VALUE, "Europe/Oslo", VALUE_END, CLOSE]
#: Signal -> what is recited after the tag that opens the thoughts. Words are in one place only.
SCRIPTS = {
    SAY: [
        "Seventeen",
        " times",
        " nineteen",
        " …",
        THOUGHT,
        "17 × 19",
        " makes",
        " 323",
        ". 🙂",
        END,
    ],
    CALL: ["I must", " look", " outside", ".\n", THOUGHT, "One moment. ", *_WEATHER, END],
    BOTH: ["Weather", " and", " clock", "...", THOUGHT, *_WEATHER, *_CLOCK, END],
    OBEY: ["They want", " an object", "; ", THOUGHT, '{"city": "Voss", ', '"degrees": 7}', END],
    CONCLUDE: [
        "The tool",
        " has",
        " answered",
        ": ",
        THOUGHT,
        "It rains",
        ", as",
        " always",
        ".\n\n",
        END,
    ],
}
#: Last token -> (the signal that must have come before, or None; what is said then). The signal
#: with the highest rank decides, wherever the word may follow. Other tokens have one successor.
FORKS = {
    THINK: [(signal, script[0]) for signal, script in SCRIPTS.items()],
    THOUGHT: [
        (SAY, "17 × 19"),
        (CALL, "One moment. "),
        (BOTH, OPEN),
        (OBEY, '{"city": "Voss", '),
        (CONCLUDE, "It rains"),
    ],
    OPEN: [(None, "get_weather"), ("Bergen", "get_time")],
    KEY: [(None, "city"), ("Bergen", "zone")],
    VALUE: [(None, "Bergen"), ("Bergen", "Europe/Oslo")],
    CLOSE: [(None, END), (BOTH, OPEN), ("Europe/Oslo", END)],
}
RANKS = {**dict.fromkeys(SCRIPTS, 1), "Bergen": 2, "Europe/Oslo": 3}
#: What is said where a grammar leaves nothing of a script, the best first: the sooner it is over,
#: the better. The end comes after these, anything else then, and blanks last.
_CLOSERS = ('"', "}", "]", VALUE_END, KEY_END, CLOSE, ":", ",", "0", "{", "[")
_BLANKS = "ĠĊĉč"

TEMPLATE = Path(__file__).with_name("template.jinja").read_text("utf-8").rstrip("\n")

#: Logits: a successor; one of several; what a signal adds, by its rank; what a grammar leaves.
_SURE, _MAYBE, _SIGNAL, _LEAST = 1600.0, 800.0, 40.0, 4.0


@dataclass(frozen=True)
class Reciter:
    """The model's vocabulary and numbers.

    Attributes:
        bytes: The tokens of single bytes, in the spelling of byte-level BPE.
        special: Tokens that are not shown.
        words: Tokens that are.
        embeddings: Token -> vector; ``head`` is the way back.
        qkv: Query, key and value of the layer's attention: weights (out, in) and biases.
        mixed: What comes out of the heads -> vector.
        bias: What is added after the last norm.
    """

    bytes: list[str]
    special: list[str]
    words: list[str]
    embeddings: np.ndarray
    head: np.ndarray
    qkv: tuple[np.ndarray, np.ndarray]
    mixed: np.ndarray
    bias: np.ndarray

    @property
    def tokens(self) -> list[str]:
        return [*self.bytes, *self.special, *self.words]


def reciter() -> Reciter:
    """Return the model."""
    alphabet, special = _byte_tokens(), [END, *ROLES, *SCRIPTS]
    said = [word for script in SCRIPTS.values() for word in script if word != END]
    words = list(dict.fromkeys([*TAGS, *said]))
    ids = {token: n for n, token in enumerate([*alphabet, *special, *words])}
    count, constant = len(ids), WIDTH - 1
    # The first is that of the last signal: it is what llama.cpp takes for a reranker's score.
    feature = {signal: n for n, signal in enumerate(reversed(RANKS))}
    first = len(RANKS)
    assert first + count < constant
    assert first <= HEADS
    embeddings = np.zeros((count, WIDTH), np.float32)
    embeddings[:, first : first + count] = np.eye(count)
    unit = WIDTH**0.5  # what a norm makes of the one in such a vector
    head = np.zeros((count, WIDTH), np.float32)
    for last, successors in _successors().items():
        for signal, word in successors:
            column = first + ids[last]
            sure = _SURE if len(successors) == 1 else _MAYBE
            if signal is None:
                head[ids[word], column] = (sure + _SIGNAL / 2) / unit
            else:
                head[ids[word], column] = head[ids[word], column] or sure / unit
                head[ids[word], feature[signal]] = _SIGNAL * RANKS[signal] / unit
    for rank, text in enumerate(reversed(_CLOSERS), 1):
        head[ids[text], constant] = _LEAST * (rank + 15)  # above what signals add
    for text in _BLANKS:
        head[ids[text], constant] = -_LEAST
    head[ids[END], constant] = _LEAST
    weights, biases = np.zeros((3 * WIDTH, WIDTH), np.float32), np.zeros(3 * WIDTH, np.float32)
    mixed = np.zeros((WIDTH, WIDTH), np.float32)
    for n, signal in enumerate(RANKS):
        row = n * (WIDTH // HEADS)
        biases[row] = 30.0
        weights[WIDTH + row, first + ids[signal]] = 1.0
        weights[2 * WIDTH + row, first + ids[signal]] = 1.0 / unit
        mixed[feature[signal], row] = 1.0
    bias = np.zeros(WIDTH, np.float32)
    bias[constant] = 1.0
    return Reciter(alphabet, special, words, embeddings, head, (weights, biases), mixed, bias)


def _successors() -> dict[str, list[tuple[str | None, str]]]:
    found: dict[str, list[tuple[str | None, str]]] = dict(FORKS)
    for script in SCRIPTS.values():
        for last, said in itertools.pairwise(script):
            if last not in FORKS:
                assert found.setdefault(last, [(None, said)]) == [(None, said)], last
    return found


def _byte_tokens() -> list[str]:
    """The 256 bytes as byte-level BPE writes them: those that cannot be seen are moved up."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(b) for b in shown] + [chr(256 + n) for n in range(len(hidden))]
