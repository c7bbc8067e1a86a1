"""What it costs that held keys are taken out of a stream, beside reading the same stream with no key held."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence

from byok_widgets.secrets import Secret
from byok_widgets.secrets.streamed_redaction import StreamedRedactor
from tests.bench.rows import Row, interleaved
from tests.fake_keys import fake_key

CHUNKS = 2000
_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "it",
    "was",
    "for",
    "on",
    "are",
    "with",
    "as",
    "his",
    "they",
    "at",
    "be",
    "this",
    "from",
    "have",
    "or",
    "by",
    "one",
    "had",
    "not",
    "but",
    "what",
    "all",
    "were",
    "when",
    "we",
    "there",
    "can",
    "an",
    "your",
    "which",
    "their",
    "said",
    "if",
    "do",
    "will",
    "each",
    "about",
    "how",
    "up",
    "out",
    "them",
    "then",
    "she",
    "many",
    "some",
]


def _prose(chance: random.Random) -> list[str]:
    return [f" {chance.choice(_WORDS)}" for _ in range(CHUNKS)]


def _code(chance: random.Random) -> list[str]:
    signs = ["(", ")", " =", "_", ".", "\n    ", "[", "]", ":", ' "', '"', "self", "return", " x1", "0"]
    return [chance.choice([*signs, f" {chance.choice(_WORDS)}"]) for _ in range(CHUNKS)]


def _letters(chance: random.Random) -> list[str]:
    return list("".join(_prose(chance))[:CHUNKS])


def _large(chance: random.Random) -> list[str]:
    return ["".join(f" {chance.choice(_WORDS)}" for _ in range(40)) for _ in range(CHUNKS // 20)]


TEXTS: Mapping[str, tuple[Callable[[random.Random], list[str]], float, float]] = {
    "words": (_prose, 0.6, 0.3),
    "code": (_code, 0.7, 0.4),
    "letters": (_letters, 1.5, 0.7),
    "paragraphs": (_large, 6.0, 3.0),
}
"""How the pieces of each text are made, and what is demanded of it."""


def redaction_rows() -> list[Row]:
    """Compare reading the JSON of each chunk with taking keys out of its text, three keys being held."""
    keys = [Secret(fake_key(provider)) for provider in ("openai", "anthropic", "mistral")]
    rows = [_row(name, made(random.Random(0)), *wanted) for name, (made, *wanted) in TEXTS.items()]
    del keys
    return rows


def _row(name: str, pieces: Sequence[str], must: float, moonshot: float) -> Row:
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    lines = [
        json.dumps({**chunk, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
        for piece in pieces
    ]

    def raw() -> object:
        return [json.loads(line) for line in lines]

    def ours() -> object:
        redactor = StreamedRedactor()
        passed = "".join([*map(redactor.feed, pieces), redactor.flush()])
        assert len(passed) == sum(map(len, pieces))
        return passed

    return interleaved(f"keys out of {name}, beside json.loads, CPU", raw, ours, 2, must, moonshot)
