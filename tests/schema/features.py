"""Every feature that a schema may have: a pydantic class, and the JSON form of one of its objects.

`FEATURES` can be extracted; for `REFUSED`, the error says why not.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AnyUrl, BaseModel, ConfigDict, Field, RootModel, SecretStr, computed_field

T = TypeVar("T")


@dataclass(frozen=True)
class Feature:
    """A class and an object of it.

    Attributes:
        value: The object as JSON, in the class's own shape and with its aliases.
    """

    name: str
    model: type[BaseModel]
    value: Mapping[str, Any]

    def __str__(self) -> str:
        return self.name


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Mixed(enum.Enum):
    A = "a"
    ONE = 1


class Optional(BaseModel):
    a: int | None = None
    b: str


class Default(BaseModel):
    a: int = 5


class EnumDefault(BaseModel):
    colour: Colour = Colour.RED


class Bounds(BaseModel):
    people: Annotated[int, Field(ge=1, le=20)]
    dozens: Annotated[int, Field(multiple_of=12)]
    ratio: Annotated[float, Field(gt=0, lt=1)]


class Lengths(BaseModel):
    word: Annotated[str, Field(min_length=2, max_length=5)]
    few: Annotated[list[int], Field(min_length=1, max_length=3)]


class Pattern(BaseModel):
    code: Annotated[str, Field(pattern="^[A-Z]{2}[0-9]+$")]


class Times(BaseModel):
    day: datetime.date
    moment: datetime.datetime
    hour: datetime.time
    length: datetime.timedelta


class Known(BaseModel):
    identity: uuid.UUID
    mail: Annotated[str, Field(json_schema_extra={"format": "email"})]


class Unknown(BaseModel):
    page: AnyUrl
    raw: bytes
    secret: SecretStr


class CountMap(BaseModel):
    counts: dict[str, int]


class AnyMap(BaseModel):
    facts: dict[str, Any]


class KeyedMap(BaseModel):
    by_number: dict[int, str]
    sides: dict[Literal["left", "right"], int]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class AnyValue(BaseModel):
    some: Any


class ObjectValue(BaseModel):
    thing: object


class Pair(BaseModel):
    pair: tuple[int, str]


class Sets(BaseModel):
    names: set[str]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Discriminated(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class PlainUnion(BaseModel):
    value: int | list[str]


class ListRoot(RootModel[list[int]]):
    pass


class UnionRoot(RootModel[int | str]):
    pass


class InnerRoots(BaseModel):
    numbers: ListRoot
    either: UnionRoot


class Address(BaseModel):
    """Where somebody lives."""

    street: str
    city: str = "Rome"
    floor: int | None = None


class Described(BaseModel):
    home: Annotated[Address, Field(description="where the caller lives")]
    work: Address | None = None


class Tree(BaseModel):
    label: str
    children: list[Tree] = []


class Forest(BaseModel):
    tree: Tree


class MixedEnum(BaseModel):
    mixed: Mixed


class Literals(BaseModel):
    value: Literal["a", 1, None, True]  # noqa: PYI061 - the order is the point


class Alias(BaseModel):
    name: str = Field(alias="fullName")


class Computed(BaseModel):
    a: int

    @computed_field
    @property
    def double(self) -> int:
        return 2 * self.a


class Money(BaseModel):
    amount: decimal.Decimal


class Page(BaseModel, Generic[T]):
    items: list[T]


class Empty(BaseModel):
    pass


class HoldsEmpty(BaseModel):
    nothing: Empty
    a: int


_LEAF = {"label": "leaf", "children": []}
FEATURES = (
    Feature("optional", Optional, {"a": 3, "b": "x"}),
    Feature("default", Default, {"a": 7}),
    Feature("enum default", EnumDefault, {"colour": "blue"}),
    Feature("bounds", Bounds, {"people": 4, "dozens": 24, "ratio": 0.5}),
    Feature("lengths", Lengths, {"word": "abc", "few": [1, 2]}),
    Feature("pattern", Pattern, {"code": "AB12"}),
    Feature(
        "dates and times",
        Times,
        {"day": "2026-12-01", "moment": "2026-12-01T10:30:00", "hour": "14:00:00", "length": "PT36S"},
    ),
    Feature("known formats", Known, {"identity": str(uuid.UUID(int=7)), "mail": "ana@example.com"}),
    Feature("unknown formats", Unknown, {"page": "https://example.com/", "raw": "abc", "secret": "hush"}),
    Feature("map", CountMap, {"counts": {"eggs": 2, "milk": 0}}),
    Feature("map of anything", AnyMap, {"facts": {"name": "Ana", "age": 36, "sure": False, "car": None}}),
    Feature("map with fixed keys", KeyedMap, {"by_number": {"1": "one"}, "sides": {"left": 1}}),
    Feature("extra allowed", Open, {"name": "Ana"}),
    Feature("any", AnyValue, {"some": 1.5}),
    Feature("object", ObjectValue, {"thing": "text"}),
    Feature("tuple", Pair, {"pair": [3, "x"]}),
    Feature("set", Sets, {"names": ["Ana", "Bob"]}),
    Feature("discriminated union", Discriminated, {"pet": {"kind": "dog", "tricks": ["sit"]}}),
    Feature("plain union", PlainUnion, {"value": ["x", "y"]}),
    Feature("root classes inside", InnerRoots, {"numbers": [1, 2], "either": "x"}),
    Feature("nested with description", Described, {"home": {"street": "Via 1", "city": "Bari", "floor": 2}}),
    Feature("recursive root", Tree, {"label": "root", "children": [_LEAF, {"label": "b", "children": [_LEAF]}]}),
    Feature("recursive inside", Forest, {"tree": {"label": "root", "children": [_LEAF]}}),
    Feature("mixed enum", MixedEnum, {"mixed": 1}),
    Feature("mixed literals", Literals, {"value": True}),
    Feature("alias", Alias, {"fullName": "Ana"}),
    Feature("computed field", Computed, {"a": 3}),
    Feature("decimal", Money, {"amount": "12.30"}),
    Feature("generic", Page[Alias], {"items": [{"fullName": "Ana"}]}),
    Feature("empty class inside", HoldsEmpty, {"nothing": {}, "a": 1}),
)
REFUSED = (
    Feature("root class of a list", ListRoot, {}),
    Feature("root class of a union", UnionRoot, {}),
    Feature("empty", Empty, {}),
)
