"""What an extraction node asks for: fields, a pydantic class or a JSON Schema, turned into one checked schema.

pydantic and jsonschema are loaded only when a schema is created.
"""

from byok_widgets.schema.extraction_schema import ExtractionSchema, ValidationResult, read_value
from byok_widgets.schema.fields import Field, FieldSpec
from byok_widgets.schema.profile import STRICT, SchemaProfile

__all__ = ["STRICT", "ExtractionSchema", "Field", "FieldSpec", "SchemaProfile", "ValidationResult", "read_value"]
