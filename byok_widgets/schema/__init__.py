"""What an extraction node asks for: fields, a pydantic class or a JSON Schema, turned into one checked schema.

    extraction_schema   the facade: what is asked for, and how answers are checked
    classes             fields from keywords and classes, checked as their author wrote them
    json_schemas        fields from JSON Schemas, and the rules of a schema
    request             the schema on the wire, and its fields in the prompt
    reading             from a model's text to the one object that was asked for
    values              from a JSON value to the value that is meant
    checking, parts     what is known of each field and of each of its parts

Its code is loaded when it is first used, pydantic and jsonschema when a schema is created.
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names
from byok_widgets.schema.profile import STRICT, SchemaProfile

if TYPE_CHECKING:
    from byok_widgets.schema.extraction_schema import ExtractionSchema, ValidationResult, read_value
    from byok_widgets.schema.fields import Field, FieldSpec

__all__ = ["STRICT", "ExtractionSchema", "Field", "FieldSpec", "SchemaProfile", "ValidationResult", "read_value"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.schema.extraction_schema": ["ExtractionSchema", "ValidationResult", "read_value"],
        "byok_widgets.schema.fields": ["Field", "FieldSpec"],
    },
)
