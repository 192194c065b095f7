"""`quintile check`: every problem with its place, and what the headers say of the mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.orchestration.command_line import quintile
from tests.orchestration.published_copy import CONFIGURATION

ACCOUNTS = "Id,Account Name,Created Time,Country,Tier,Fax\n"
DEALS = "Id,Account Name.id,Stage,Closing Date,Created Time,Amount\n"


def written(folder: Path, text: str = CONFIGURATION, **tables: str) -> Path:
    """Write a configuration and its export files."""
    (folder / "exports").mkdir(exist_ok=True)
    for name, content in {"accounts": ACCOUNTS, "deals": DEALS, **tables}.items():
        (folder / "exports" / f"{name}.csv").write_text(content, encoding="utf-8")
    path = folder / "abm.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_a_right_configuration_is_summarised(tmp_path: Path) -> None:
    path = written(tmp_path)
    spoken = quintile("check", "-c", path)
    assert spoken.code == 0
    assert "No problem found." in spoken.out
    document = quintile("check", "--json", "-c", path).json
    accounts = document["modules"]["accounts"]
    assert accounts["by_hand"] == {"account_id": "Id", "tier": "Tier"}
    assert accounts["by_themselves"]["billing_country"] == "Country"
    assert accounts["extra_columns"] == ["Fax"]
    assert "employees" in accounts["no_value"]
    assert document["segments"] == ["large", "kept"]
    assert document["techniques"]["rfm"] == {"state": "on", "labels": 8}


def test_every_fault_of_the_configuration_has_file_line_path_and_nearest(tmp_path: Path) -> None:
    text = CONFIGURATION.replace("field: employees", "field: employes")
    path = written(tmp_path, text.replace("nature: static", "nature: statik"))
    spoken = quintile("check", "-c", path)
    assert spoken.code == 2
    assert spoken.out == ""
    place = f"{path}:{line_of(path, 'employes')}: segments[0].where.all[0].field: "
    assert place + "no field 'employes'; did you mean 'employees'?" in spoken.err
    assert f"{path}:{line_of(path, 'statik')}: segments[1].nature: " in spoken.err
    assert "2 problems; nothing was read or run." in spoken.err
    document = quintile("check", "--json", "-c", path).json
    assert document["is_valid"] is False
    assert {problem["line"] for problem in document["problems"]} == {
        line_of(path, "employes"),
        line_of(path, "statik"),
    }


def test_lost_and_doubled_columns_are_named_with_the_rules_that_need_them(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        CONFIGURATION.replace("{Standard}", ""),
        accounts=ACCOUNTS.replace("Tier", "Teir"),
        deals=DEALS.replace("Stage", "Stage,Deal Stage"),
    )
    spoken = quintile("check", "-c", path)
    assert spoken.code == 1
    lost = next(line for line in spoken.err.splitlines() if "'Teir'" in line)
    assert lost.startswith(f"{path}:{line_of(path, 'crm.accounts')}: modules.accounts.custom.tier")
    assert "no column 'Tier'; did you mean 'Teir'?" in lost
    assert "used by segment kept" in lost
    doubled = next(line for line in spoken.err.splitlines() if "fields.stage" in line)
    assert "several columns fit (LKP-3): 'Stage', 'Deal Stage'" in doubled


def test_a_missing_file_is_a_problem_of_its_module_and_hides_no_other(tmp_path: Path) -> None:
    path = written(tmp_path, accounts=ACCOUNTS.replace("Id,", "Nr,"))
    (tmp_path / "exports" / "deals.csv").unlink()
    spoken = quintile("check", "-c", path)
    assert spoken.code == 1
    assert f"{path}:{line_of(path, 'crm.deals')}: modules.deals" in spoken.err
    assert "no file holds the table 'deals'" in spoken.err
    assert "modules.accounts.fields.account_id" in spoken.err


def test_offline_looks_at_no_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    for file in (tmp_path / "exports").iterdir():
        file.unlink()
    assert quintile("check", "-c", path).code == 1
    spoken = quintile("check", "--offline", "-c", path)
    assert spoken.code == 0
    assert "The sources were not looked at." in spoken.out


def test_doubtful_scores_are_told_and_do_not_fail(tmp_path: Path) -> None:
    manual = (
        "techniques: {rfm: {frequency: {method: manual, "
        "scores: {5: {above: 8}, 4: {between: [5, 10]}, 2: {at_most: 2}}}}, firmographics: {}}"
    )
    text = CONFIGURATION.replace("techniques: {rfm: {}, firmographics: {}}", manual)
    spoken = quintile("check", "-c", written(tmp_path, text))
    assert spoken.code == 0
    assert "scores 4 and 5 overlap" in spoken.out.replace("5 and 4", "4 and 5")
    assert "a gap lies between scores" in spoken.out


@pytest.mark.parametrize("command", ["check", "explain", "members", "export", "exports", "status"])
def test_help_teaches(command: str) -> None:
    spoken = quintile(command, "--help")
    assert spoken.code == 0
    assert f"quintile {command}" in spoken.out or f"{command} [OPTIONS]" in spoken.out
    assert len(spoken.out) > 400
