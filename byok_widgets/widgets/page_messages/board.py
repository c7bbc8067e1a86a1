"""The board of a comparison: its state, and what the kernel tells it."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from byok_widgets.widgets.page_messages.chat import RequestPart
from byok_widgets.widgets.page_messages.every_view import AskSavedOutput, Saved, SavedOutput


class BoardState(TypedDict):
    """The traits of `Board`."""

    title: str
    saved_form: str


class BoardFigure(TypedDict):
    """One figure of a variant: in `words`, with its interval or bound `beside` it, and what rows are sorted by."""

    words: str
    beside: str
    value: float | None


class BoardVariant(TypedDict):
    """A row: one variant, its verdict, `baseline` for that, empty while there is none, why, and its figures.

    `short` is its name without what all variants share.
    """

    name: str
    short: str
    verdict: str
    reason: str
    figures: list[BoardFigure]


class BoardProgress(TypedDict):
    """How far it is, in numbers of cells and in words; `left` says what time and money it will still take."""

    done: int
    total: int
    running: bool
    standing: str
    left: str


class BoardStanding(TypedDict):
    """The rows with the columns that say anything, and what a reader has to know about them."""

    columns: list[str]
    variants: list[BoardVariant]
    notes: list[str]


class BoardColumn(TypedDict):
    """A variant as a column of the grid: its name, and that without what all variants share."""

    name: str
    short: str


class BoardCase(TypedDict):
    """A case: its number, its name and the beginning of what is said in it."""

    number: int
    name: str
    said: str


BoardCell = tuple[int, int, int, float | None, int, int]
"""Numbers of case and variant; finished repeats, their mean score, how many failed, how many were declined."""


class BoardPicture(TypedDict):
    """A picture, as SVG, and the same in words."""

    name: str
    title: str
    svg: str
    words: str


class BoardAll(TypedDict):
    """What is compared: all that a view has known before is to be asked for again; `visited` if by visitors."""

    kind: Literal["all"]
    columns: list[BoardColumn]
    repeat: int
    visited: bool
    progress: BoardProgress


class BoardView(TypedDict):
    """Which cases: in the order of the run, by name, or the widest apart first; all, or those that differ."""

    order: Literal["run", "name", "gap"]
    apart: bool
    start: int


class BoardPage(BoardView):
    """Cases with their cells, from the one at `start`; `chosen` of `total` are in this view."""

    kind: Literal["page"]
    cases: list[BoardCase]
    cells: list[BoardCell]
    chosen: int
    total: int


class BoardCells(TypedDict):
    """Cells have ended; those of cases that no page has are not told."""

    kind: Literal["cells"]
    cells: list[BoardCell]
    progress: BoardProgress


class BoardRows(BoardStanding):
    """The rows as they are now; while it runs there are no pictures."""

    kind: Literal["rows"]
    progress: BoardProgress
    pictures: list[BoardPicture]


class BoardUtterance(TypedDict):
    """What was said, and by whom."""

    by: str
    text: str


class BoardCheck(TypedDict):
    """What was expected of a case, and what was found."""

    name: str
    expected: str
    found: str
    holds: bool


class BoardTurn(TypedDict):
    """A turn of a conversation that was played: what the caller said and the flow answered, and by which nodes.

    `apart` says what is to be told of a turn: in a comparison where the baseline goes, at the first turn that
    leaves its way; in a test what went wrong there. It is empty for all others.
    """

    said: str
    reply: str
    path: str
    learned: str
    apart: str


class BoardDetail(TypedDict):
    """A cell in one repeat. `status` is empty while it has not ended, `facts` is what it took."""

    kind: Literal["cell"]
    case: int
    variant: int
    repeat: int
    said: list[BoardUtterance]
    status: Literal["", "done", "invalid", "refused", "failed"]
    message: str
    score: str
    answer: str
    reasoning: str
    checks: list[BoardCheck]
    turns: list[BoardTurn]
    request: list[RequestPart]
    facts: str


class BoardRatedValue(TypedDict):
    """A value that was read, of a reply that is rated."""

    name: str
    value: str


class BoardRating(TypedDict):
    """A reply to rate, without the name of what wrote it; `number` counts steps.

    `left` replies of `total` are not rated yet, this one included; without any, `notes` say what the ratings show.
    """

    kind: Literal["rating"]
    by: str
    number: int
    left: int
    total: int
    can_undo: bool
    said: list[BoardUtterance]
    answer: str
    values: list[BoardRatedValue]
    conversation: list[BoardUtterance]
    notes: list[str]
    problem: str


BoardMessage = BoardAll | BoardPage | BoardCells | BoardRows | BoardDetail | BoardRating | Saved | SavedOutput


class BoardHello(TypedDict):
    """A view has appeared and wants to know everything."""

    kind: Literal["hello"]


class BoardAsk(BoardView):
    """Ask for `count` cases of a view, or as many as a page has."""

    kind: Literal["page"]
    count: int


class BoardStop(TypedDict):
    """Stop; what is finished stays."""

    kind: Literal["stop"]


class BoardOpen(TypedDict):
    """Ask for a cell, by the numbers of its case and its variant; repeats count from 1."""

    kind: Literal["cell"]
    case: int
    variant: int
    repeat: int


class BoardRate(TypedDict):
    """Rate: begin as `by`, give the reply of step `number` a `mark`, skip it, or undo the step before."""

    kind: Literal["rate"]
    act: Literal["begin", "mark", "skip", "undo"]
    by: str
    number: int
    mark: int


BoardRequest = BoardHello | BoardAsk | BoardStop | BoardOpen | BoardRate | AskSavedOutput
