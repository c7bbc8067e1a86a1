"""JSON Schemas: of every draft in one form, and how a value is checked against one."""
