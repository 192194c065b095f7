"""An engine as bytes, for processes that work elsewhere: other cores, other machines (VOC-14).

Sentence vectors (91 MB) do not travel: every process takes those that are installed where it works,
which are the same ones by their pinned hash.
"""

from __future__ import annotations

import io
import pickle
from functools import lru_cache
from typing import Any, Final

from ml.voice.engine import Engine
from ml.voice.vectors import PACKAGE, MiniLM, VectorsError, installed

_VECTORS: Final = "sentence vectors"


def packed(engine: Engine) -> bytes:
    """Return an engine as bytes, without its sentence vectors."""
    buffer = io.BytesIO()
    _Packer(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(engine)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def unpacked(content: bytes) -> Engine:
    """Return the engine of `packed`: once in a process, whatever the number of batches.

    Raises:
        VectorsError: the engine needs sentence vectors, and they are not installed here.
    """
    engine: Engine = _Unpacker(io.BytesIO(content)).load()
    return engine


class _Packer(pickle.Pickler):
    def persistent_id(self, obj: Any) -> str | None:
        return _VECTORS if isinstance(obj, MiniLM) else None


class _Unpacker(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> MiniLM:
        vectors = installed()
        if vectors is None:
            raise VectorsError(f"{PACKAGE} is not installed where texts are read: `make vectors`")
        return vectors
