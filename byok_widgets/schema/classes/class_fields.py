"""What pydantic knows of a class: its fields, taken out of it, and what its own code does with their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

Core = Mapping[str, Any]

_LAYERS = frozenset({"function-after", "function-before", "function-wrap"})
_READS_FIRST = frozenset({"function-before", "function-plain", "function-wrap"})
"""Functions that see a value before its type does, and may turn it into another."""


class ClassFields:
    """The fields of a pydantic model, a dataclass or a `TypedDict`.

    Attributes:
        aliases: The names under which a field may be written, by attribute.
        has_rules: Whether there are rules of the whole class.
        rules_read_first: Whether one of them sees the values before the fields do.
    """

    def __init__(self, core: Core) -> None:
        self.has_rules = self.rules_read_first = self._is_root = False
        self._definitions: dict[str, Core] = {}
        self._config: Any = None
        self._container = self._opened(core)
        self.aliases = {name: tuple(_aliases(field)) for name, field in self._fields.items()}

    @cached_property
    def validator(self) -> Any:
        """Validates any of the fields, by attribute, as the class does."""
        from pydantic_core import SchemaValidator, core_schema

        parts = {
            name: core_schema.typed_dict_field(field["schema"], required=False)
            for name, field in self._fields.items()
        }
        whole: Any = core_schema.typed_dict_schema(parts, config=self._config)
        if self._definitions:
            whole = core_schema.definitions_schema(whole, list(self._definitions.values()))
        return SchemaValidator(whole, self._config)

    def bare(self, name: str) -> Any:
        """Return what validates a field by its type alone, without the validators around it."""
        from pydantic_core import SchemaValidator, core_schema

        core = self._fields[name]["schema"]
        while core.get("type") in _LAYERS | {"default"}:
            core = core["schema"]
        if self._definitions:
            core = core_schema.definitions_schema(core, list(self._definitions.values()))
        return SchemaValidator(core, self._config)

    @cached_property
    def reading_first(self) -> frozenset[str]:
        """The attributes whose own code sees a value before its type does."""
        return frozenset(name for name, field in self._fields.items() if self._reads_first(field["schema"], set()))

    @property
    def forbids_others(self) -> bool:
        """Whether the class refuses values under names that no field has."""
        return self._others == "forbid"

    @property
    def takes_others(self) -> bool:
        """Whether the class keeps values under names that no field has."""
        return self._others == "allow"

    @cached_property
    def other(self) -> Any:
        """Validates a value under a name that no field has, where the class takes such values."""
        from pydantic_core import SchemaValidator, core_schema

        core = self._container.get("extras_schema", core_schema.any_schema())
        if self._definitions:
            core = core_schema.definitions_schema(core, list(self._definitions.values()))
        return SchemaValidator(core, self._config)

    @property
    def _others(self) -> str | None:
        found: str | None = self._container.get("extra_behavior")
        return found or (self._config or {}).get("extra_fields_behavior")

    def values_of(self, record: Any) -> Mapping[str, Any]:
        """Return an object's values by attribute."""
        if self._is_root:
            record = record.root
        return record if isinstance(record, Mapping) else {name: getattr(record, name) for name in self._fields}

    @property
    def _fields(self) -> Mapping[str, Core]:
        fields = self._container.get("fields", {})
        if isinstance(fields, Mapping):
            return fields
        return {field["name"]: field for field in fields if field.get("init", True)}

    def _opened(self, core: Core) -> Core:
        """Return the part that holds the fields, and note what surrounds it."""
        kind = core.get("type")
        if kind == "definitions":
            self._definitions = {part["ref"]: part for part in core["definitions"]}
        elif kind == "definition-ref":
            return self._opened(self._definitions[core["schema_ref"]])
        elif kind in _LAYERS:
            self.has_rules = True
            self.rules_read_first = self.rules_read_first or kind in _READS_FIRST
        elif kind in ("dataclass", "model"):
            self._config = core.get("config")
            self.has_rules = self.has_rules or bool(core.get("post_init") or core.get("custom_init"))
            self._is_root = self._is_root or bool(core.get("root_model"))
        else:
            self._config = core.get("config", self._config)
            return core
        return self._opened(core["schema"])

    def _reads_first(self, part: Any, seen: set[str]) -> bool:
        if isinstance(part, Mapping):
            if part.get("type") in _READS_FIRST:
                return True
            if part.get("type") == "definition-ref" and part["schema_ref"] not in seen:
                seen.add(part["schema_ref"])
                return self._reads_first(self._definitions.get(part["schema_ref"]), seen)
            inner: Any = (value for key, value in part.items() if key not in ("metadata", "serialization"))
        else:
            inner = part if isinstance(part, (list, tuple)) else ()
        return any(self._reads_first(each, seen) for each in inner)


def reads_first(core: Any) -> bool:
    """Whether code in a type sees a value before the type does."""
    return ClassFields({"type": "typed-dict", "fields": {"x": {"schema": core}}}).reading_first != frozenset()


def _aliases(field: Core) -> Iterator[str]:
    given = field.get("validation_alias")
    if isinstance(given, str):
        yield given
        return
    for path in given or ():
        if isinstance(path, (list, tuple)) and len(path) == 1 and isinstance(path[0], str):
            yield path[0]
