"""Tables of deployments: what is read, and that every faulty row is named."""

from __future__ import annotations

import pandas as pd
import pytest

from wildpose.ecology import folder_deployments, read_deployments
from wildpose.ecology.deployments import COLUMNS
from wildpose.errors import DataError, UsageError

HEAD = "deployment,start,end\n"
MONTH = "2024-03-01T08:00,2024-03-31T08:00"


def test_effort_is_in_days_with_fractions(table):
    read = read_deployments(table(f"{HEAD}a,{MONTH}\nb,2024-03-01T08:00,2024-03-01T20:00\n"
                                  "c,2024-03-01T08:00,2024-03-01T08:00\n"))
    assert list(read.columns) == list(COLUMNS)
    assert read["effort_days"].tolist() == [30.0, 0.5, 0.0]
    assert read["folder"].tolist() == ["a", "b", "c"]
    assert read["row"].tolist() == [2, 3, 4]


def test_dates_alone_run_from_noon_to_noon(table):
    read = read_deployments(table(f"{HEAD}a,2024-03-01,2024-03-31\n"))
    assert read["effort_days"].tolist() == [30.0]
    assert read["covers_to"].tolist() == [pd.Timestamp("2024-03-31T23:59:59")]


def test_the_columns_of_camtrap_dp_are_understood(table):
    read = read_deployments(table(
        "deploymentID,locationID,locationName,latitude,longitude,deploymentStart,deploymentEnd,"
        "cameraID\ndep1,loc1,Hill,-1.95,29.87,2024-03-01T08:00:00+02:00,2024-03-31T08:00:00+02:00,"
        "cam7\n"))
    row = read.iloc[0]
    assert (row.deployment, row.location, row.camera) == ("dep1", "Hill", "cam7")
    assert (row.latitude, row.longitude, row.timezone) == (-1.95, 29.87, "+02:00")
    assert row.start == pd.Timestamp("2024-03-01T08:00")


def test_summer_time_between_start_and_end_is_no_hour_of_effort(table):
    read = read_deployments(table(
        f"{HEAD}a,2024-03-30T12:00+01:00,2024-04-01T13:00+02:00\n"))
    assert read["effort_days"].tolist() == [2.0]
    assert read["end"].tolist() == [pd.Timestamp("2024-04-01T12:00")]


@pytest.mark.parametrize(("content", "encoding"), [
    ("Deployment;Start;End\na;2024-03-01;2024-03-31\n\n", "utf-8-sig"),
    ("deployment\tstart date\tend_date\r\na\t2024-03-01\t2024-03-31\r\n\t\t\r\n", "utf-8"),
    ("\"deployment\",start,end,remarks\na,2024-03-01,2024-03-31,\"two\nlines\"\n", "utf-8")])
def test_spreadsheets_write_tables_in_many_ways(table, content, encoding):
    assert read_deployments(table(content, encoding=encoding))["deployment"].tolist() == ["a"]


@pytest.mark.parametrize(("rows", "said"), [
    ("a,,2024-03-31", "row 2: start is empty"),
    ("a,2024-03-01", "row 2: end is empty"),
    (f",{MONTH}", "row 2: deployment is empty"),
    ("a,01/03/2024,2024-03-31", "row 2: start '01/03/2024' is no time such as"),
    (f"b,{MONTH}\na,2024-03-31,2024-03-01", "row 3: a ends before it begins"),
    (f"a,{MONTH}\nb,{MONTH}\na,2024-05-01,2024-06-01", "rows 2 and 4: the name a stands"),
    ("", "holds no deployment")])
def test_faults_are_named_with_their_rows(table, rows, said):
    path = table(f"{HEAD}{rows}\n")
    with pytest.raises(DataError) as caught:
        read_deployments(path)
    assert f"{path}: {said}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("column", "value", "said"), [
    ("latitude", "91", "latitude '91' is no number from -90 to 90"),
    ("longitude", "7,4 E", "longitude '7,4 E' is no number from -180 to 180"),
    ("latitude", "nan", "latitude 'nan' is no number"),
    ("timezone", "summer", "timezone 'summer' is no time zone")])
def test_places_and_zones_are_checked(table, column, value, said):
    path = table(f"deployment,start,end,{column}\na,{MONTH},\"{value}\"\n")
    with pytest.raises(DataError, match=f"row 2: {said}"):
        read_deployments(path)


def test_the_first_faults_are_named_and_the_others_counted(table):
    path = table(HEAD + "".join(f"d{i},,2024-03-31\n" for i in range(7)))
    with pytest.raises(DataError, match=r"row 2: .*; row 5: start is empty; and 3 more\."):
        read_deployments(path)


def test_deployments_of_one_folder_must_not_overlap(table):
    head = "deployment,folder,start,end\n"
    touching = ("a1,a,2024-03-01T08:00,2024-03-11T08:00\na2,a,2024-03-11T08:00,2024-03-21T08:00\n"
                "b1,b,2024-03-05T08:00,2024-03-06T08:00\n")
    assert len(read_deployments(table(head + touching))) == 3
    path = table(f"{head}a0,a,2024-03-20,2024-03-25\n{touching}")
    with pytest.raises(DataError, match="rows 2 and 4: a2 and a0 of folder a overlap in time"):
        read_deployments(path)


def test_a_long_deployment_is_held_against_all_later_ones(table):
    path = table("deployment,folder,start,end\na,x,2024-03-01,2024-03-31\n"
                 "b,x,2024-03-02,2024-03-03\nc,x,2024-03-10,2024-03-12\n")
    with pytest.raises(DataError, match=r"rows 2 and 3: .*; rows 2 and 4: "):
        read_deployments(path)


def test_one_camera_is_not_in_two_places_at_once(table):
    path = table(f"deployment,start,end,camera\na,{MONTH},cam1\nb,{MONTH},cam1\nc,{MONTH},\n"
                 f"d,{MONTH},\n")
    with pytest.raises(DataError, match="rows 2 and 3: a and b of camera cam1 overlap in time"):
        read_deployments(path)


def test_a_column_that_is_missing_is_named_with_what_it_may_be_called(table):
    with pytest.raises(DataError, match=r"no column start.*Call one start or deploymentStart or"):
        read_deployments(table("deployment,begin,end\n"))


def test_no_file_and_no_text_are_said(table, tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_deployments(tmp_path / "none.csv")
    with pytest.raises(DataError, match="not written in UTF-8"):
        read_deployments(table("deployment,start,end\nForêt,2024-03-01,2024-03-31\n",
                               encoding="latin-1"))


def test_a_quote_that_is_never_closed_is_no_csv(table):
    with pytest.raises(DataError, match="is no CSV: field larger than"):
        read_deployments(table(f'{HEAD}"a,{MONTH}\n' + "b," * 100_000))


def test_without_a_table_each_folder_is_a_deployment_of_unknown_dates():
    made = folder_deployments(["b", "a", "b"])
    assert made["deployment"].tolist() == made["folder"].tolist() == ["a", "b"]
    assert made[["start", "effort_days"]].isna().all(axis=None)
    assert str(made["start"].dtype) == "datetime64[us]"
