"""A running flow: sessions, turns, variables, and why the flow moved.

Layer 3: knows the graph and what is below; knows nothing of `Flow` or of widgets.
"""

from byok_widgets.session.session import Session
from byok_widgets.session.steps import EdgeVerdict, Judgement, Visit
from byok_widgets.session.timeline import Timeline
from byok_widgets.session.trace import Trace
from byok_widgets.session.turn import Turn
from byok_widgets.session.variables import VariableEntry, Variables

__all__ = [
    "EdgeVerdict",
    "Judgement",
    "Session",
    "Timeline",
    "Trace",
    "Turn",
    "VariableEntry",
    "Variables",
    "Visit",
]
