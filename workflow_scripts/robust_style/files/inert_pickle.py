"""Read a pickle as plain data, without importing, calling or setting an attribute of anything that it names.

Not a `pickle.Unpickler` with a restricted `find_class`: a crafted file still crashes it (MEASURED, Python 3.11.7: a
3 MB file with a deeply nested tuple as a key ends in a segmentation fault, and a 9-byte file with memo index 2^30
allocates 16 GB).
"""

import pickletools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

# Each opcode creates at most some hundred bytes. A network with its optimiser has 50,000, a batch of CIFAR-10 80,000.
_MAX_OPCODES = 2**24
# Creates an object from the arguments of a call.
Builder = Callable[[tuple[object, ...]], object]

# Opcodes whose decoded argument is the value: numbers, texts, bytes.
_CONSTANTS = frozenset(
    {
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
        "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
        "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
    }
)  # fmt: skip
_SINGLETONS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class FormatError(ValueError):
    """The bytes are not a valid pickle, storage or tensor; the message says what was read."""


@dataclass(eq=False, repr=False)
class Placeholder:
    """Stands for an object that only the code named by the file could create: its class or function, and its data."""

    origin: str
    arguments: tuple[object, ...] = ()
    state: object = None


class Global(Placeholder):
    """A class or function named by the pickle (`origin`: `module.name`), not imported."""


def no_persistent_id(identifier: tuple[object, ...]) -> object:
    """Reject persistent ids, which only torch's pickles contain."""
    raise FormatError("a persistent id in an ordinary pickle")


def load_inert(
    stream: BytesIO, builders: Mapping[str, Builder] | None = None, persistent: Builder = no_persistent_id
) -> object:
    """The object of the pickle (protocols 0 to 5) at the position of `stream`, which then is at the end of the pickle.

    Numbers, texts, bytes, lists, tuples and dictionaries are rebuilt; byte strings of Python 2 become latin-1 text. A
    call of a name in `builders` gives the result of the builder; all other calls, classes and sets give Placeholders.
    `persistent` resolves persistent ids. Nothing recurses, whatever the nesting.
    Raises FormatError, or ValueError, LookupError or OverflowError, for a malformed pickle.
    """
    machine = _Machine(builders or {}, persistent)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes in the texts of damaged pickles
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if opcode.name == "STOP":
                return machine.stack.pop()
            if count > _MAX_OPCODES:
                raise FormatError(f"a pickle of more than {_MAX_OPCODES} opcodes")
            machine.step(opcode.name, argument)
    raise FormatError("a pickle without an end")


def plain_key(key: object) -> object:
    """The key itself if it is plain, else a Placeholder: hashing a deeply nested tuple overflows the C stack."""
    return key if isinstance(key, str | int | float | bytes | None) else Placeholder(type(key).__name__)


class _Machine:
    """The stack machine of the pickle format (documented in the standard library's pickletools)."""

    def __init__(self, builders: Mapping[str, Builder], persistent: Builder) -> None:
        self.builders = builders
        self.persistent = persistent
        self.stack: list[object] = []
        self.outer_stacks: list[list[object]] = []
        self.memo: dict[object, object] = {}

    def step(self, opcode: str, argument: object) -> None:
        match opcode:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                self.outer_stacks.append(self.stack)
                self.stack = []
            case "POP_MARK":
                self.pop_to_mark()
            case "POP" if not self.stack:
                self.pop_to_mark()
            case "POP":
                self.stack.pop()
            case "DUP":
                self.stack.append(self.stack[-1])
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = self.stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = self.stack[-1]
            case "APPEND" | "APPENDS" | "ADDITEMS":
                items = [self.stack.pop()] if opcode == "APPEND" else self.pop_to_mark()
                _extend(self.stack[-1], items)
            case "SETITEM" | "SETITEMS":
                items = self.pop(2) if opcode == "SETITEM" else self.pop_to_mark()
                _update(self.stack[-1], items)
            case "BUILD":
                state = self.stack.pop()
                target = self.stack[-1]
                if isinstance(target, Placeholder) and not isinstance(target, Global):
                    target.state = state
            case _:
                value = self.value(opcode, argument)  # can replace the current stack
                self.stack.append(value)

    def pop(self, count: int) -> list[object]:
        return [self.stack.pop() for _ in range(count)][::-1]

    def pop_to_mark(self) -> list[object]:
        items, self.stack = self.stack, self.outer_stacks.pop()
        return items

    def value(self, opcode: str, argument: object) -> object:
        """The value that an opcode pushes."""
        if opcode in _CONSTANTS:
            return argument
        if opcode in _SINGLETONS:
            return _SINGLETONS[opcode]
        match opcode:
            case "GET" | "BINGET" | "LONG_BINGET":
                return self.memo[argument]
            case "BYTEARRAY8" if isinstance(argument, bytearray):
                return bytes(argument)
            case "EMPTY_LIST":
                return []
            case "LIST":
                return self.pop_to_mark()
            case "EMPTY_TUPLE":
                return ()
            case "TUPLE":
                return tuple(self.pop_to_mark())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                return tuple(self.pop(int(opcode[-1])))
            case "EMPTY_DICT" | "DICT":
                made: dict[object, object] = {}
                _update(made, self.pop_to_mark() if opcode == "DICT" else [])
                return made
            case "EMPTY_SET":
                return Placeholder("builtins.set")
            case "FROZENSET":
                return Placeholder("builtins.frozenset", tuple(self.pop_to_mark()))
        return self.created(opcode, argument)

    def created(self, opcode: str, argument: object) -> object:
        """A name in the pickle, or what stands for the object that a call of it would create."""
        match opcode:
            case "GLOBAL":
                return Global(_origin(argument))
            case "STACK_GLOBAL":
                module, name = self.pop(2)
                if not isinstance(module, str) or not isinstance(name, str):
                    raise FormatError("a name that is not text")
                return Global(f"{module}.{name}")
            case "EXT1" | "EXT2" | "EXT4":
                return Global(f"extension {argument}")
            case "PERSID":
                return self.persistent((argument,))
            case "BINPERSID":
                identifier = self.stack.pop()
                return self.persistent(identifier if isinstance(identifier, tuple) else (identifier,))
            case "REDUCE":
                function, arguments = self.pop(2)
                if isinstance(function, Global) and isinstance(arguments, tuple) and function.origin in self.builders:
                    return self.builders[function.origin](arguments)
                return _placeholder(function, arguments)
            case "NEWOBJ":
                return _placeholder(*self.pop(2))
            case "NEWOBJ_EX":
                kind, arguments, keywords = self.pop(3)
                return _placeholder(kind, (arguments, keywords))
            case "OBJ":
                kind, *rest = self.pop_to_mark()
                return _placeholder(kind, tuple(rest))
            case "INST":
                return Placeholder(_origin(argument), tuple(self.pop_to_mark()))
        raise FormatError(f"the pickle opcode {opcode}")


def _placeholder(kind: object, arguments: object) -> Placeholder:
    origin = kind.origin if isinstance(kind, Placeholder) else type(kind).__name__
    return Placeholder(origin, arguments if isinstance(arguments, tuple) else (arguments,))


def _origin(module_and_name: object) -> str:
    return str(module_and_name).replace(" ", ".", 1)


def _extend(target: object, items: list[object]) -> None:
    if isinstance(target, list):
        target += items
    elif not isinstance(target, Placeholder):
        raise FormatError(f"items for a {type(target).__name__}")


def _update(target: object, items: list[object]) -> None:
    if len(items) % 2:
        raise FormatError("a key without a value")
    if isinstance(target, dict):
        target.update((plain_key(key), value) for key, value in zip(items[::2], items[1::2], strict=True))
    elif not isinstance(target, Placeholder):
        raise FormatError(f"items for a {type(target).__name__}")
