"""What is sent to workers, as bytes: without keys, and with the functions and classes of the notebook by value."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

from byok_widgets.compare.storage.store import CellStore
from byok_widgets.errors import ConfigError, KeyFormatError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.keys import KeyStore
from byok_widgets.secrets.detection import looks_like_key
from byok_widgets.secrets.redaction import redact

KEYS, STORE = "keys", "store"
"""What stays here: a worker has a key store of its own, and no store of cells."""


def packed(data: Any) -> bytes:
    """Return data as bytes.

    Raises:
        KeyFormatError: There is a key in it: a function takes the variables along that it names.
        ConfigError: It cannot be copied to another process.
    """
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def persistent_id(self, value: Any) -> str | None:
            if isinstance(value, KeyStore):
                return KEYS
            return STORE if isinstance(value, CellStore) else None

    written = io.BytesIO()
    try:
        Pickler(written).dump(data)
    except Exception as error:  # noqa: BLE001 - a person's object may raise anything
        raise ConfigError(
            f"The flow cannot be sent to workers: {describe_exception(error)}.",
            kind="executor",
            fix="A function or class of it names something that exists in this process alone, such as a lock, "
            "an open file or a key. Create that inside the function.",
        ) from None
    _reject_key(written.getvalue())
    return written.getvalue()


def unpacked(data: bytes, kept: Mapping[str, Any]) -> Any:
    """Return what was packed.

    Args:
        data: The bytes.
        kept: What takes the place of what stayed behind.
    """

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: str) -> Any:
            return kept[name]

    return Unpickler(io.BytesIO(data)).load()


def _reject_key(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    if looks_like_key(text) or redact(text, words=False) != text:
        del text, data
        raise KeyFormatError(
            "What the workers need contains an API key, so it was not sent.",
            kind="misplaced_key",
            fix="A function takes the variables of the notebook along that it names. Let it read the key from the "
            "worker's environment, inside the function.",
        )
