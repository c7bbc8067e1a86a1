"""What an extraction node asks for: fields, a pydantic class or a JSON Schema, turned into one checked schema.

Its code is loaded when it is first used, pydantic and jsonschema when a schema is created.
"""

from typing import TYPE_CHECKING, Any

from byok_widgets.schema.profile import STRICT, SchemaProfile

if TYPE_CHECKING:
    from byok_widgets.schema.extraction_schema import ExtractionSchema, ValidationResult, read_value
    from byok_widgets.schema.fields import Field, FieldSpec

__all__ = ["STRICT", "ExtractionSchema", "Field", "FieldSpec", "SchemaProfile", "ValidationResult", "read_value"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from byok_widgets.schema.extraction_schema import ExtractionSchema, ValidationResult, read_value
    from byok_widgets.schema.fields import Field, FieldSpec

    loaded = (ExtractionSchema, Field, FieldSpec, ValidationResult, read_value)
    globals().update({each.__name__: each for each in loaded})
    return globals()[name]
