"""Classes as people write them, with objects that they take and objects that they reject."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import ipaddress
import json
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    HttpUrl,
    PlainValidator,
    RootModel,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    computed_field,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from tests.schema.features import Times

T = TypeVar("T")
Json = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Shape:
    """A class with objects as JSON, in the class's own form.

    Attributes:
        valid: Objects that it takes.
        invalid: Objects that it rejects.
    """

    kind: type
    valid: Sequence[Json]
    invalid: Sequence[Json]

    def __str__(self) -> str:
        return self.kind.__name__


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Before(BaseModel):
    name: str
    price: float

    @field_validator("price", mode="before")
    @classmethod
    def _euros(cls, price: Any) -> Any:
        return str(price).strip(" €").replace(",", ".")


class BeforeDate(BaseModel):
    day: datetime.date

    @field_validator("day", mode="before")
    @classmethod
    def _new_year(cls, day: Any) -> Any:
        return "2027-01-01" if day == "new year" else day


class BeforeEnum(BaseModel):
    colour: Colour
    sizes: set[int]

    @field_validator("colour", mode="before")
    @classmethod
    def _scarlet(cls, colour: Any) -> Any:
        return "red" if colour == "scarlet" else colour

    @field_validator("sizes", mode="before")
    @classmethod
    def _split(cls, sizes: Any) -> Any:
        return sizes.split("/") if isinstance(sizes, str) else sizes


class After(BaseModel):
    name: str
    nights: int

    @field_validator("name")
    @classmethod
    def _tidy(cls, name: str) -> str:
        if name == "nobody":
            raise ValueError("nobody stays here")
        return name.title()


class Wrapped(BaseModel):
    count: int

    @field_validator("count", mode="wrap")
    @classmethod
    def _none(cls, count: Any, handler: ValidatorFunctionWrapHandler) -> int:
        return 0 if count == "none at all" else handler(count)


class Plain(BaseModel):
    code: Annotated[int, PlainValidator(lambda code: int(str(code), 16), json_schema_input_type=str)]


class OtherField(BaseModel):
    first: int
    last: int

    @field_validator("last")
    @classmethod
    def _later(cls, last: int, info: ValidationInfo) -> int:
        if last < info.data["first"]:
            raise ValueError("last comes before first")
        return last


class RuleOfTheWhole(BaseModel):
    guests: int
    rooms: int

    @model_validator(mode="after")
    def _enough(self) -> RuleOfTheWhole:
        if self.guests > 2 * self.rooms:
            raise ValueError("too many guests")
        return self


class WholeBefore(BaseModel):
    guests: int
    day: datetime.date

    @model_validator(mode="before")
    @classmethod
    def _words(cls, given: Any) -> Any:
        return {**given, "guests": 2} if given.get("guests") == "a couple" else given


class NestedBefore(BaseModel):
    visit: BeforeDate
    more: list[BeforeDate] = []


class Stripped(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True, str_to_lower=True, str_max_length=3)
    code: str


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    full_name: str
    home_town: str | None = None


class Choices(BaseModel):
    age: int = Field(validation_alias=AliasChoices("years", "age"))
    first: str = Field(validation_alias=AliasPath("names", 0))


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    count: int


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    count: int
    day: datetime.date


class OptionalWithout(BaseModel):
    name: str
    floor: int | None


class Defaults(BaseModel):
    count: int = 3
    names: list[str] = Field(default_factory=list)


class Bounds(BaseModel):
    people: int = Field(ge=1, le=20)
    ratio: Annotated[float, Field(gt=0, lt=1)]


class Texts(BaseModel):
    word: Annotated[str, StringConstraints(min_length=2, max_length=5)]
    code: Annotated[str, Field(pattern="^[A-Z]{2}[0-9]+$")]


class Known(BaseModel):
    identity: uuid.UUID
    page: HttpUrl
    host: ipaddress.IPv4Address


class Money(BaseModel):
    amount: Annotated[decimal.Decimal, Field(max_digits=6, decimal_places=2)]


class Literals(BaseModel):
    size: Literal["S", "M", "L"]
    level: Literal[1, 2]


class Coloured(BaseModel):
    colour: Colour


class Counts(BaseModel):
    counts: dict[str, int]


class KeyedMap(BaseModel):
    sides: dict[Literal["left", "right"], int]


class Pair(BaseModel):
    pair: tuple[int, str]


class Sets(BaseModel):
    names: set[str]


class Address(BaseModel):
    street: str
    floor: int | None = None


class Home(BaseModel):
    home: Address
    work: Address | None = None


class People(BaseModel):
    people: Annotated[list[Address], Field(min_length=1, max_length=2)]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Discriminated(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class ByFunction(BaseModel):
    pet: Annotated[
        Annotated[Cat, Tag("c")] | Annotated[Dog, Tag("d")],
        Discriminator(lambda pet: (pet["kind"] if isinstance(pet, dict) else pet.kind)[0]),
    ]


class PlainUnion(BaseModel):
    value: int | list[str]


class Tree(BaseModel):
    label: str
    children: list[Tree] = []


class Numbers(RootModel[list[int]]):
    pass


class InnerRoot(BaseModel):
    numbers: Numbers


class RootOfModel(RootModel[Address]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]


class Computed(BaseModel):
    side: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def area(self) -> int:
        return self.side**2


class PostInit(BaseModel):
    name: str

    def model_post_init(self, context: Any) -> None:
        del context


class Parent(BaseModel):
    name: str


class Child(Parent):
    age: Annotated[int, AfterValidator(abs)]


class Annotations(BaseModel):
    day: Annotated[str, BeforeValidator(lambda day: day[:3]), Field(max_length=3)]
    size: Annotated[int, WrapValidator(lambda size, handler: -1 if size == "any" else handler(size))]


@dataclasses.dataclass
class Standard:
    count: int
    name: str = "Ana"


@pydantic_dataclass
class Pydantic:
    count: Annotated[int, Field(ge=1)]
    made: str = dataclasses.field(init=False, default="here")


class Typed(TypedDict):
    count: int
    name: NotRequired[str]


Made = create_model("Made", __module__=__name__, count=(int, ...), name=(str, "Ana"))
_TIMES = {"day": "2026-12-01", "moment": "2026-12-01T10:30:00", "hour": "14:00:00", "length": "PT36S"}
_ID = str(uuid.UUID(int=7))
_KNOWN = {"identity": _ID, "page": "https://example.com/", "host": "127.0.0.1"}
SHAPES = (
    Shape(
        Before,
        [{"name": "Ana", "price": "12,50 €"}, {"name": "Ana", "price": 3}],
        [{"name": "Ana", "price": "dear"}],
    ),
    Shape(BeforeDate, [{"day": "new year"}, {"day": "2026-12-01"}], [{"day": "some day"}]),
    Shape(
        BeforeEnum,
        [{"colour": "scarlet", "sizes": "1/2"}, {"colour": "blue", "sizes": [3]}],
        [{"colour": "green", "sizes": [1]}, {"colour": "red", "sizes": "x/y"}],
    ),
    Shape(After, [{"name": "ana", "nights": 2}], [{"name": "nobody", "nights": 2}]),
    Shape(Wrapped, [{"count": "none at all"}, {"count": 3}], [{"count": "few"}]),
    Shape(Plain, [{"code": "ff"}], [{"code": "xyz"}]),
    Shape(OtherField, [{"first": 1, "last": 2}], [{"first": 3, "last": 2}]),
    Shape(RuleOfTheWhole, [{"guests": 2, "rooms": 1}], [{"guests": 3, "rooms": 1}]),
    Shape(
        WholeBefore,
        [{"guests": "a couple", "day": "2026-12-01"}, {"guests": 3, "day": "2026-12-01"}],
        [{"guests": "some", "day": "2026-12-01"}],
    ),
    Shape(
        NestedBefore,
        [{"visit": {"day": "new year"}, "more": [{"day": "new year"}]}],
        [{"visit": {"day": "some day"}}, {"visit": {"day": "new year"}, "more": [{"day": 3}]}],
    ),
    Shape(Stripped, [{"code": " ABC "}], [{"code": "abcd"}]),
    Shape(Camel, [{"fullName": "Ana", "homeTown": "Rome"}, {"full_name": "Ana"}], [{"fullName": ["Ana"]}]),
    Shape(Forbidding, [{"count": 3}], [{"count": "few"}]),
    Shape(Strict, [{"count": 3, "day": "2026-12-01"}], [{"count": True, "day": "2026-12-01"}]),
    Shape(
        OptionalWithout,
        [{"name": "Ana", "floor": None}, {"name": "Ana", "floor": 3}],
        [{"name": "Ana", "floor": "x"}],
    ),
    Shape(Defaults, [{"count": 5}, {"names": ["Ana"]}], [{"count": "few"}, {"names": "Ana"}]),
    Shape(Bounds, [{"people": 4, "ratio": 0.5}], [{"people": 0, "ratio": 0.5}, {"people": 4, "ratio": 1}]),
    Shape(
        Texts, [{"word": "abc", "code": "AB12"}], [{"word": "a", "code": "AB12"}, {"word": "abc", "code": "12"}]
    ),
    Shape(Times, [_TIMES], [{**_TIMES, "day": "tomorrow"}, {**_TIMES, "hour": "later"}]),
    Shape(Known, [_KNOWN], [{**_KNOWN, "identity": "7"}, {**_KNOWN, "page": "here"}, {**_KNOWN, "host": "host"}]),
    Shape(Money, [{"amount": "1234.50"}], [{"amount": "1.234"}, {"amount": "much"}]),
    Shape(Literals, [{"size": "M", "level": 2}], [{"size": "XL", "level": 2}, {"size": "M", "level": 3}]),
    Shape(Coloured, [{"colour": "red"}], [{"colour": "green"}]),
    Shape(Counts, [{"counts": {"eggs": 2}}], [{"counts": {"eggs": "two"}}]),
    Shape(KeyedMap, [{"sides": {"left": 1}}], [{"sides": {"top": 1}}]),
    Shape(Pair, [{"pair": [1, "a"]}], [{"pair": ["a", 1]}, {"pair": [1]}]),
    Shape(Sets, [{"names": ["Ana", "Bob"]}], [{"names": [["Ana"]]}]),
    Shape(Home, [{"home": {"street": "Via 1", "floor": 2}}], [{"home": {"floor": 2}}, {"home": "Via 1"}]),
    Shape(
        People, [{"people": [{"street": "a"}]}], [{"people": [{"street": "a"}] * 3}, {"people": [{"floor": 1}]}]
    ),
    Shape(
        Discriminated,
        [{"pet": {"kind": "cat", "lives": 9}}, {"pet": {"kind": "dog", "tricks": ["sit"]}}],
        [{"pet": {"kind": "cow", "lives": 9}}, {"pet": {"kind": "dog", "lives": 9}}],
    ),
    Shape(ByFunction, [{"pet": {"kind": "cat", "lives": 9}}], [{"pet": {"kind": "dog", "lives": 9}}]),
    Shape(PlainUnion, [{"value": 3}, {"value": ["x", "y"]}], [{"value": "x"}]),
    Shape(
        Tree,
        [{"label": "a", "children": [{"label": "b", "children": []}]}],
        [{"label": "a", "children": [{"label": ["b"]}]}],
    ),
    Shape(InnerRoot, [{"numbers": [1, 2]}], [{"numbers": ["one"]}]),
    Shape(RootOfModel, [{"street": "Via 1"}], [{"street": ["Via 1"]}]),
    Shape(Page[Address], [{"items": [{"street": "Via 1"}]}], [{"items": [{"floor": 1}]}]),
    Shape(Computed, [{"side": 3}], [{"side": "long"}]),
    Shape(PostInit, [{"name": "Ana"}], [{"name": ["Ana"]}]),
    Shape(Child, [{"name": "Ana", "age": -3}], [{"name": "Ana", "age": "old"}]),
    Shape(
        Annotations,
        [{"day": "Tuesday", "size": "any"}, {"day": "Tue", "size": 3}],
        [{"day": "Tue", "size": "big"}],
    ),
    Shape(Made, [{"count": 3}], [{"count": "few"}]),
    Shape(Standard, [{"count": 3}, {"count": 3, "name": "Bob"}], [{"count": "few"}]),
    Shape(Pydantic, [{"count": 3}], [{"count": 0}]),
    Shape(Typed, [{"count": 3}, {"count": 3, "name": "Bob"}], [{"count": "few"}]),
)


def taken(kind: Any, value: Json) -> Any:
    """Return the object that pydantic alone makes of a value."""
    return TypeAdapter(kind).validate_json(json.dumps(value))
