"""`bundle`: writes the folder that serves a flow on another machine."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from byok_widgets.bundle.modules import MAX_BYTES, Modules, modules_of
from byok_widgets.bundle.requirements import pinned
from byok_widgets.bundle.wheel import wheel, wheel_name
from byok_widgets.config import ModelRef
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.export.base import file_stem
from byok_widgets.files import read_file
from byok_widgets.files.published_files import require_no_keys
from byok_widgets.files.saved_file import save_file
from byok_widgets.flow.file import flow_file
from byok_widgets.providers import PROVIDERS

_PORT = 8080


@dataclass(frozen=True)
class Bundle:
    """A bundle that was written.

    Attributes:
        folder: Where it is.
        files: Its files.
        command: The line that serves the flow.
    """

    folder: Path
    files: tuple[Path, ...]
    command: str


def bundle(flow: Path, folder: Path | None = None, *, functions: Iterable[str] = ()) -> Bundle:
    """Write a folder that serves a flow.

    Args:
        flow: The flow's file.
        folder: The folder, new or empty; by default one that is named like the file, beside it.
        functions: The modules of action functions, which are to be run: a file cannot name them by itself.

    Raises:
        ConfigError: The file is not a flow, a function of it cannot be bundled, a file holds an API key, or the
            folder is not empty or cannot be written.
    """
    data = flow_file.read(flow)
    stem = file_stem(flow.name.split(".")[0])
    where = folder or flow.parent / stem
    modules = modules_of(data["nodes"], functions, [flow.parent, Path.cwd()])
    files = {Path(f"{stem}.flow.json"): read_file(flow, most_bytes=flow_file.MAX_BYTES)}
    files |= {place: read_file(source, most_bytes=MAX_BYTES) for place, source in modules.files.items()}
    require_no_keys(
        {str(name): content for name, content in files.items()},
        fix="Take it out; the server reads keys from variables, as in --key env:NAME.",
    )
    texts = _Texts(stem, data, modules)
    files |= {Path(name): text.encode() for name, text in texts.files().items()}
    files[Path("wheels", wheel_name())] = wheel()
    _write(where, files)
    return Bundle(where, tuple(where / name for name in files), texts.command)


def _write(where: Path, files: Mapping[Path, bytes]) -> None:
    try:
        where.mkdir(parents=True, exist_ok=True)
        is_empty = next(where.iterdir(), None) is None
    except OSError as error:
        problem = str(error.strerror or type(error).__name__)
    else:
        problem = "" if is_empty else "it is not empty"
    if problem:
        raise ConfigError(f"{str(where)!r} cannot be used: {problem}.", kind="bundle", fix="Choose with --out ...")
    for name, content in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        save_file(where / name, content, kind="bundle")


class _Texts:
    """The texts of a bundle. All that is put into them is an identifier, a number, or a name made of letters."""

    def __init__(self, stem: str, data: Mapping[str, Any], modules: Modules) -> None:
        self._stem, self._modules = stem, modules
        self._providers = sorted(set(_providers_of(data)))
        self._keys = {name: f"{name.upper()}_API_KEY" for name in self._providers if PROVIDERS[name].needs_key}

    @property
    def command(self) -> str:
        """The line that serves the flow."""
        return shlex.join(self._arguments())

    def files(self) -> dict[str, str]:
        """Return the texts by file name."""
        names = {"Dockerfile": "Dockerfile", "compose.yaml": "compose.yaml", "README.md": "README"}
        made = {name: self._filled(source) for name, source in names.items()}
        made[f"{self._stem}.service"] = self._filled("unit")
        made["requirements.txt"] = "\n".join([*self._pins, f"./wheels/{wheel_name()}", ""])
        made[".dockerignore"] = ".venv\n*.env\n"
        return made

    @cached_property
    def _pins(self) -> list[str]:
        local = ["xllamacpp"] if any(PROVIDERS[name].free_of_charge for name in self._providers) else []
        return pinned(["byok-widgets", *sorted(self._modules.distributions), *local], extras=["serve"])

    def _arguments(self, *, host: str = "") -> list[str]:
        functions = [part for module in self._modules.entries for part in ("--functions", module)]
        keys = [part for name, key in self._keys.items() for part in ("--key", f"{name}=env:{key}")]
        address = [*(["--host", host] if host else []), "--port", str(_PORT)]
        return ["byok-widgets", "serve", f"{self._stem}.flow.json", *address, *functions, *keys]

    def _filled(self, source: str) -> str:
        text = resources.files(f"{__package__}.texts").joinpath(f"{source}.txt").read_text(encoding="utf-8")
        for mark, value in {
            "@STEM@": self._stem,
            "@PYTHON@": f"{sys.version_info.major}.{sys.version_info.minor}",
            "@COMMAND@": self.command,
            "@ENTRYPOINT@": json.dumps(self._arguments(host="0.0.0.0")),  # noqa: S104 - inside of the container
            "@ENVIRONMENT@": self._environment(),
            "@KEYS@": self._about_keys(),
            "@NOTES@": "".join(f"{note}\n" for note in self._notes()),
        }.items():
            text = text.replace(mark, value)
        return text.rstrip() + "\n"

    def _environment(self) -> str:
        return f"\n    environment: [{', '.join(self._keys.values())}]" if self._keys else ""

    def _about_keys(self) -> str:
        if not self._keys:
            return ""
        names = " and ".join(f"`{key}`" for key in self._keys.values())
        return f"\nThe server reads keys from the environment: set {names} before.\n"

    def _notes(self) -> Iterator[str]:
        if loose := [pin for pin in self._pins if "==" not in pin]:
            yield f"\nNot installed where this was made, and so not pinned: {', '.join(loose)}."
        if any(PROVIDERS[name].free_of_charge for name in self._providers):
            yield "\nThe flow uses a local model, fetched at the first call; `byok-widgets fetch` does so before."


def _providers_of(data: Mapping[str, Any]) -> Iterator[str]:
    own = str(data.get("provider") or "")
    if own in PROVIDERS:
        yield own
    refs = [data.get("judge_model"), *(node.get("model") for node in data["nodes"])]
    for ref in filter(None, refs):
        try:
            yield ModelRef.parse(str(ref), default_provider=own, providers=PROVIDERS).provider
        except ByokError:
            continue  # `serve` says so
