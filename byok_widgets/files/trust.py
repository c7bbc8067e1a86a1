"""Whether another user of this machine could have made or could change a file, as `ssh` asks of its own files.

What is checked, on systems with POSIX permissions (Linux, macOS, WSL):

- The owner is this user or root. Root accepts only what root owns.
- Nobody else may write: neither everybody, nor the group.

**A group may write where it contains nobody but this user.** Debian, Ubuntu and Fedora give each user a private
group of the same name, and then create files with umask 002, which are group-writable. A group is private if it is
the user's primary group, has the user's name, and lists no other member. On macOS the primary group is `staff`,
which all users share, so there a group may never write; the same holds for root. A Linux access control list
cannot be seen in the permissions, so a file that has one never gets this exception.

**Folders above ours are not checked**: a home folder that is group-writable, or `/tmp`, is not refused. Somebody
who may write there can take our folder away or put another one in its place, but that one belongs to somebody
else, and is refused. Access control lists of macOS are not checked.

**Where everybody may write**, such as in `/tmp`, the sticky bit keeps users from taking each other's files away.
A folder without it is no place for a database, which holds what is trusted later: access tokens and paid answers.
What is read with care anyway, such as a flow, may lie there.

On Windows nothing is checked: a new folder in the user's profile can be written only by that user, the system and
administrators.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

HAS_OWNERS = hasattr(os, "geteuid")
_ROOT = 0
_ACL = "system.posix_acl_access"


class UntrustedPathError(PermissionError):
    """Another user of this machine owns the path or could change it. Its text says which, and what to do."""

    def __init__(self, problem: str) -> None:
        super().__init__(errno.EPERM, problem)


def require_trusted(path: Path, found: os.stat_result) -> None:
    """Check that nobody else could have made a file or folder, or could change it.

    Args:
        path: The file or folder, for the message.
        found: What the system says about it: of an open file, so that it cannot be replaced after the check.

    Raises:
        UntrustedPathError: Somebody else owns it or may write to it.
    """
    if not HAS_OWNERS:
        return
    require_trusted_owner(path, found)
    if may_others_write(path, found):
        raise UntrustedPathError(
            f"other users of this machine can change {str(path)!r}; if its contents are yours, run: "
            f"chmod go-w {_quoted(path)}"
        )


def require_trusted_owner(path: Path, found: os.stat_result) -> None:
    """Check that this user or root owns a file, folder or link.

    Raises:
        UntrustedPathError: Somebody else does.
    """
    if HAS_OWNERS and found.st_uid not in (_ROOT, os.geteuid()):
        raise UntrustedPathError(f"{str(path)!r} belongs to another user of this machine")


def require_not_planted(path: Path) -> None:
    """Check that no other user has put a link in our way, or a file in place of the one that is to be written.

    In a folder where everybody may write, such as `/tmp`, another user could let us write into a file of our own,
    or into theirs. Linux refuses that where `fs.protected_symlinks` and `fs.protected_regular` are set.

    Raises:
        UntrustedPathError: The file, or a link on the way to it, belongs neither to this user, nor to root, nor to
            the owner of the folder that it is in.
    """
    if not HAS_OWNERS:
        return
    require_own_links(path)
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    _require_put_by_known_user(path, found)


def require_lasting(path: Path) -> None:
    """Check that not every user of this machine can put another file in the place of one.

    Raises:
        UntrustedPathError: Its folder lets everybody, since it has no sticky bit.
    """
    folder = path.absolute().parent
    if HAS_OWNERS and folder.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
        raise UntrustedPathError(
            f"other users of this machine can replace the files in {str(folder)!r}; choose a folder of your own, "
            f"such as a new one in it, or, if it is yours, run: chmod o-w {_quoted(folder)}"
        )


def require_own_links(path: Path) -> None:
    """Check that no other user has put a link on the way to a file; see `require_not_planted`.

    Raises:
        UntrustedPathError: Another user has.
    """
    if not HAS_OWNERS:
        return
    whole = path.absolute()
    for each in (whole, *whole.parents):
        if each.is_symlink():
            _require_put_by_known_user(each, each.lstat())


def _require_put_by_known_user(path: Path, found: os.stat_result) -> None:
    if found.st_uid in (_ROOT, os.geteuid()) or found.st_uid == path.absolute().parent.stat().st_uid:
        return
    raise UntrustedPathError(f"another user of this machine has put {str(path)!r} there")


def may_others_write(path: Path, found: os.stat_result) -> bool:
    """Whether anybody but the owner may write to a file or folder; a group that is this user alone may."""
    if not HAS_OWNERS:
        return False
    if found.st_mode & stat.S_IWOTH:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and not (_is_private_group(found.st_gid) and not _has_acl(path))


def _is_private_group(group_id: int) -> bool:
    if sys.platform == "win32":
        return False
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(group_id)
    except KeyError:  # a container may run as a user without a name
        return False
    is_own = user.pw_uid != _ROOT and user.pw_gid == group_id and group.gr_name == user.pw_name
    return is_own and set(group.gr_mem) <= {user.pw_name}


def _has_acl(path: Path) -> bool:
    if not hasattr(os, "getxattr"):
        return False
    try:
        return bool(os.getxattr(path, _ACL))
    except OSError as error:
        return error.errno not in (errno.ENODATA, errno.ENOTSUP)


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))
