"""Whether a value was said, and where: values are looked up in the dialogue, and no model is asked."""
