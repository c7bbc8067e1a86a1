"""The wire schemas against a real llama.cpp server: each is accepted, or a weaker mode is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jsonschema
import pytest

from byok_widgets import Flow
from byok_widgets.engine import ENGINE
from byok_widgets.engine.sync_runner import ignore
from byok_widgets.errors import ProviderError
from byok_widgets.messages import Message
from byok_widgets.providers import PROVIDERS, OutputSchema, Request
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.local.model_server import serve, stop
from byok_widgets.schema import ExtractionSchema
from tests.local_model import require_model
from tests.schema.features import FEATURES, Feature

pytestmark = pytest.mark.model

MODEL = "smollm2-135m"

# More repetitions than llama.cpp's defaults allow, beside a field that can be read.
TOO_MANY = {"type": "array", "items": {"type": "integer"}, "minItems": 3000}
REFUSED = {"type": "object", "properties": {"weekday": {"enum": ["Monday", "Friday"]}, "numbers": TOO_MANY}}


@pytest.fixture(scope="module", autouse=True)
def _llama() -> Iterator[None]:
    """A real llama.cpp server, the one that flows on the local model share."""
    path = require_model(MODEL)
    server = serve(path, alias=MODEL)
    yield
    stop(server, timeout_s=20)


def ask(schema: ExtractionSchema, max_tokens: int) -> Answer:
    """Let the model answer in the shape of a schema."""
    local = PROVIDERS["local"]
    profile = local.schema_profile.within(max_tokens)
    output = OutputSchema(schema.name, schema.json_schema(profile), "json_schema")
    request = Request(MODEL, (Message("user", "Hi"),), "Answer.", max_tokens=max_tokens, output=output)

    async def answer() -> Answer:
        async with local.prepare(MODEL, ignore) as there:
            return await local.complete(request, there, ignore)

    return ENGINE.run(answer())


@pytest.mark.parametrize("feature", FEATURES, ids=str)
def test_each_feature_is_accepted(feature: Feature) -> None:
    assert ask(ExtractionSchema.of(feature.model), max_tokens=1).finish_reason == "length"


def test_a_schema_is_enforced() -> None:
    schema = ExtractionSchema.of(fields={"day": ["Mon", "Tue"], "urgent": bool})
    answer = ask(schema, max_tokens=30)
    jsonschema.validate(json.loads(answer.text), schema.json_schema())


@pytest.mark.parametrize(
    "pattern",
    [r"^\d{3}$", r"^.{2,5}$", r"^[^,]{3,5}$", r"^(?:a|b)+c$", r"^[\w.-]{2}@\D$", r"^[\]\^\-]{2}$", r"^a\-b$"],
)
def test_a_pattern_is_enforced(pattern: str, capfd: pytest.CaptureFixture[str]) -> None:
    part = {"type": "string", "pattern": pattern}
    schema = ExtractionSchema.of({"type": "object", "properties": {"x": part}, "required": ["x"]})
    answer = ask(schema, max_tokens=100)
    assert schema.check_answer(answer.text).status["x"] != "invalid"
    assert not capfd.readouterr().err, "the server warns of patterns that it does not know, and enforces nothing"


def test_an_endless_list_ends_and_costs_no_other_field() -> None:
    part = {"type": "array", "items": {"type": "string"}}
    parts = {"x": part, "y": part, "z": {"type": "integer"}}
    schema = ExtractionSchema.of({"type": "object", "properties": parts})
    answer = ask(schema, max_tokens=400)
    assert set(json.loads(answer.text)) == {"x", "y", "z"}


def test_a_rejected_schema_is_asked_for_in_another_mode() -> None:
    with pytest.raises(ProviderError, match="grammar"):
        ask(ExtractionSchema.of(REFUSED), max_tokens=1)
    flow = Flow("on llama.cpp")
    flow.model = f"local:{MODEL}"
    node = flow.extraction("data", REFUSED, max_tokens=24, examples=[("On Monday", {"weekday": "Monday"})])
    found = node.run("On Friday")
    assert "the schema was refused" in found.reply.summary
    assert found["weekday"] in ("Monday", "Friday", None)
