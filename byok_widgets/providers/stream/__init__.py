"""Reading what providers send: event streams and whole bodies, tolerant of real servers and bounded in size.

`EventSplitter` turns bytes into events, `parse_json` turns their data into values, and `AnswerReader` decides from
the first bytes whether a body is a stream. Nothing here waits or knows a protocol: bytes go in, values come out.
"""

from byok_widgets.providers.stream.answer_reader import AnswerReader, ReadEvent, json_lines
from byok_widgets.providers.stream.bounds import TooLargeError
from byok_widgets.providers.stream.charsets import whole_as_utf8
from byok_widgets.providers.stream.event_splitter import BOM, Event, EventSplitter
from byok_widgets.providers.stream.json_values import parse_json
from byok_widgets.providers.stream.response_body import ResponseBody, head_of, read_whole
from byok_widgets.providers.stream.surrogates import SurrogateJoiner
from byok_widgets.surrogates import without_surrogates

__all__ = [
    "BOM",
    "AnswerReader",
    "Event",
    "EventSplitter",
    "ReadEvent",
    "ResponseBody",
    "SurrogateJoiner",
    "TooLargeError",
    "head_of",
    "json_lines",
    "parse_json",
    "read_whole",
    "whole_as_utf8",
    "without_surrogates",
]
