"""Reading: YAML hazards (F40), includes, and errors that say where, what and what instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.configuration import definition_hash
from models.problems import ConfigurationError
from models.reading import read_configuration, read_with_cautions
from tests.models.documents import base_text, written

GOOD = """\
organization: {name: Zylker, currency: USD}
sources:
  crm: {files: data/*.csv}
modules:
  accounts: {from: crm.accounts}
  contacts: {absent: no persons in the export}
  products: {from: crm.products}
  deals:
    from: crm.deals
    stages: {won: [Closed Won]}
techniques: {rfm: {}, firmographics: {}}
"""


def refused(folder: Path, text: str) -> list[str]:
    """Return the lines of the error, without the folder."""
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(written(folder, text))
    return str(caught.value).replace(f"{folder}/", "").splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x [1]\nb: *x\n", ["abm.yaml:1: the anchor &x", "abm.yaml:2: the alias *x"]),
        ("a: 1\nb:\n  <<: {c: 1}\n", ["abm.yaml:3: the merge key <<"]),
        ("a: 1\nb: !!python/object:os.system x\n", ["abm.yaml:2: the tag tag:yaml.org,2002:py"]),
        ("a: !!str 1\n", ["abm.yaml:1: the tag"]),
        ("a: 1\nb: 2\na: 3\n", ["abm.yaml:3: the key 'a' is already in line 1"]),
        ("a: 1\n---\nb: 2\n", ["abm.yaml:2: a second document"]),
        ("a: " + "[" * 100 + "]" * 100, ["abm.yaml:1: nested more than 64 levels"]),
        ("a: 1\n? [x, y]\n: 2\n", ["abm.yaml:2: a key must be one word"]),
        ("a: {b: 1\nc: 2\n", ["abm.yaml:2: not readable as YAML"]),
        ("a: 1\nb:\n\t- 2\n", ["abm.yaml:3: not readable as YAML"]),
        ("a: 1\nb: x\x07y\n", ["abm.yaml:2: "]),
        ("- 1\n- 2\n", ["abm.yaml:1: expected keys"]),
        ("", ["organization: this key is missing", "sources: this key is missing"]),
    ],
)
def test_yaml_hazards_are_refused_with_their_line(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    lines = refused(tmp_path, text)
    for wanted in expected:
        assert any(wanted in line for line in lines), lines


def test_large_files_and_other_encodings_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "#" * 1_000_001) == [
        "abm.yaml: the file has 1,000,001 bytes; at most 1,000,000 are read"
    ]
    (tmp_path / "abm.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ConfigurationError, match=r"abm.yaml:2: not UTF-8 at byte 12"):
        read_configuration(tmp_path / "abm.yaml")


def test_an_alias_bomb_costs_nothing(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    assert any("alias *a0 is not allowed" in line for line in refused(tmp_path, bomb))


def test_words_that_yaml_likes_to_change_stay_text(tmp_path: Path) -> None:
    """The Norway problem: only true and false are booleans, and codes keep their zeros."""
    criteria = "[no, NO, yes, on, off, y, n, 007, 1e5, 0x1F, 1_000, 12:30, 2024-01-02, .5, NULL]"
    text = GOOD + f"global_criteria: {{field: billing_country, in: {criteria}}}\n"
    configuration = read_configuration(written(tmp_path, text))
    found: Any = configuration.global_criteria
    assert list(found.value) == criteria.strip("[]").split(", ")


def test_typed_scalars(tmp_path: Path) -> None:
    text = GOOD + "global_criteria: {field: annual_revenue, in: [1, -2, 1.10, 0.1]}\n"
    found: Any = read_configuration(written(tmp_path, text)).global_criteria
    assert [str(value) for value in found.value] == ["1", "-2", "1.10", "0.1"]
    assert [type(value).__name__ for value in found.value] == ["int", "int", "Decimal", "Decimal"]


def test_every_problem_is_reported_with_line_path_and_nearest_name(tmp_path: Path) -> None:
    text = """\
organization: {name: Zylker, curency: USD}
sources:
  crm: {files: data/*.csv, encoding: utf8}
modules:
  accounts: {from: cmr.accounts, fields: {industri: Sector}}
  contacts: {absent: no persons}
  products: {from: crm.products}
  deals:
    from: crm.deals
    stages: {won: [Closed Won], lost: [closed won]}
techniques:
  rfm:
    recency: {levels: 6}
segments:
  - id: a
    name: A
    where:
      all:
        - {field: industry, equls: Retail}
        - {fild: industry}
  - {id: b, name: B, natur: dynamic, where: {segment: a}}
"""
    lines = refused(tmp_path, text)
    expected = {
        "abm.yaml:1: organization.curency: unknown key 'curency'; did you mean 'currency'?",
        "abm.yaml:1: organization.currency: this key is missing",
        "abm.yaml:3: sources.crm.encoding: found 'utf8'; did you mean 'utf-8'?",
        "abm.yaml:10: modules.deals.stages.lost[0]: stage 'closed won' stands in won and in lost",
        "abm.yaml:13: techniques.rfm.recency.levels: ",
        "abm.yaml:19: segments[0].where.all[0]: field 'industry' needs exactly one operator, "
        "found equls; did you mean 'equals'?",
        "abm.yaml:20: segments[0].where.all[1]: a condition has exactly one kind, found keys: "
        "fild; did you mean 'field'?",
        "abm.yaml:21: segments[1].natur: unknown key 'natur'; did you mean 'nature'?",
    }
    for wanted in expected:
        assert any(line.startswith(wanted) for line in lines), (wanted, lines)


def test_meaning_is_checked_beside_what_is_not_well_formed(tmp_path: Path) -> None:
    """A broken segment does not hide the unknown field of another, nor raise false alarms."""
    text = GOOD + (
        "segments:\n"
        "  - {id: broken, name: Broken, where: {}}\n"
        "  - {id: wrong, name: Wrong, where: {field: industy, equals: x}}\n"
        "  - {id: fine, name: Fine, where: {all: [{segment: broken}, {label: rfm.lost}]}}\n"
        "exports:\n"
        "  - {segment: fin}\n"
    )
    lines = refused(tmp_path, text)
    assert len(lines) == 3
    assert lines[0].startswith("abm.yaml:13: segments[0].where: a condition has exactly one kind")
    assert lines[1].startswith(
        "abm.yaml:14: segments[1].where.field: no field 'industy'; did you mean 'industry'?"
    )
    assert lines[2].startswith("abm.yaml:17: exports[0].segment: no segment 'fin'; did you mean")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{label: rfm.lots}", "no label 'rfm.lots'; did you mean 'rfm.lost'?"),
        ("{segment: t}", "no segment 't'"),
        ("{field: employees, contains: 5}", "'contains' does not suit 'employees'"),
        ("{field: employees, above: ten}", "expected a plain number"),
        ("{field: employees, above: 1.5}", "expected a whole number"),
        ("{field: annual_revenue, above: 1.00001}", "at most 4 decimals"),
        ("{field: industry, equals: null}", "comparison with null is always false"),
        ("{field: industry, equals: ' '}", "is empty; write `is: empty`"),
        ("{field: industry, in: this_month}", "'in' needs a list"),
        ("{field: industry, in: []}", "'in' needs a list"),
        ("{field: contract_end_date, in: next_moth}", "did you mean 'next_month'?"),
        ("{field: contract_end_date, before: 2024-02-30}", "no date of the calendar"),
        ("{field: contract_end_date, before: 30.1.2024}", "expected a date such as"),
        ("{field: contract_end_date, in_last_days: 0}", "whole number from 1"),
        ("{field: employees, between: [5, 1]}", "first value is above the second"),
        ("{field: created_at, is: true}", "cannot be true"),
        ("{all: []}", "'all' needs a list of at least one condition"),
        ("{any_of: deals, where: {any_of: contacts}}", "not possible here"),
        ("{any_of: deals, where: {label: rfm.lost}}", "in segments only"),
        ("{any_of: deals, where: {field: stat, equals: won}}", "did you mean 'state'?"),
        ("{count_of: deals, at_least: -1}", "whole numbers from 0"),
        ("{count_of: deals}", "count_of needs exactly one of"),
        ("{any_of: deal, where: {}}", "did you mean 'deals'?"),
        ("{field: industry, equals: x, label: rfm.lost}", "exactly one kind"),
        ("{all: [{field: industry, is: empty}], extra: 1}", "unknown key 'extra'"),
        ("{field: recency_score, above: 1.5}", "whole number"),
    ],
)
def test_criteria_errors(tmp_path: Path, where: str, expected: str) -> None:
    text = GOOD + f"segments:\n  - {{id: s, name: S, where: {where}}}\n"
    lines = refused(tmp_path, text)
    assert any("abm.yaml:13: segments[0].where" in line and expected in line for line in lines), (
        lines
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("global_criteria: {label: rfm.lost}", "a label may be asked for in segments only"),
        ("global_criteria: {segment: s}", "a segment may be asked for in segments only"),
        ("global_criteria: {field: recency_score, above: 1}", "scores may be used in segments"),
    ],
)
def test_labels_segments_and_scores_belong_to_segments(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert any(expected in line for line in refused(tmp_path, f"{GOOD}{text}\n"))


def nested(depth: int) -> str:
    return "{not: " * (depth - 1) + "{field: industry, is: empty}" + "}" * (depth - 1)


def test_caps_name_their_limit(tmp_path: Path) -> None:
    """F52."""
    leaf = "{field: industry, is: empty}"
    cases = [
        (nested(11), "11 nested levels; at most 10 (limits.max_criteria_depth)"),
        (nested(55), "more than 50 levels deep"),
        (f"{{any: [{', '.join([leaf] * 501)}]}}", "at most 500 (limits.max_criteria_leaves)"),
        (
            f"{{field: employees, in: [{', '.join(map(str, range(10_001)))}]}}",
            "10001 values; at most 10000 (limits.max_list_length)",
        ),
        (
            "{field: industry, equals: '" + "x" * 10_001 + "'}",
            "10001 characters; at most 10000 (limits.max_text_length)",
        ),
    ]
    for where, expected in cases:
        lines = refused(tmp_path, f"{GOOD}global_criteria: {where}\n")
        assert any(expected in line for line in lines), (expected, [x[:200] for x in lines])
    for where in (nested(10), f"{{any: [{', '.join([leaf] * 499)}]}}"):
        read_configuration(written(tmp_path, f"{GOOD}global_criteria: {where}\n"))


def test_includes_are_merged_and_errors_name_their_file(tmp_path: Path) -> None:
    segment = "segments:\n  - {id: %s, name: %s, where: {field: industry, is: empty}}\n"
    written(tmp_path, segment % ("b", "B"), "segments/b.yaml")
    written(tmp_path, segment % ("a", "A"), "segments/a.yaml")
    written(tmp_path, "techniques: {engagement: {}}\n", "more.yaml")
    main = "include: [segments/*.yaml, more.yaml, none/*.yaml]\n" + GOOD + segment % ("m", "M")
    path = written(tmp_path, main)
    reading = read_with_cautions(path)
    assert [s.id for s in reading.configuration.segments] == ["m", "a", "b"]
    assert set(reading.configuration.techniques.active()) == {"rfm", "firmographics", "engagement"}
    assert [f.name for f in reading.files] == ["abm.yaml", "a.yaml", "b.yaml", "more.yaml"]

    written(tmp_path, (segment % ("b", "B")).replace("industry", "industri"), "segments/b.yaml")
    assert refused(tmp_path, main)[0].startswith(
        "segments/b.yaml:2: segments[2].where.field: no field 'industri'"
    )


def test_include_hazards(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    written(tmp_path, "limits: unlimited\n", "outside.yaml")
    written(folder, "include: other.yaml\n", "one.yaml")
    written(folder, "include: one.yaml\n", "other.yaml")
    written(folder, "organization: {name: Other}\n", "twice.yaml")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    for include, expected in [
        ("../outside.yaml", "leaves the folder"),
        (str(tmp_path / "outside.yaml"), "leaves the folder"),
        ("link.yaml", "leads out of the folder"),
        ("onee.yaml", "no file 'onee.yaml'; did you mean 'one.yaml'?"),
        ("one.yaml", "in a circle: "),
        ("abm.yaml", "in a circle: "),
        ("twice.yaml", "organization.name: is already given in abm.yaml:2"),
        ("[one.yaml, {a: 1}]", "expected a file or pattern"),
    ]:
        lines = refused(folder, f"include: {include}\n{GOOD}")
        assert any(expected in line for line in lines), (include, lines)


def test_cautions_are_values_with_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = "{5: {above: 1500}, 4: {between: [800, 1200]}}"
    text = GOOD.replace("rfm: {}", f"rfm: {{monetary: {{method: manual, scores: {scores}}}}}")
    cautions = read_with_cautions(written(tmp_path, text)).cautions
    assert (cautions[0].line, cautions[0].path) == (11, "techniques.rfm.monetary.scores[5]")
    assert capsys.readouterr().out == ""


def test_the_hash_is_over_the_meaning(tmp_path: Path) -> None:
    first = read_configuration(written(tmp_path, GOOD))
    again = "# a comment\n" + GOOD.replace("techniques: {rfm: {}, firmographics: {}}\n", "")
    again = "techniques:\n  firmographics: {labels: default}\n  rfm: {labels: default}\n" + again
    second = read_configuration(written(tmp_path, again, "elsewhere/other.yaml"))
    assert definition_hash(first) == definition_hash(second)
    dated = GOOD.replace("currency: USD", "currency: USD, as_of: 2024-01-01")
    assert definition_hash(read_configuration(written(tmp_path, dated))) == definition_hash(first)
    other = GOOD.replace("Closed Won", "Closed won!")
    assert definition_hash(read_configuration(written(tmp_path, other))) != definition_hash(first)


def test_a_number_in_place_of_a_list_is_told_in_words_of_the_file(tmp_path: Path) -> None:
    lines = refused(tmp_path, GOOD + "segments: 5\n")
    assert any("expected a list, found 5" in line for line in lines), lines


def test_missing_file_and_plain_yaml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_configuration(tmp_path / "abm.yaml")
    assert read_configuration(written(tmp_path, base_text())).organization.name == "Zylker"
