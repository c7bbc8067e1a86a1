"""Writes `messages.ts`, the page's types of what travels between it and the kernel, from `page_messages`.

Run it after a change: `python -m tests.js.page_types`. A test fails while the two differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import is_typeddict

from byok_widgets.widgets import page_messages
from tests.widgets.page_schema import MODULES

TARGET = Path(page_messages.__file__).parents[2] / "js" / "widgets" / "src" / "common" / "messages.ts"
_HEAD = "// Generated from byok_widgets/widgets/page_messages/ by tests/js/page_types.py: change it there.\n"
_PLAIN = {"string": "string", "boolean": "boolean", "integer": "number", "number": "number", "null": "null"}


def typescript() -> str:
    """Return the text of `messages.ts`."""
    kinds = {name: kind for module in MODULES for name, kind in vars(module).items() if _is_ours(kind, module)}
    adapters = {name: TypeAdapter(kind) for name, kind in kinds.items()}
    refs, definitions = TypeAdapter.json_schemas((name, "validation", kind) for name, kind in adapters.items())
    known = definitions["$defs"]
    parts = [_declared(name, _found(refs[name, "validation"], known)) for name in kinds]
    return "\n".join([_HEAD, *parts])


def _is_ours(kind: object, module: ModuleType) -> bool:
    return (is_typeddict(kind) and kind.__module__ == module.__name__) or hasattr(kind, "__args__")


def _found(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    return known[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _declared(name: str, schema: Mapping[str, Any]) -> str:
    if "properties" not in schema:
        return f"export type {name} = {_type(schema)};\n"
    comment = " ".join(schema["description"].split())
    fields = "".join(f"  {line};\n" for line in _fields(schema))
    return f"/** {comment} */\nexport interface {name} {{\n{fields}}}\n"


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        yield f"{name}{'' if name in required else '?'}: {_type(field)}"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(map(_type, schema["anyOf"]))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    if "prefixItems" in schema:
        return f"[{', '.join(map(_type, schema['prefixItems']))}]"
    if schema["type"] == "array":
        return f"{_type(schema['items'])}[]"
    if schema["type"] == "object":
        return f"Record<string, {_type(schema['additionalProperties'])}>"
    return _PLAIN[schema["type"]]


if __name__ == "__main__":
    TARGET.write_text(typescript(), encoding="utf-8", newline="\n")
