"""Sentence vectors: the reader of the weights against plain loops, pinned, kept by text."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.voice import packing, vectors
from ml.voice.engine import Engine
from ml.voice.engine_tables import engine_from, tables_of
from ml.voice.packing import packed, unpacked
from ml.voice.teaching import teach
from ml.voice.vectors import MiniLM, VectorsError, gelu, tensors, text_hash
from ml.voice.word_pieces import MOST_PIECES, WordPieces
from tests.ml.voice.reading import lessons

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "port",
    "##al",
    "##s",
    "is",
    "slow",
    "!",
    "好",
    "a",
]
SIZE, HEADS, INNER, LAYERS = 8, 2, 12, 3


def test_words_are_split_into_the_longest_known_pieces() -> None:
    pieces = WordPieces(VOCABULARY)
    assert pieces.of("Portals is SLOW!") == [2, 4, 5, 6, 7, 8, 9, 3]
    assert pieces.of("à好a xyz\x00") == [2, 11, 10, 11, 1, 3]
    assert pieces.of("") == [2, 3]
    assert pieces.of("a " * 999) == [2, *[11] * (MOST_PIECES - 2), 3]
    assert pieces.of("a" * 101) == [2, 1, 3]


def written(arrays: dict[str, Any]) -> bytes:
    """A safetensors file."""
    header, body = {}, b""
    for name, array in arrays.items():
        data = array.astype(np.float32).tobytes()
        header[name] = {
            "dtype": "F32", "shape": array.shape, "data_offsets": [len(body), len(body) + len(data)]
        }  # fmt: skip
        body += data
    told = json.dumps(header).encode()
    return len(told).to_bytes(8, "little") + told + body


@pytest.fixture
def arrays() -> dict[str, Any]:
    draw = np.random.default_rng(3)
    shapes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), SIZE),
        "embeddings.position_embeddings.weight": (16, SIZE),
        "embeddings.token_type_embeddings.weight": (2, SIZE),
    }
    normed = ["embeddings"]
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        attention = f"{layer}.attention.output"
        dense = [(f"{layer}.attention.self.{of}", SIZE, SIZE) for of in ("query", "key", "value")]
        dense += [
            (f"{attention}.dense", SIZE, SIZE),
            (f"{layer}.intermediate.dense", INNER, SIZE),
            (f"{layer}.output.dense", SIZE, INNER),
        ]
        for name, out, into in dense:
            shapes |= {f"{name}.weight": (out, into), f"{name}.bias": (out,)}
        normed += [attention, f"{layer}.output"]
    for name in normed:
        shapes |= {f"{name}.LayerNorm.weight": (SIZE,), f"{name}.LayerNorm.bias": (SIZE,)}
    return {name: draw.normal(size=shape) for name, shape in shapes.items()}


@pytest.fixture
def small(arrays: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> MiniLM:
    weights, vocabulary = written(arrays), "\n".join(VOCABULARY).encode()
    monkeypatch.setattr(vectors, "WEIGHTS_SHA256", hashlib.sha256(weights).hexdigest())
    monkeypatch.setattr(vectors, "VOCABULARY_SHA256", hashlib.sha256(vocabulary).hexdigest())
    for name, value in (
        ("SIZE", SIZE),
        ("WIDTH", 3 * SIZE),
        ("MIDDLE", (1, 2)),
        ("_HEADS", HEADS),
        ("_LAYERS", LAYERS),
    ):
        monkeypatch.setattr(vectors, name, value)
    return MiniLM(weights, vocabulary)


def by_loops(arrays: dict[str, Any], numbers: list[int]) -> Any:
    """The encoder for one text, word by word and head by head: the last layer, then the others."""

    def dense(values: Any, name: str) -> Any:
        return arrays[f"{name}.weight"] @ values + arrays[f"{name}.bias"]

    def normed(values: Any, name: str) -> Any:
        spread = math.sqrt(values.var() + 1e-12)
        scaled = (values - values.mean()) / spread
        return scaled * arrays[f"{name}.LayerNorm.weight"] + arrays[f"{name}.LayerNorm.bias"]

    words = [
        normed(
            arrays["embeddings.word_embeddings.weight"][number]
            + arrays["embeddings.position_embeddings.weight"][place]
            + arrays["embeddings.token_type_embeddings.weight"][0],
            "embeddings",
        )
        for place, number in enumerate(numbers)
    ]
    means = []
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        parts = {
            part: [dense(word, f"{layer}.attention.self.{part}") for word in words]
            for part in ("query", "key", "value")
        }
        width = SIZE // HEADS
        outcome = []
        for place, word in enumerate(words):
            mixed = np.zeros(SIZE)
            for head in range(HEADS):
                part = slice(head * width, (head + 1) * width)
                likeness = [
                    math.exp(parts["query"][place][part] @ key[part] / math.sqrt(width))
                    for key in parts["key"]
                ]
                for like, value in zip(likeness, parts["value"], strict=True):
                    mixed[part] += like / sum(likeness) * value[part]
            middle = normed(
                word + dense(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output"
            )
            inner = dense(middle, f"{layer}.intermediate.dense")
            inner = np.array([v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in inner])
            summed = middle + dense(inner, f"{layer}.output.dense")
            outcome.append(normed(summed, f"{layer}.output"))
        words = outcome
        mean = np.mean(words, axis=0)
        means.append(mean / np.linalg.norm(mean))
    first, second, last = means
    return np.concatenate([last, first, second])


def test_vectors_are_those_of_plain_loops(small: MiniLM, arrays: dict[str, Any]) -> None:
    texts = ["Portals is slow!", "a", "好 slow", "is portal", ""]
    found = small.vectors(texts)
    assert found.shape == (5, 3 * SIZE)
    for text, vector in zip(texts, found, strict=True):
        expected = by_loops(arrays, WordPieces(VOCABULARY).of(text))
        np.testing.assert_allclose(vector, expected, atol=2e-5)
    assert small.vectors([]).shape == (0, 3 * SIZE)


def test_vectors_are_kept_by_text(small: MiniLM) -> None:
    kept = np.full(3 * SIZE, 0.25, np.float32)
    small.remember({text_hash("a"): kept})
    assert (small.vectors(["a"])[0] == kept).all()
    small.vectors(["is"])
    assert set(small.remembered()) == {text_hash("a"), text_hash("is")}


def test_other_weights_are_refused(arrays: dict[str, Any]) -> None:
    with pytest.raises(VectorsError, match="SHA-256"):
        MiniLM(written(arrays), b"[UNK]")


def test_safetensors_are_read(arrays: dict[str, Any]) -> None:
    read = tensors(written(arrays))
    assert set(read) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_allclose(read[name], array.astype(np.float32))
    assert gelu(np.array([0.0, 1.0, -1.0], np.float32)).tolist() == pytest.approx(
        [0, 0.841345, -0.158655], abs=1e-6
    )


class Resembling(MiniLM):
    """Vectors that know which of two made-up things a text is about; nobody else does."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: Any) -> Any:
        self.asked += texts
        found = np.zeros((len(texts), vectors.WIDTH), np.float32)
        for row, text in zip(found, texts, strict=True):
            row[0] = ("thank" in text.lower() or "glor" in text) - (
                "wait" in text or "snar" in text
            )
            row[1] = 1
        return found


def test_an_engine_with_vectors_reads_by_them() -> None:
    source = Resembling()
    engine = Engine(vectors=source)
    bodies = ["The glorbus", "The snarbus", "服务很好", None]
    found = engine.classify(pd.DataFrame({"body": bodies}))
    assert found["sentiment_score"][0] > 0 > found["sentiment_score"][1]
    assert engine.version != Engine().version
    assert "服务很好" not in source.asked
    alone = [engine.classify(pd.DataFrame({"body": [body]})) for body in bodies]
    pd.testing.assert_frame_equal(found, pd.concat(alone).reset_index(drop=True))


def test_vectors_do_not_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads elsewhere takes those that are installed there, and reads alike."""
    engine = Engine(vectors=Resembling())
    content = packed(engine)
    assert b"Resembling" not in content
    monkeypatch.setattr(packing, "installed", lambda: None)
    with pytest.raises(VectorsError, match="make vectors"):
        unpacked(content)
    monkeypatch.setattr(packing, "installed", Resembling)
    there = unpacked(content)
    bodies = pd.DataFrame({"body": ["The glorbus", "The snarbus", "服务很好", None]})
    pd.testing.assert_frame_equal(there.classify(bodies), engine.classify(bodies))
    assert there.version == engine.version


def test_a_taught_engine_learns_from_vectors() -> None:
    # No word is seen twice: only vectors can tell.
    draw = np.random.default_rng(1)

    def scrambled(letters: str) -> str:
        return "".join(draw.choice(list(letters), 6))

    examples = [
        {
            "text": f"{scrambled('bcdfg')} {word}{scrambled('hjklm')}",
            "label": label,
            "language": "en",
        }
        for _ in range(30)
        for word, label in (("glor", "negative"), ("snar", "positive"))
    ]
    found = teach(lessons(examples=examples), Resembling())
    assert found.report["is_used"].tolist() == [True]
    said = found.engine.classify(pd.DataFrame({"body": ["Une glorxx", "Une snarxx"]}))
    assert said["sentiment"].tolist() == ["negative", "positive"]
    assert said["engine"].tolist() == ["trained", "trained"]
    with pytest.raises(ValueError, match="make vectors"):
        Engine(sentiments=found.engine.sentiments)
    tables = tables_of(found.engine)
    again = engine_from(tables, Resembling())
    assert again.version == found.engine.version
    pd.testing.assert_frame_equal(again.classify(pd.DataFrame({"body": ["Une glorxx"]})), said[:1])
    learned = tables["learned"]
    shorter = learned[(learned["kind"] != "vector") | (learned["place"] != 0)]
    with pytest.raises(ValueError, match=r"vectors of 1,151 numbers, today they have 1,152"):
        engine_from({**tables, "learned": shorter}, Resembling())


def test_the_published_likenesses_come_out() -> None:
    source = vectors.installed()
    if source is None:
        pytest.skip("sentence vectors are not installed: run `make vectors`")
    found = source.vectors(
        ["That is a happy person", "That is a happy dog", "That is a very happy person",
         "Today is a sunny day"]
    )[:, : vectors.SIZE]  # fmt: skip
    assert (found @ found[0]).tolist() == pytest.approx([1, 0.695, 0.943, 0.257], abs=1e-3)
