"""Where settings and caches are stored: the folder that the environment names, as a shell would read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from byok_widgets.files import cache_dir, config_dir

FOLDERS = {"BYOK_WIDGETS_CONFIG_DIR": config_dir, "BYOK_WIDGETS_CACHE_DIR": cache_dir}
OF_THE_SYSTEM = {config_dir: platformdirs.user_config_path, cache_dir: platformdirs.user_cache_path}
each_folder = pytest.mark.parametrize(("variable", "folder"), FOLDERS.items(), ids=FOLDERS)

Folder = Callable[[], Path]


@each_folder
def test_a_folder_in_the_home_may_be_written_with_a_tilde(
    variable: str, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(variable, "~/byok")
    assert folder() == tmp_path / "byok"


@each_folder
def test_a_relative_folder_is_relative_to_the_working_directory(
    variable: str, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "byok")
    assert folder() == tmp_path / "byok"


@each_folder
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_variable_means_the_systems_default_folder(
    variable: str, folder: Folder, blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, blank)
    assert folder() == OF_THE_SYSTEM[folder]("byok_widgets", appauthor=False)
