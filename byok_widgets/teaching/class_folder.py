"""`prepare`: writes the folder that the students of a class get."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from byok_widgets.bundle.requirements import pinned
from byok_widgets.bundle.wheel import wheel, wheel_name
from byok_widgets.config.base_url import BaseUrl
from byok_widgets.errors import ConfigError
from byok_widgets.export.code import literal
from byok_widgets.files import SHARED_MODELS_VARIABLE, describe_os_error
from byok_widgets.keys.backends.environment import variable_name
from byok_widgets.providers import PROVIDERS
from byok_widgets.published_files import read_pages, require_no_keys
from byok_widgets.recording.cassette import SUFFIX
from byok_widgets.saved_file import save_file

MODELS = "models"
_MODULE = "our_class"


@dataclass(frozen=True)
class LiveModel:
    """The model that a class may use live, and where its key comes from.

    Attributes:
        provider: Its provider.
        model: Its id there.
        key: `env:NAME`, the variable with the key; empty where each student has one of their own.
        base_url: The address of the class's proxy; empty for the provider's own.
    """

    provider: str
    model: str
    key: str = ""
    base_url: str = ""

    @classmethod
    def of(cls, model: str, key: str = "", proxy: str = "") -> LiveModel:
        """Return the model that a teacher named.

        Args:
            model: `provider:model-id`; with a proxy an id alone.
            key: `env:NAME`, or nothing.
            proxy: The address of an OpenAI-compatible proxy, or nothing.

        Raises:
            ConfigError: There is no such provider, the key is no name of a variable, or the address is none.
        """
        provider, _, name = model.rpartition(":") if not proxy else ("compatible", "", model)
        if provider not in PROVIDERS or not name:
            raise ConfigError(
                "The model of the class needs its provider.",
                kind="class",
                fix="Write --model PROVIDER:MODEL, or give --proxy the address of the class's proxy.",
            )
        return cls(
            provider,
            name,
            f"env:{variable_name(key)}" if key else "",
            BaseUrl.parse(proxy).url if proxy else "",
        )

    @property
    def code(self) -> str:
        """The module that sets it in a flow; what a teacher gave is in it as data."""
        lines = ['"""The model of this class, for what is not recorded."""', "", "", "def use(flow):"]
        lines.append('    """Let a flow use the model of this class from now on."""')
        lines.append("    flow.live()")
        if self.base_url:
            lines.append(f"    flow.set_base_url({literal(self.provider)}, {literal(self.base_url)})")
        if self.key:
            lines.append(f"    flow.use_key({literal(self.key)}, provider={literal(self.provider)})")
        lines.append(f"    flow.model = {literal(f'{self.provider}:{self.model}')}")
        return "\n".join([*lines, ""])


@dataclass(frozen=True)
class ClassFolder:
    """The folder of a class.

    Attributes:
        folder: Where it is.
        files: Its files, without the model's.
        unrecorded: Notebooks that have no cassette beside them.
    """

    folder: Path
    files: tuple[Path, ...]
    unrecorded: tuple[str, ...]


def prepare(
    folder: Path,
    pages: Sequence[Path],
    *,
    live: LiveModel | None = None,
    fetch: Callable[[Path], object] | None = None,
) -> ClassFolder:
    """Write the folder of a class.

    Args:
        folder: It is new or empty.
        pages: Notebooks and what belongs to them; the cassettes beside notebooks are taken along.
        live: The model that the class may use live.
        fetch: Fetches the local model into a folder; `None` leaves it out.

    Raises:
        ConfigError: The folder cannot be written, there is no notebook, or a file holds an API key.
    """
    whole = list(dict.fromkeys([*pages, *_cassettes(pages)]))
    notebooks = [path for path in whole if path.suffix == ".ipynb"]
    if not notebooks:
        raise ConfigError("A class needs a notebook.", kind="class", fix="Name notebooks: *.ipynb.")
    texts = _texts(notebooks[0].name, live, has_model=fetch is not None)
    files = read_pages(whole, kind="class") | {name: text.encode() for name, text in texts.items()}
    require_no_keys(files, fix="Take it out; a class's key is named by its variable, as in --key env:CLASS_KEY.")
    files[f"wheels/{wheel_name()}"] = wheel()
    _require_empty(folder)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_file(folder / name, content, kind="class")
    if fetch is not None:
        fetch(folder / MODELS)
    unrecorded = [path.name for path in notebooks if path.with_suffix(SUFFIX).name not in files]
    return ClassFolder(folder, tuple(folder / name for name in files), tuple(unrecorded))


def _cassettes(pages: Sequence[Path]) -> Iterator[Path]:
    for page in pages:
        beside = page.with_suffix(SUFFIX)
        if page.suffix == ".ipynb" and beside.is_file():
            yield beside


def _require_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        problem = "it is not empty" if any(folder.iterdir()) else ""
    except OSError as error:
        problem = describe_os_error(error)
    if problem:
        raise ConfigError(f"{str(folder)!r} cannot be used: {problem}.", kind="class", fix="Choose a new folder.")


def _texts(first: str, live: LiveModel | None, *, has_model: bool) -> dict[str, str]:
    local = ["xllamacpp"] if has_model else []
    pins = pinned(["byok-widgets", "jupyterlab", *local], extras=["lab"] if has_model else [])
    marks = {
        "@PYTHON@": f"{sys.version_info.major}.{sys.version_info.minor}",
        "@FIRST@": first,
        "@CHANGES@": _CHANGES[has_model],
        "@LIVE@": _LIVE if live else "",
    }
    made = {
        "README.md": _filled("README", marks),
        "start.py": _filled("start", {}),
        "class.env": "\n".join([*_settings(has_model=has_model), ""]),
        "requirements.txt": "\n".join([*pins, f"./wheels/{wheel_name()}", ""]),
    }
    return made | ({f"{_MODULE}.py": live.code} if live else {})


_CHANGES = {
    True: "It goes to a small model on your own computer, which is in this folder.",
    False: "No model is in this folder: choose one of your own in the settings panel first.",
}
_LIVE = f"- **The model of the class** takes two lines in a cell: `import {_MODULE}` and `{_MODULE}.use(flow)`.\n"


def _settings(*, has_model: bool) -> Iterator[str]:
    yield "# What start.py sets; a hub or a container takes the same file, with a whole path for the models."
    yield "BYOK_WIDGETS_FRESH=1"
    if has_model:
        yield f"{SHARED_MODELS_VARIABLE}={MODELS}"
        yield "BYOK_WIDGETS_LOCAL_THREADS=1"


def _filled(name: str, marks: dict[str, str]) -> str:
    text = resources.files(f"{__package__}.texts").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text
