"""Inside the portable executable: loads compiled modules out of its archive, without a file on any disk.

A shared library must be a file to be loaded. It becomes one in memory, so that a read-only or noexec root does not
matter.
"""

from __future__ import annotations

import os
import sys
import zipimport
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

ARCHIVE = zipimport.zipimporter(sys.executable)
FOLDER = "compiled"
SUFFIX = ".so"


class CompiledModules:
    """Finds modules whose libraries lie in the archive's folder `compiled`, named after the module."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where the module of that name is loaded from, None when it is not compiled."""
        del path, target
        try:
            data = ARCHIVE.get_data(f"{sys.executable}/{FOLDER}/{name}{SUFFIX}")
        except OSError:
            return None
        # Stays open: the loader takes two libraries of the same path for one.
        memory = os.memfd_create(name)
        with open(memory, "wb", closefd=False) as file:
            file.write(data)
        library = f"/proc/self/fd/{memory}"
        return spec_from_file_location(name, library, loader=ExtensionFileLoader(name, library))


sys.frozen = True  # type: ignore[attr-defined]
sys.meta_path.insert(0, CompiledModules())
