"""Kernels in which the settings cannot open: one that speaks another language, one without the package."""

from __future__ import annotations

import site
import sys
from pathlib import Path

from tests.browser.lab import Lab

_SPEAKS_R = """
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class SpeaksR(Kernel):
    implementation, implementation_version, banner = "speaks-r", "1", "R"
    language_info = {"name": "R", "mimetype": "text/x-r", "file_extension": ".r"}

    async def do_execute(self, code, silent, **more):
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}

IPKernelApp.launch_instance(kernel_class=SpeaksR)
"""
_WITHOUT = """
import sys
sys.path.append({packages!r})
from ipykernel.kernelapp import IPKernelApp
IPKernelApp.launch_instance()
"""


def add_other_kernels(lab: Lab) -> None:
    """Add them, as `speaks-r` and `without-package`, to a server that has not started."""
    lab.add_kernel("speaks-r", [sys.executable, "-c", _SPEAKS_R], "R")
    packages = _packages_but_ours(lab.base / "packages")
    isolated = [sys.executable, "-I", "-S", "-c", _WITHOUT.format(packages=str(packages))]
    lab.add_kernel("without-package", isolated, "python")


def _packages_but_ours(folder: Path) -> Path:
    """Make an environment with all that is installed here, except this package."""
    folder.mkdir()
    for packages in reversed(site.getsitepackages()):
        for path in Path(packages).glob("*"):
            link = folder / path.name
            if "byok_widgets" not in path.name and path.suffix != ".pth" and not link.exists():
                link.symlink_to(path)
    return folder
