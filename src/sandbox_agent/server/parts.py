"""Import parts of a package without the whole of it: seconds matter when a sandbox starts."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from importlib.util import find_spec, module_from_spec

__all__ = ["without_package_init"]


@contextlib.contextmanager
def without_package_init(package: str) -> Generator[None]:
    """In this block, submodules of `package` are imported without running its `__init__`.

    Afterwards all is as usual: whoever imports the package runs its `__init__`, which finds the submodules loaded.
    """
    spec = None if package in sys.modules else find_spec(package)
    if spec is None:
        yield
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[package]
