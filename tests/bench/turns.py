"""What the engine takes for a turn beside the model, at 10, 100 and 1,000 turns of history.

Raw is the SDK sending the very same dialogue. The ratio must not grow with the history: then a turn costs no more
than what is sent.
"""

from __future__ import annotations

from byok_widgets import Flow, Message, Reply, Session
from byok_widgets.session import Turn, Visit
from tests.bench.rows import Row, interleaved

SAID, ANSWER = "And then what happened, please?", "word " * 12


def turn_rows(base_url: str) -> list[Row]:
    """Compare turns with the raw SDK."""
    import openai

    client = openai.OpenAI(api_key="none", base_url=base_url)
    flow = Flow("bench turns")
    flow.set_base_url("compatible", base_url)
    flow.model = "compatible:text-10"
    flow.conversation("chat", "Be brief.")
    flow.conversation("other", "Be brief.")
    flow.connect("chat", "other", if_="city == 'Rome'")
    rows = []
    for count in (10, 100, 1000):
        session = _session(flow, count)
        messages = [{"role": "system", "content": "Be brief."}]
        messages += [{"role": message.role, "content": message.content} for message in session.transcript]
        messages.append({"role": "user", "content": SAID})

        def raw(messages: list[dict[str, str]] = messages) -> object:
            chunks = client.chat.completions.create(
                model="text-10", messages=messages, stream=True, stream_options={"include_usage": True}
            )
            return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)

        def ours(session: Session = session) -> object:
            return session.fork().say(SAID, show=False)

        rows.append(interleaved(f"one turn after {count:,}, CPU", raw, ours, 10, 1.5, 1.0))
    return rows


def _session(flow: Flow, count: int) -> Session:
    session = flow.start(variables={"city": "Oslo"})
    turns = []
    for number in range(1, count + 1):
        reply = Reply(ANSWER, "stop", "chat", model="compatible:text-10")
        turns.append(Turn(number, SAID, (Visit("chat", reply),), "chat"))
    session.restore(turns=turns, unfinished=(), entries=session.variables.entries)
    assert session.transcript[-1] == Message("assistant", ANSWER)
    return session
