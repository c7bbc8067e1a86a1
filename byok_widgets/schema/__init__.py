"""What an extraction node asks for: fields, a pydantic class or a JSON Schema, made into one checked schema.

pydantic and jsonschema are loaded when a schema is made.
"""

from byok_widgets.schema.extraction_schema import ExtractionSchema, ValidationResult
from byok_widgets.schema.fields import Field, FieldSpec
from byok_widgets.schema.wire import Dialect

__all__ = ["Dialect", "ExtractionSchema", "Field", "FieldSpec", "ValidationResult"]
