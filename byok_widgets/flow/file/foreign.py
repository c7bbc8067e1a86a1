"""Files of other builders, opened as flows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.flow.file.flow_file import unusable

if TYPE_CHECKING:
    from byok_widgets.export.importing import Imported


def import_flow(content: Any, path: Path) -> Imported | None:
    """Return the flow that another builder saved; `None` where the file is no such one.

    Raises:
        ConfigError: It is one, and damaged.
    """
    if isinstance(content, dict) and "version" in content and "edges" in content:
        return None  # a flow of ours
    from byok_widgets.export.importing import imported

    try:
        return imported(content, path.name.split(".")[0] or "imported")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise unusable(path, f"a part of it is not as its builder writes it ({problem}).")
