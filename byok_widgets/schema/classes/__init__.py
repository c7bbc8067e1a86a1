"""Classes and keywords as schemas: what pydantic knows of them, and how their own code checks values."""
