"""Logs: one line of JSON for each turn, without what was said."""

from __future__ import annotations

import json
import logging

from byok_widgets.display.sanitize import sanitize
from byok_widgets.secrets import redact
from byok_widgets.serve.monitoring.report import TurnReport
from byok_widgets.usage import CostTotal

LOG = logging.getLogger("byok_widgets.serve")
_JSON = json.JSONEncoder(ensure_ascii=False)  # to make one takes longer than to use it


def log_turn(report: TurnReport) -> None:
    """Log a turn."""
    level = logging.WARNING if report.fallback or report.paid_again else logging.INFO
    if not LOG.isEnabledFor(level):
        return
    cost = sum([turn.cost for turn in report.turns], CostTotal())
    fields = {
        "event": "turn",
        "flow": report.flow,
        "version": report.version[:12],
        "session": report.session[:12],
        "turn": report.key[:12],
        "node": report.node,
        "path": [node for turn in report.turns for node in turn.path],
        "seconds": round(report.seconds, 4),
        "first_token_s": None if report.first_token_s is None else round(report.first_token_s, 4),
        "calls": cost.calls,
        "usd": float(cost.usd),
        "unpriced_calls": cost.unpriced,
        "reused_steps": report.reused,
        "calls_paid_again": report.paid_again,
        "fallback": report.fallback,
        "failed": report.failed,
    }
    LOG.log(level, "%s", sanitize(redact(_JSON.encode(fields))))
