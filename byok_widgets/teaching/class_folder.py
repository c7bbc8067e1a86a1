"""`prepare`: writes the folder that the students of a class get."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from byok_widgets.bundle.requirements import pinned
from byok_widgets.bundle.wheel import wheel, wheel_name
from byok_widgets.config.base_url import BaseUrl
from byok_widgets.errors import ConfigError
from byok_widgets.export.code import literal
from byok_widgets.files import SHARED_MODELS_VARIABLE, describe_os_error
from byok_widgets.files.published_files import read_pages, require_no_keys
from byok_widgets.files.saved_file import save_file
from byok_widgets.keys.backends.environment import variable_name
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.local.default_model import MODEL_VARIABLE
from byok_widgets.recording.cassette import SUFFIX, Cassette
from byok_widgets.recording.costs import Contents

MODELS = "models"
_WHEELS = "wheels"
_FOLDERS = (MODELS, _WHEELS)
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
            ConfigError: There is no such provider, or the variable name or the address is invalid.
        """
        provider, _, name = model.rpartition(":") if not proxy else ("compatible", "", model)
        if provider not in PROVIDERS or not name:
            raise ConfigError(
                "The provider of the class's model is missing.",
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
        recorded: Notebooks with a cassette beside them.
        unrecorded: Names of the other notebooks.
        elsewhere: Cassettes of local models that are not in the folder: what a student changes goes to those.
        unsearched: What could not be searched for API keys, and why, in sentences.
        settings: The variables that the students' kernels have.
    """

    folder: Path
    files: tuple[Path, ...]
    recorded: tuple[Path, ...]
    unrecorded: tuple[str, ...]
    elsewhere: tuple[str, ...]
    unsearched: tuple[str, ...]
    settings: Mapping[str, str]


def prepare(
    folder: Path,
    pages: Sequence[Path],
    *,
    live: LiveModel | None = None,
    local: str = "",
    fetch: Callable[[str, Path], object],
) -> ClassFolder:
    """Write the folder of a class.

    Args:
        folder: It is new or empty.
        pages: Notebooks and what belongs to them; the cassettes beside notebooks are taken along.
        live: The model that the class may use live.
        local: The local model in the folder; empty for none.
        fetch: Fetches it into a folder.

    Raises:
        ConfigError: The folder cannot be written, there is no notebook, or a file holds an API key.
    """
    whole = list(dict.fromkeys([*pages, *_cassettes(pages)]))
    notebooks = [path for path in whole if path.suffix == ".ipynb"]
    if not notebooks:
        raise ConfigError("A class needs at least one notebook.", kind="class", fix="Name notebooks: *.ipynb.")
    elsewhere = tuple(path.name for path in whole if local and _is_of_others(path, local))
    settings = _settings(local, is_default=not elsewhere)
    texts = _texts(notebooks[0].name, live, settings, _changes(local, elsewhere))
    files = read_pages(whole, kind="class", beside=(*texts, *_FOLDERS))
    files |= {name: text.encode() for name, text in texts.items()}
    fix = "Take it out; a class's key is named by its variable, as in --key env:CLASS_KEY."
    unsearched = require_no_keys(files, fix=fix)
    files[f"{_WHEELS}/{wheel_name()}"] = wheel()
    _require_empty(folder)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_file(folder / name, content, kind="class")
    if local:
        fetch(local, folder / MODELS)
    recorded = [path for path in notebooks if path.with_suffix(SUFFIX).name in files]
    return ClassFolder(
        folder,
        files=tuple(folder / name for name in files),
        recorded=tuple(folder / path.name for path in recorded),
        unrecorded=tuple(path.name for path in notebooks if path not in recorded),
        elsewhere=elsewhere,
        unsearched=unsearched,
        settings=settings,
    )


def _cassettes(pages: Sequence[Path]) -> Iterator[Path]:
    for page in pages:
        if page.suffix == ".ipynb" and (beside := page.with_suffix(SUFFIX)).is_file():
            yield beside


def _require_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        problem = "it is not empty" if any(folder.iterdir()) else ""
    except OSError as error:
        problem = describe_os_error(error)
    if problem:
        raise ConfigError(f"{str(folder)!r} cannot be used: {problem}.", kind="class", fix="Choose a new folder.")


def _is_of_others(path: Path, local: str) -> bool:
    """Whether a file is a cassette of local models, and not of this one."""
    if path.suffix != SUFFIX:
        return False
    refs = Contents.of(Cassette(path, must_exist=True)).models
    models = {model for provider, _, model in (ref.partition(":") for ref in refs) if provider == "local"}
    return bool(models) and local not in models


def _changes(local: str, elsewhere: Sequence[str]) -> str:
    if not local:
        return "No model is in this folder: choose one of your own in the settings panel first."
    if elsewhere:
        return "It goes to the small model that was recorded, which your computer downloads the first time."
    return "It goes to a small model on your own computer, which is in this folder."


def _texts(first: str, live: LiveModel | None, settings: Mapping[str, str], changes: str) -> dict[str, str]:
    has_model = SHARED_MODELS_VARIABLE in settings
    local = ["xllamacpp"] if has_model else []
    pins = pinned(["byok-widgets", "jupyterlab", *local], extras=["lab"] if has_model else [])
    marks = {
        "@PYTHON@": f"{sys.version_info.major}.{sys.version_info.minor}",
        "@FIRST@": first,
        "@CHANGES@": changes,
        "@LIVE@": _LIVE if live else "",
    }
    made = {
        "README.md": _filled("README", marks),
        "start.py": _filled("start", {}),
        "class.env": "\n".join([_ABOUT, *(f"{name}={value}" for name, value in settings.items()), ""]),
        "requirements.txt": "\n".join([*pins, f"./{_WHEELS}/{wheel_name()}", ""]),
    }
    return made | ({f"{_MODULE}.py": live.code} if live else {})


_ABOUT = "# What start.py sets; a hub or a container takes the same file, with a whole path for the models."
_LIVE = f"- **The model of the class** takes two lines in a cell: `import {_MODULE}` and `{_MODULE}.use(flow)`.\n"


def _settings(local: str, *, is_default: bool) -> dict[str, str]:
    """Return the variables of the students' kernels.

    Args:
        local: The local model in the folder, if there is one.
        is_default: Whether flows that name no model use it: as they did when the lesson was recorded.
    """
    if not local:
        return {"BYOK_WIDGETS_FRESH": "1"}
    default = {MODEL_VARIABLE: local} if is_default else {}
    return {"BYOK_WIDGETS_FRESH": "1", SHARED_MODELS_VARIABLE: MODELS, "BYOK_WIDGETS_LOCAL_THREADS": "1"} | default


def _filled(name: str, marks: dict[str, str]) -> str:
    text = resources.files(f"{__package__}.texts").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text
