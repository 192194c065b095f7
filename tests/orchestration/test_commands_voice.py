"""`quintile voice teach` and `voice read`: tables in, an engine out that reads as it was taught."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.home import Home
from assets.lesson_files import LessonFileError, read_lessons
from assets.voice_engines import engine_in_use, read_engine
from ml.voice import vectors
from ml.voice.engine import Engine
from ml.voice.lessons import Lessons, lessons_from
from tests.ml.voice.test_teaching import SENTIMENTS, taught_words
from tests.models.documents import base_text, written
from tests.orchestration.command_line import Spoken, quintile


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(autouse=True)
def without_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optional extra is left out, whether it is installed or not: it takes seconds to load."""
    monkeypatch.setattr(vectors, "installed", lambda: None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def taught(home: Path, *more: str | Path) -> Spoken:
    folder = home.parent
    examples = table(folder / "examples.csv", taught_words(90, SENTIMENTS))
    lexicon = table(folder / "lexicon.csv", [{"phrase": "wug", "language": "en", "weight": -3}])
    aliases = table(
        folder / "aliases.csv",
        [{"name": "Deskwell", "alias": "Deskwell", "is_competitor": "yes"},
         {"name": "Ours", "alias": "Happy Desk", "is_competitor": "No"}],
    )  # fmt: skip
    return quintile("voice", "teach", "--lexicon", lexicon, "--examples", examples, "--aliases",
                    aliases, "--home", home, *more)  # fmt: skip


def test_what_was_taught_is_heard(home: Path) -> None:
    spoken = taught(home)
    assert spoken.code == 0, spoken.err
    assert "Report card" in spoken.out
    assert "90 rows of examples" in spoken.err
    found = engine_in_use(Home(home).voice)
    assert found is not None
    assert found.version in spoken.out
    before = quintile("voice", "read", "A snarfy thing", "--home", home, "--json", "--untrained")
    after = quintile("voice", "read", "A snarfy thing", "--home", home, "--json")
    assert before.json["sentiment"] == "neutral"
    assert (after.json["sentiment"], after.json["engine"]) == ("negative", "trained")
    assert after.json["moved_by"][0][0] in ("snarfy", "a snarfy", "snarfy thing")
    told = quintile(
        "voice", "read", "Hello,\n\nDeskwell is wug.\n\nBest regards\nJo", "--home", home
    )
    assert "competitors Deskwell (negative)" in told.out
    assert "moved by    wug -3.00" in told.out
    assert "read        Deskwell is wug." in told.out
    own = quintile("voice", "read", "Happy Desk takes place on Thursday", "--home", home, "--json")
    assert own.json["competitors"] == []
    assert "happy" not in dict(own.json["moved_by"])


def test_the_written_engine_is_the_taught_one(home: Path) -> None:
    assert taught(home).code == 0
    found = engine_in_use(Home(home).voice)
    assert found is not None
    texts = pd.DataFrame(
        {"body": ["A snarfy thing", "plain wug", "Deskwell is great", "很好", None]}
    )
    engine = read_engine(found)
    first = engine.classify(texts)
    pd.testing.assert_frame_equal(first, read_engine(found).classify(texts))
    assert first["engine"].tolist()[:2] == ["trained", "lexicon"]
    assert first["engine_version"][0] == found.engine_version
    # The same lessons are the same version; others are another, and the old one stays.
    assert taught(home).code == 0
    assert engine_in_use(Home(home).voice) == found
    words = table(home.parent / "w.csv", [{"phrase": "zib", "language": "en", "weight": 2}])
    assert quintile("voice", "teach", "--lexicon", words, "--home", home).code == 0
    other = engine_in_use(Home(home).voice)
    assert other is not None
    assert other.version != found.version
    assert found.folder.exists()


def test_a_dry_run_writes_nothing(home: Path) -> None:
    spoken = taught(home, "--dry-run", "--json")
    assert spoken.code == 0
    assert spoken.json["report"][0]["is_used"] is True
    assert spoken.json["version"] is None
    assert not home.exists()


def test_configured_competitors_are_heard(home: Path) -> None:
    competitors = [{"name": "Monday", "needs_capital": True, "needs_context": True}]
    techniques = {"voice_of_customer": {"active": False, "competitors": competitors}}
    configuration = written(home.parent, base_text(techniques=techniques))
    heard = quintile("voice", "read", "We switched to Monday.", "-c", configuration, "--json")
    assert heard.code == 0, heard.err
    assert heard.json["competitors"] == [["Monday", "neutral"]]
    silent = quintile("voice", "read", "We meet on Monday.", "-c", configuration, "--json")
    assert silent.json["competitors"] == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("lexicon", "phrase,language,weight\nwug,en,2\n\nzib,en,7\n",
         ("lexicon.csv, line 4, weight", "found '7'", "-4 (very bad) to 4")),
        ("lexicon", "phrase,language,weight\nwug,en,2\nWug,en,3\n",
         ("line 3, phrase", "weighs 2 in an earlier row and 3 here", "keep one")),
        ("lexicon", "phrase,langage,weight\nwug,en,2\n",
         ("line 1: 'langage' is no column", "did you mean 'language'?")),
        ("lexicon", "phrase,weight\nwug,2\n", ("line 1: the column 'language' is missing",)),
        ("lexicon", "phrase,language,weight,weight\n", ("'weight' is there twice",)),
        ("lexicon", "phrase,language,weight\na,b,en,2\n", ("line 2: 4 columns, the header has 3",)),
        ("lexicon", "", ("lexicon is empty", "phrase,language")),
        ("examples", 'text,label,language\n"two\nlines",positive,en\n"it is ""bad""",bad,en\n',
         ("examples.csv, line 4, label: found 'bad'", "negative, neutral, positive")),
        ("examples", 'text,label,language\n"open,positive,en\n', ("line 2:", "double quotes")),
        ("examples", "text,label,language\nx,positive,de\n", ("line 2, language", "en, zh")),
        ("aliases", "name,alias,needs_capital\nA,B,perhaps\n",
         ("line 2, needs_capital: found 'perhaps'", "true or false")),
        ("aliases", "name;alias\nA;\n", ("line 2, alias: it is missing",)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    home: Path, name: str, content: str, told: tuple[str, ...]
) -> None:
    path = home.parent / f"{name}.csv"
    path.write_text(content, encoding="utf-8")
    spoken = quintile("voice", "teach", f"--{name}", path, "--home", home)
    assert spoken.code == 2
    for part in told:
        assert part in spoken.err
    assert not home.exists()


def test_files_that_cannot_be_read_are_told(home: Path) -> None:
    absent = quintile("voice", "teach", "--examples", home.parent / "no.csv", "--home", home)
    assert (absent.code, "no.csv: the examples cannot be read" in absent.err) == (2, True)
    path = home.parent / "old.csv"
    path.write_bytes(
        "text,label,language\nfine,positive,en\nsch\xf6n,positive,en\n".encode("latin-1")
    )
    wrong = quintile("voice", "teach", "--examples", path, "--home", home)
    assert (wrong.code, "old.csv, line 3: it is not UTF-8" in wrong.err) == (2, True)
    nothing = quintile("voice", "teach", "--home", home)
    assert (nothing.code, "at least one of" in nothing.err) == (2, True)
    path.write_text("text,label,language\n", encoding="utf-8")
    empty = quintile("voice", "teach", "--examples", path, "--home", home)
    assert (empty.code, "no row below their header" in empty.err) == (2, True)


def test_a_damaged_engine_is_told(home: Path) -> None:
    assert taught(home).code == 0
    found = engine_in_use(Home(home).voice)
    assert found is not None
    manifest = found.folder / "engine.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for change, told in (
        ({**content, "engine_version": "0"}, "another version of Quintile"),
        ({**content, "layout_version": 99}, "layout 99"),
    ):
        manifest.write_text(json.dumps(change), encoding="utf-8")
        spoken = quintile("voice", "read", "x", "--home", home)
        assert (spoken.code, told in spoken.err) == (1, True)
    manifest.write_text(json.dumps(content), encoding="utf-8")
    (found.folder / "learned.parquet").write_bytes(b"PAR1")
    spoken = quintile("voice", "read", "x", "--home", home)
    assert (spoken.code, "is damaged" in spoken.err) == (1, True)
    assert quintile("voice", "read", "x", "--home", home, "--untrained").code == 0


def test_what_is_read_can_come_from_a_file(home: Path) -> None:
    path = home.parent / "mail.txt"
    path.write_text("\ufeffThe portal is terrible.\n> great", encoding="utf-8")
    assert quintile("voice", "read", "-f", path, "--json").json["sentiment"] == "negative"
    assert quintile("voice", "read").code == 2
    assert quintile("voice", "read", "x", "-f", path).code == 2
    path.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in quintile("voice", "read", "-f", path).err
    assert "Not analysed: no words" in quintile("voice", "read", "10/10").out


CELLS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=30
)


@given(texts=st.lists(CELLS, min_size=1, max_size=6), delimiter=st.sampled_from(",;\t"))
@settings(max_examples=80, deadline=None)
def test_a_file_teaches_what_its_table_does(
    texts: list[str], delimiter: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [{"text": text, "label": "positive", "language": "en"} for text in texts]
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["text", "label", "language"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)

    def learned(read: Callable[[], Lessons]) -> Lessons | str:
        try:
            return read()
        except (LessonFileError, ValueError) as error:
            return "refused" if "text" in str(error) else str(error)

    by_table = learned(lambda: lessons_from(examples=pd.DataFrame(rows)))
    assert learned(lambda: read_lessons({"examples": path})) == by_table


def test_help_teaches() -> None:
    told = quintile("voice", "teach", "--help").out
    for word in ("lexicon", "examples", "aliases", "needs_context", "Training starts at 30"):
        assert word in told
    assert "competitors" in quintile("voice", "read", "--help").out


def test_nothing_taught_is_the_default_engine(home: Path) -> None:
    told = quintile("voice", "read", "The portal is great", "--home", home).out
    assert f"the default engine, {Engine().version}" in told
