"""From a model's text to the one JSON object that was asked for."""
