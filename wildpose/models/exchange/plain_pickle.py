"""Read a pickle as data: numbers, text, lists, dictionaries and what a caller admits by name.

Python's own unpickler imports and calls whatever a file names. This one calls nothing of a file:
it walks the instructions, as the standard library's :mod:`pickletools` decodes them, and knows
only those that plain data need. A name in the file is looked up in a table of builders of ours;
any other name and any other instruction ends the reading.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol

from wildpose.errors import ModelError

MOST_STEPS = 500_000
"""Instructions in a file at most; a checkpoint with its optimizer has some ten thousand."""
LARGEST_KEY = 2**31
NEWEST_PROTOCOL = 5
DAMAGED = "Fetch or copy the file again."
DANGEROUS = "Nothing in it was run. Take the file from where it was published."


class UnfitError(Exception):
    """Raised by builders: what they were given is not what they build from."""


class RefusedError(UnfitError):
    """The file asks for something that weights never need."""


@dataclass(frozen=True)
class Name:
    """A function or class that a file names. It stands for itself and is never imported."""

    module: str
    attribute: str

    @property
    def dotted(self) -> str:
        """Module and attribute, joined; ``numpy._core`` under its older name ``numpy.core``."""
        module = self.module
        if module.split(".")[:2] == ["numpy", "_core"]:
            module = module.replace("numpy._core", "numpy.core", 1)
        return f"{module}.{self.attribute}"


class Cell(Protocol):
    """Something whose state follows after it was made, as numpy's arrays and dtypes."""

    def set_state(self, state: Any) -> None:
        """Take the state.

        Raises
        ------
        UnfitError
            It is not a state of this kind.
        """


Builder = Callable[[tuple[Any, ...]], Any]
Persistent = Callable[[Any], Any]


@dataclass(frozen=True)
class Admitted:
    """What a file may name beside plain data.

    Attributes
    ----------
    builders : mapping of str to callable
        By dotted name: takes the arguments as a tuple and gives what stands for the call's result.
    names : frozenset of str
        Names that may only stand as arguments, such as an array's class.
    cells : tuple of type
        Results of builders that may be given a state.
    persistent : callable, optional
        What an outside object, referred to by the given id, becomes.
    """

    builders: Mapping[str, Builder]
    names: frozenset[str] = frozenset()
    cells: tuple[type, ...] = ()
    persistent: Persistent | None = None


def read_plain(data: IO[bytes] | bytes, source: str, admitted: Admitted) -> Any:
    """The object that a pickle stands for.

    Parameters
    ----------
    data : bytes or binary file
        A file must not allocate more than it holds when asked for more: memory maps and
        ``BytesIO`` do not.
    source : str
        The file, for messages.
    admitted : Admitted

    Raises
    ------
    ModelError
        The file is damaged, or asks for something that is not admitted.
    """
    try:
        return _Machine(admitted).run(data)
    except RefusedError as error:
        raise ModelError(f"{source}: refused: {error}.", DANGEROUS) from error
    except UnfitError as error:
        raise ModelError(f"{source}: {error}.", DAMAGED) from error
    except (ValueError, IndexError, OverflowError) as error:
        said = " ".join(str(error).split())[:120]
        raise ModelError(f"{source}: cut short or damaged ({said}).", DAMAGED) from error


class _Machine:
    """The stack, the marks and the memo of one pickle."""

    def __init__(self, admitted: Admitted) -> None:
        self.admitted = admitted
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: IO[bytes] | bytes) -> Any:
        for step, (instruction, argument, _) in enumerate(pickletools.genops(data)):
            if step >= MOST_STEPS:
                raise RefusedError(f"it has more than {MOST_STEPS} instructions")
            if instruction.name == "STOP":
                break
            action = _ACTIONS.get(instruction.name)
            if action is None:
                raise RefusedError(f"it uses the pickle instruction {instruction.name}, "
                                   "which weights never need")
            action(self, argument)
        (result,) = self.stack
        return result

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self, _: Any) -> None:
        self.below.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def protocol(self, number: int) -> None:
        if number > NEWEST_PROTOCOL:
            raise UnfitError(f"it is written in pickle protocol {number}, known are 0 to "
                             f"{NEWEST_PROTOCOL}")

    def memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise UnfitError("it refers to something that it does not hold")
        self.push(self.memo[index])

    def take(self, kind: type) -> Any:
        """The value on top, which must be of this very kind: a subclass may do anything."""
        if type(self.stack[-1]) is not kind:
            raise UnfitError(f"it holds something else where a {kind.__name__} belongs")
        return self.stack[-1]

    def tuple_of(self, count: int) -> None:
        items = self.stack[-count:]
        if len(items) < count:
            raise UnfitError("it is cut short or damaged")
        del self.stack[-count:]
        self.push(tuple(items))

    def extend(self, items: list[Any]) -> None:
        self.take(list).extend(items)

    def fill(self, items: list[Any]) -> None:
        if len(items) % 2:
            raise UnfitError("it has a key without a value")
        target = self.take(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_checked_key(key)] = value

    def new_dict(self, _: Any) -> None:
        items = self.pop_mark()
        self.push({})
        self.fill(items)

    def pop(self) -> Any:
        return self.stack.pop()

    def set_one(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self.fill([key, value])

    def append_one(self, _: Any) -> None:
        value = self.pop()
        self.extend([value])

    def named(self, module: Any, attribute: Any) -> None:
        if not (isinstance(module, str) and isinstance(attribute, str)):
            raise UnfitError("it is damaged where it names something")
        name = Name(module, attribute)
        if name.dotted not in self.admitted.builders and name.dotted not in self.admitted.names:
            raise RefusedError(f"it asks for {shown(name.dotted)}, which weights never need")
        self.push(name)

    def global_(self, argument: str) -> None:
        module, _, attribute = argument.partition(" ")
        self.named(module, attribute)

    def stack_global(self, _: Any) -> None:
        attribute, module = self.pop(), self.pop()
        self.named(module, attribute)

    def reduce(self, _: Any) -> None:
        arguments = self.take(tuple)
        self.pop()
        name = self.take(Name)
        self.pop()
        builder = self.admitted.builders.get(name.dotted)
        if builder is None:
            raise RefusedError(f"it calls {shown(name.dotted)}, which weights never do")
        self.push(builder(arguments))

    def build(self, _: Any) -> None:
        state = self.pop()
        target = self.stack[-1]
        if type(target) in self.admitted.cells:
            target.set_state(state)
        elif not (type(target) is dict and type(state) is dict):
            # The attributes of an OrderedDict (torch's `_metadata`) are passed over; nothing
            # else that is plain has a state.
            raise RefusedError("it sets the inner state of something that has none")

    def persistent(self, _: Any) -> None:
        if self.admitted.persistent is None:
            raise RefusedError("it refers to objects outside of the file")
        self.push(self.admitted.persistent(self.pop()))


def _checked_key(key: Any) -> str | int:
    """Text and small whole numbers: other keys can be made to collide or to nest without end."""
    if type(key) is str or (type(key) is int and abs(key) < LARGEST_KEY):
        return key
    raise UnfitError("it has a dictionary with keys that are no names")


def shown(text: str) -> str:
    """Text of a file as it may stand in a terminal: ASCII, cut short."""
    return text.encode("ascii", "backslashreplace").decode()[:80] if text.isprintable() else \
        ascii(text)[:80]


_PUSHED = (
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
    "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
)
"""Instructions that put a value on the stack."""
_Action = Callable[[_Machine, Any], None]
_ACTIONS: dict[str, _Action] = {
    **dict.fromkeys(_PUSHED, _Machine.push),
    "PROTO": _Machine.protocol,
    "FRAME": lambda machine, size: None,
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "MARK": _Machine.mark,
    "LIST": lambda machine, _: machine.push(machine.pop_mark()),
    "DICT": _Machine.new_dict,
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_mark())),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "APPEND": _Machine.append_one,
    "APPENDS": lambda machine, _: machine.extend(machine.pop_mark()),
    "SETITEM": _Machine.set_one,
    "SETITEMS": lambda machine, _: machine.fill(machine.pop_mark()),
    "MEMOIZE": _Machine.memoize,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "GLOBAL": _Machine.global_,
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
}
