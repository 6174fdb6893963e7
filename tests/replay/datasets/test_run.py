"""Test, then train: no score knows what its label, or any later one, will be; files are read as published."""

import tarfile
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from schemas.errors import ContractError
from streams.replay.datasets import bench, physionet2012, tihm_days
from streams.replay.datasets.rivals import FixedLimits, PartialNews2, PersonalDeviations
from streams.replay.datasets.rows import DAY_MIN, DataSet, Group, Reading, Row
from streams.replay.datasets.run import RISK, play


def rules() -> tuple[PartialNews2, FixedLimits, PersonalDeviations]:
    """Without river's learner, which takes seconds to import."""
    return PartialNews2(), FixedLimits(), PersonalDeviations()


def made(people: int = 40, days: int = 30, *, known_after: int = 2 * DAY_MIN) -> DataSet:
    """People whose saturation is low on some days, which are often followed by an event."""
    random = Random(1)
    rows = []
    for day in range(days):
        for person in range(people):
            at = day * DAY_MIN + person
            low = random.random() < 0.3
            spo2 = round(random.gauss(88_000 if low else 95_000, 1_000))
            label = random.random() < (0.5 if low else 0.05)
            reading = Reading("spo2", spo2, at)
            event = f"p{person}/{day}" if label else ""
            rows.append(Row(f"p{person}", at, (reading,), label, at + known_after, event, None))
    return DataSet(
        name="made",
        title="made",
        source="made",
        rows=tuple(rows),
        test_from_min=days // 2 * DAY_MIN,
        refractory_min=0,
        groups={f"p{person}": Group("male", "60 to 79") for person in range(people)},
        one_in=1,
    )


def test_it_learns_and_ranks_above_chance() -> None:
    """The model finds what the rules find, and is calibrated."""
    data = made()
    played = play(data, rules)
    labels = np.array([row.label for row in data.rows])
    late = played.columns[RISK][labels.size // 2 :]

    assert late[labels[labels.size // 2 :]].mean() > 2 * late[~labels[labels.size // 2 :]].mean()
    assert abs(late.mean() - labels[labels.size // 2 :].mean()) < 0.05


def test_no_score_looks_ahead() -> None:
    """Turning all labels that are not known yet changes no score before they are known."""
    data = made(people=10, days=12)
    cut = 6 * DAY_MIN
    turned = tuple(row if row.known_min <= cut else row._replace(label=not row.label) for row in data.rows)
    before = [n for n, row in enumerate(data.rows) if row.at_min <= cut]
    one, other = (play(each, rules).columns[RISK] for each in (data, replace(data, rows=turned)))

    assert one[before].tobytes() == other[before].tobytes()
    assert one.tobytes() != other.tobytes()


def test_the_same_set_gives_the_same_scores() -> None:
    """To the last bit."""
    one, other = (play(made(people=8, days=8), rules) for _ in range(2))

    assert one.columns[RISK].tobytes() == other.columns[RISK].tobytes()
    assert one.snapshot.digest == other.snapshot.digest


def test_physionet_2012_is_read_as_published(tmp_path: Path) -> None:
    """Units are converted, the impossible is left out, the outcome is known a day after discharge."""
    stay = "Time,Parameter,Value\n00:00,RecordID,7\n00:00,Age,64\n00:00,Gender,1\n00:07,HR,73\n00:07,GCS,14\n"
    stay += "01:30,Glucose,180\n01:30,HR,900\n01:30,FiO2,0.25\n02:00,Urine,60\n"
    outcome = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n7,6,1,5,-1,1\n"
    for name, text in {"set-a/7.txt": stay, "Outcomes-a.txt": outcome}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with tarfile.open(tmp_path / physionet2012.FILE, "w:gz") as archive:
        for name in ("set-a/7.txt", "Outcomes-a.txt"):
            archive.add(tmp_path / name, name)
    data = physionet2012.load(tmp_path)
    first, second = data.rows

    assert {"pulse": 73_000, "consciousness": 1} == {kind: milli for kind, milli, _ in first.readings}
    assert {"glucose": 9_991, "supplemental_o2": 1_000} == {kind: milli for kind, milli, _ in second.readings}
    assert first.label
    assert 6 * DAY_MIN == first.known_min - (first.at_min - 7)
    assert {"7": Group("male", "60 to 79")} == data.groups


def test_tihm_is_read_as_published(tmp_path: Path) -> None:
    """The label of a day is the next day's; agitation is none; the last day has none to foretell."""
    home = tmp_path / "tihm"
    home.mkdir()
    head = "patient_id,date,device_type,value,unit\n"
    days = "".join(f"a,2019-04-0{day} 09:00:00,Heart rate,7{day},beats/min\n" for day in (1, 2, 3, 4))
    (home / "Physiology.csv").write_text(head + days)
    labels = "a,2019-04-02 10:00:00,Pulse\na,2019-04-03 10:00:00,Agitation\n"
    (home / "Labels.csv").write_text("patient_id,date,type\n" + labels)
    (home / "Demographics.csv").write_text('patient_id,age,sex\na,"(70, 80]",Female\n')
    data = tihm_days.load(tmp_path)

    assert [True, False, False] == [row.label for row in data.rows]
    assert [2 * DAY_MIN] * 3 == [row.known_min - row.at_min for row in data.rows]
    assert {"a": Group("female", "(70, 80]")} == data.groups


def test_a_folder_without_the_files_says_what_it_wants(tmp_path: Path) -> None:
    """By name."""
    with pytest.raises(ContractError, match="Not found in the folder: any data set"):
        bench.found_in(tmp_path)
    with pytest.raises(ContractError, match="Not found in the folder: mood"):
        bench.found_in(tmp_path, ["mood"])
