"""The private database file that a flow has for something: the cells of its comparisons, the calls it answered."""

from __future__ import annotations

import hashlib
from pathlib import Path

from byok_widgets.errors import ConfigError
from byok_widgets.files import UntrustedPathError, describe_os_error, private_config


def own_database(flow: str, folder: str, *, kind: str, fix: str) -> Path:
    """Return the file of a flow in a private folder, which exists then.

    Args:
        flow: The name of the flow.
        folder: The name of the folder.
        kind: The kind of the error where the folder cannot be used.
        fix: What to do then.

    Raises:
        ConfigError: The folder cannot be used.
    """
    private = private_config().sub(folder)
    try:
        private.make()
    except (OSError, UntrustedPathError) as error:
        problem = describe_os_error(error) if isinstance(error, OSError) else str(error)
    else:
        return private.path / f"{hashlib.sha256(flow.encode()).hexdigest()[:32]}.sqlite"
    raise ConfigError(f"The private folder {folder!r} cannot be used: {problem}.", kind=kind, fix=fix)
