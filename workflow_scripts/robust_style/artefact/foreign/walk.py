"""A pickle, walked opcode by opcode, with no way to run what it asks for.

Not a `pickle.Unpickler` with a guarded `find_class`: here no line imports, calls or sets an attribute of anything that
the file names, so there is no method that could be forgotten.
"""

import io
import pickletools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# One byte of a pickle can ask for some hundred bytes of lists. The pickle of a network with its optimiser has 50 000.
LONGEST_BYTES = 2**24
# From the arguments of a call to what it would have made.
Builder = Callable[[tuple[object, ...]], object]


# Opcodes whose argument, decoded by the parser, is the value: numbers, texts, bytes.
_CONSTANTS = frozenset(
    {
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
        "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
        "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
    }
)  # fmt: skip


class Damage(ValueError):
    """Not what a pickle, a storage or a tensor can be; the message says what was found."""


@dataclass(eq=False, repr=False)
class Placeholder:
    """Stands for what only the file's own code could make: the name it asks for, and inert what it was to be given."""

    origin: str
    arguments: tuple[object, ...] = ()
    state: object = None


class Name(Placeholder):
    """A function or class that the pickle names. Nothing was imported."""


def walk(stream: io.BytesIO, builders: Mapping[str, Builder], persistent: Builder) -> object:
    """The object that the pickle at the stream's position describes; the stream then stands behind it.

    Numbers, texts, bytes, lists, tuples and dictionaries are rebuilt. A call of a name among `builders` (`module.name`)
    gives what the builder makes of the arguments, a persistent id what `persistent` makes of it; any other call, class,
    set or extension a Placeholder. Keys that are not plain become placeholders too. Nothing here recurses.
    Raises Damage, or ValueError, LookupError or OverflowError, for what is no pickle.
    """
    machine, start = _Machine(builders, persistent), stream.tell()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the parser's about escapes in texts of damaged pickles
        for opcode, argument, position in pickletools.genops(stream):
            if opcode.name == "STOP":
                return machine.pop()
            if position is not None and position - start > LONGEST_BYTES:
                raise Damage(f"a pickle of more than {LONGEST_BYTES} bytes")
            machine.step(opcode.name, argument)
    raise Damage("a pickle without an end")


class _Machine:
    def __init__(self, builders: Mapping[str, Builder], persistent: Builder) -> None:
        self.builders = builders
        self.persistent = persistent
        self.stack: list[object] = []
        self.below_marks: list[list[object]] = []
        self.memo: dict[object, object] = {}

    def pop(self) -> object:
        return self.stack.pop()

    def to_mark(self) -> list[object]:
        """Everything above the last mark, taken away with it."""
        items, self.stack = self.stack, self.below_marks.pop()
        return items

    def step(self, opcode: str, argument: object) -> None:
        """One opcode of any protocol (0 to 5); PEP 574's out-of-band buffers are refused."""
        match opcode:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                self.below_marks.append(self.stack)
                self.stack = []
            case "POP_MARK":
                self.to_mark()
            case "POP":
                if self.stack:
                    self.pop()
                else:
                    self.to_mark()
            case "DUP":
                self.stack.append(self.stack[-1])
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = self.stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = self.stack[-1]
            case "APPEND" | "APPENDS" | "ADDITEMS":
                items = [self.pop()] if opcode == "APPEND" else self.to_mark()
                _extend(self.stack[-1], items)
            case "SETITEM" | "SETITEMS":
                items = [self.pop(), self.pop()][::-1] if opcode == "SETITEM" else self.to_mark()
                _update(self.stack[-1], items)
            case "BUILD":
                state = self.pop()
                target = self.stack[-1]
                if isinstance(target, Placeholder) and not isinstance(target, Name):
                    target.state = state
            case _:
                value = self.value(opcode, argument)  # first, for it may change which stack is the current one
                self.stack.append(value)

    def value(self, opcode: str, argument: object) -> object:
        """What an opcode puts on the stack."""
        match opcode:
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                return {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[opcode]
            case "GET" | "BINGET" | "LONG_BINGET":
                return self.memo[argument]
            case "BYTEARRAY8" if isinstance(argument, bytearray):
                return bytes(argument)
            case "EMPTY_LIST":
                return []
            case "LIST":
                return self.to_mark()
            case "EMPTY_TUPLE":
                return ()
            case "TUPLE":
                return tuple(self.to_mark())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                return tuple([self.pop() for _ in range(int(opcode[-1]))][::-1])
            case "EMPTY_DICT" | "DICT":
                made: dict[object, object] = {}
                _update(made, self.to_mark() if opcode == "DICT" else [])
                return made
        if opcode in _CONSTANTS:
            return argument
        return self.asked_for(opcode, argument)

    def asked_for(self, opcode: str, argument: object) -> object:
        """What stands for a name, or for what a call of it would give."""
        match opcode:
            case "GLOBAL":
                return Name(_origin(argument))
            case "STACK_GLOBAL":
                name, module = self.pop(), self.pop()
                return Name(_origin(f"{module} {name}" if isinstance(name, str) and isinstance(module, str) else None))
            case "EXT1" | "EXT2" | "EXT4":
                return Name(f"extension {argument}")
            case "PERSID":
                return self.persistent((argument,))
            case "BINPERSID":
                identifier = self.pop()
                return self.persistent(identifier if isinstance(identifier, tuple) else (identifier,))
            case "REDUCE":
                arguments, called = self.pop(), self.pop()
                return self.called(called, arguments)
            case "NEWOBJ":
                arguments, kind = self.pop(), self.pop()
                return _inert(kind, arguments)
            case "NEWOBJ_EX":
                keywords, arguments, kind = self.pop(), self.pop(), self.pop()
                return _inert(kind, (arguments, keywords))
            case "OBJ":
                kind, *rest = self.to_mark()
                return _inert(kind, tuple(rest))
            case "INST":
                return Placeholder(_origin(argument), tuple(self.to_mark()))
            case "EMPTY_SET":
                return Placeholder("builtins.set")
            case "FROZENSET":
                return Placeholder("builtins.frozenset", tuple(self.to_mark()))
        raise Damage(f"the pickle opcode {opcode}")

    def called(self, called: object, arguments: object) -> object:
        if isinstance(called, Name) and isinstance(arguments, tuple) and called.origin in self.builders:
            return self.builders[called.origin](arguments)
        return _inert(called, arguments)


def _inert(kind: object, arguments: object) -> Placeholder:
    origin = kind.origin if isinstance(kind, Placeholder) else type(kind).__name__
    return Placeholder(origin, arguments if isinstance(arguments, tuple) else (arguments,))


def _origin(module_and_name: object) -> str:
    if not isinstance(module_and_name, str):
        raise Damage("a name that is no text")
    return module_and_name.replace(" ", ".", 1)


def _extend(target: object, items: list[object]) -> None:
    if isinstance(target, list):
        target += items
    elif not isinstance(target, Placeholder):
        raise Damage(f"items for a {type(target).__name__}")


def _update(target: object, items: list[object]) -> None:
    if len(items) % 2:
        raise Damage("a key without a value")
    if isinstance(target, dict):
        target.update((plain_key(key), value) for key, value in zip(items[::2], items[1::2], strict=True))
    elif not isinstance(target, Placeholder):
        raise Damage(f"items for a {type(target).__name__}")


def plain_key(key: object) -> object:
    """The key itself if it is plain, else a Placeholder.

    The hash of a tuple nested a million deep would overflow the interpreter's own stack.
    """
    return key if isinstance(key, str | int | float | bytes | None) else Placeholder(type(key).__name__)
