"""Other users of this machine, for tests that run as root; where they do not, such a test is skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


def user_with_private_group() -> tuple[int, int]:
    """Return user and group id of somebody whose primary group has the same name and no other member."""
    import grp
    import pwd

    for user in pwd.getpwall():
        group = next((each for each in grp.getgrall() if each.gr_gid == user.pw_gid), None)
        if user.pw_uid and group is not None and group.gr_name == user.pw_name and not group.gr_mem:
            return user.pw_uid, user.pw_gid
    pytest.skip("nobody here has a private group")


@contextmanager
def running_as(user: int, group: int) -> Iterator[None]:
    """Become another user, for files at least."""
    require_root()
    os.setegid(group)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def give_away(path: Path, user: int = 65534) -> None:
    """Let a file or folder, or a link itself, belong to somebody else."""
    require_root()
    os.chown(path, user, -1, follow_symlinks=False)


def require_root() -> None:
    if os.geteuid():
        pytest.skip("only root can make files of another user")
