"""The one base class of everything that crosses the wire, and how it is encoded.

This module must never import anything of ours.
"""

from __future__ import annotations

from typing import Any, TypeVar, dataclass_transform

import msgspec

__all__ = ["CamelModel", "Model", "decode", "encode", "to_builtins"]

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Model(msgspec.Struct, frozen=True):
    """An immutable value with named fields; snake_case on the wire.

    Type checkers demand keywords. Required fields come first: msgspec does not pass `kw_only` on to subclasses.
    """


@dataclass_transform(kw_only_default=True, frozen_default=True)
class CamelModel(Model, frozen=True, rename="camel"):
    """A value of the REST bodies, which are camelCase on the wire."""


_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Compact JSON of any value of the schema."""
    return _encoder.encode(value)


def decode(data: bytes | str, kind: type[T]) -> T:
    """The value of class `kind` that `data` (JSON) describes.

    Raises `msgspec.ValidationError` when the shape is wrong and `msgspec.DecodeError` when it is not JSON.
    """
    return msgspec.json.decode(data, type=kind)


def to_builtins(value: Any) -> Any:
    """The same value as plain dicts and lists, as it would look on the wire."""
    return msgspec.to_builtins(value)
