"""From a JSON value to the value that is meant, without loss."""
