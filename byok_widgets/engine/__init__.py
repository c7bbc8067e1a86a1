"""The background event loop on which all provider calls run, and the sync entry point to it."""

from byok_widgets.engine.account import Account
from byok_widgets.engine.channel import TextFeed
from byok_widgets.engine.current import ENGINE
from byok_widgets.engine.daemon_executor import DaemonExecutor
from byok_widgets.engine.deadlines import Deadline, clock, with_deadline
from byok_widgets.engine.governor import Governor
from byok_widgets.engine.home_thread import HOME_THREAD
from byok_widgets.engine.loop import Engine
from byok_widgets.engine.quota import Allowance, QuotaReading
from byok_widgets.engine.retries import RetriedCall
from byok_widgets.engine.threads import HAS_THREADS
from byok_widgets.engine.throttle import Slot

__all__ = [
    "ENGINE",
    "HAS_THREADS",
    "HOME_THREAD",
    "Account",
    "Allowance",
    "DaemonExecutor",
    "Deadline",
    "Engine",
    "Governor",
    "QuotaReading",
    "RetriedCall",
    "Slot",
    "TextFeed",
    "clock",
    "with_deadline",
]
