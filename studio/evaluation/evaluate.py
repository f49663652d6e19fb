"""Measure the shipped models on the test minutes of the real data: what the model cards say.

The detector is held against the stored RetinaNet boxes: those of at least 50 % whose longest side
is over 20 pixels must be found (IoU ≥ 0.5, whatever the type, one to one, best score first); a
detection of a box of 25–50 %, of a small one or of a duplicate counts neither way. Of the types
only persons are counted, since all 86 that RetinaNet found there at 50 % and more are persons by
eye, while most of its buses are none. The extractor has to tell the same vehicle in the next frame
from the others there, at each camera and better than the mean colour of a crop
(`studio.evaluation.same_vehicle`), and `measure.py` of the real data says how near it comes to its
teacher.

Membership inference asks whether a model betrays what it was trained on. Members are the last eight
minutes of training, 13:37 to 13:44, and the others the eight test minutes: the nearest in time that
can be had, though a quarter of an hour of changing light lies between them, so a figure a little
off .5 need not be memory.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from cctview.dataset import BOX, VEHICLE_TYPES, box_iou, box_side, crop, read_image
from cctview.detect import Detector
from cctview.extract import Extractor
from cctview.stats import bootstrap
from studio.evaluation.same_vehicle import (
    compare,
    cosine,
    labelled_pairs,
    linked_pairs,
    nearness,
)
from studio.training import real

ROUNDS = 400
MEMBERS_FROM = "13.37.00"


@dataclass(frozen=True)
class Figure:
    """A measured figure with its 95 % interval, by drawing whole minutes again."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f} {self.high:.3f}]"


def over_minutes(minutes: np.ndarray, statistic) -> Figure:
    """A statistic of rows with its interval: `statistic(rows)`, rows drawn by whole minutes with
    replacement.
    """
    return Figure(*bootstrap(statistic, minutes, rounds=ROUNDS).iloc[0])


def judge(found: pd.DataFrame, stored: pd.DataFrame, wanted: np.ndarray) -> np.ndarray:
    """Say of each detection in a frame whether it is right (1), wrong (0) or counts neither way
    (-1).

    Parameters
    ----------
    found, stored : DataFrame
        Boxes x1, y1, x2, y2; `found` also percent.
    wanted : ndarray of bool
        Which of the stored boxes must be found; the others are ignored.
    """
    iou = box_iou(found[BOX].to_numpy(float), stored[BOX].to_numpy(float))
    verdict, free = np.zeros(len(found), int), wanted.copy()
    for k in np.argsort(-found.percent.to_numpy(), kind="stable"):
        of_wanted = np.where(free, iou[k], 0)
        if len(of_wanted) and of_wanted.max() >= 0.5:
            verdict[k] = 1
            free[of_wanted.argmax()] = False
        elif (iou[k][~wanted] >= 0.5).any():
            verdict[k] = -1
    return verdict


def detector_table(detector: Detector) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every detection on the test frames with its verdict, its overlap with the wanted boxes (IoU)
    and its size, and every frame with its number of wanted boxes.
    """
    frames, stored = real.load_frames(), real.load_detections()
    groups = stored.groupby(["cam", "sec"]).groups
    rows, counts = [], []
    for frame in tqdm(
        list(frames[frames.split == "test"].itertuples()), desc="detect", unit="frame"
    ):
        truth = stored.loc[groups.get((frame.cam, frame.sec), [])]
        longest = np.maximum(truth.x2 - truth.x1, truth.y2 - truth.y1)
        duplicate = truth.dup_or_nonveh & ~truth.cls.isin(["person", "bicycle"])
        wanted = ((truth["prob"] >= 50) & (longest > 20) & ~duplicate).to_numpy()
        found = detector.detect(read_image(frame.jpeg, f"{frame.cam} {frame.time}"))
        overlap = box_iou(found[BOX].to_numpy(float), truth[wanted][BOX].to_numpy(float))
        rows.append(
            found.assign(
                verdict=judge(found, truth, wanted),
                minute=frame.sec // 60,
                overlap=overlap.max(1, initial=0),
                side=box_side(found),
            )
        )
        people = truth[(truth.cls == "person") & (truth["prob"] >= 50)]
        seen = found[(found.type == "person") & (found.percent >= 50)]
        right = judge(seen, people, np.ones(len(people), bool)) == 1
        counts.append((frame.sec // 60, wanted.sum(), len(people), right.sum()))
    columns = ["minute", "wanted", "people", "people_found"]
    return pd.concat(rows, ignore_index=True), pd.DataFrame(counts, columns=columns)


def recall_at_precision(
    verdicts: pd.DataFrame, wanted: int, precision: float
) -> tuple[float, float]:
    """Largest recall among the thresholds that keep at least that precision, and the threshold in
    per cent.
    """
    counted = verdicts[verdicts.verdict >= 0].sort_values("percent", ascending=False)
    right = counted.verdict.cumsum().to_numpy()
    good = np.flatnonzero(right / np.arange(1, len(right) + 1) >= precision)
    return (
        (right[good[-1]] / wanted, counted.percent.iloc[good[-1]]) if len(good) else (0.0, np.nan)
    )


def detector_figures(detector: Detector) -> dict[str, Figure]:
    """Recall at two precisions, and both at the threshold of 50 %."""
    verdicts, counts = detector_table(detector)
    by_minute = counts.groupby("minute").sum()
    minutes, wanted = by_minute.index.to_numpy(), by_minute.wanted.to_numpy()
    people = by_minute[["people_found", "people"]].to_numpy()
    of_minute = dict(list(verdicts.groupby("minute")))

    def figure(measure):
        def statistic(rows):
            drawn = pd.concat([of_minute[minutes[k]] for k in rows])
            return measure(drawn, wanted[rows].sum())

        return over_minutes(minutes, statistic)

    def sure(v):
        return v[(v.percent >= 50) & (v.verdict >= 0)].verdict

    def tight(v, least, most):
        return v.overlap[(v.verdict == 1) & (v.side >= least) & (v.side < most)].mean()

    return {
        "recall at precision .70": figure(lambda v, n: recall_at_precision(v, n, 0.70)[0]),
        "recall at precision .85": figure(lambda v, n: recall_at_precision(v, n, 0.85)[0]),
        "recall at 50 %": figure(lambda v, n: sure(v).sum() / n),
        "precision at 50 %": figure(lambda v, n: sure(v).mean()),
        "IoU of right boxes of 20 to 60 px": figure(lambda v, n: tight(v, 20, 60)),
        "IoU of right boxes of 60 px and more": figure(lambda v, n: tight(v, 60, np.inf)),
        "recall of persons at 50 %": over_minutes(
            minutes, lambda rows: np.divide(*people[rows].sum(0))
        ),
    }


def embed_real(extractor: Extractor) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Embed every stored detection of a vehicle.

    Returns
    -------
    detections : DataFrame
        Those of `real.load_detections` with their `row` there.
    embeddings : ndarray, shape (n, 1920)
    colours : ndarray, shape (n, 3)
        The mean colour of each crop: three numbers, what every network should do better than.
    """
    detections = real.load_detections()
    detections = detections.assign(row=np.arange(len(detections)))
    detections = detections[
        detections.cls.isin(VEHICLE_TYPES) & ~detections.dup_or_nonveh
    ].reset_index(drop=True)
    images = {(f.cam, f.sec): f.jpeg for f in real.load_frames().itertuples()}
    embeddings = np.empty((len(detections), extractor.dimensions), np.float32)
    colours = np.empty((len(detections), 3), np.float32)
    for key, group in tqdm(
        detections.groupby(["cam", "sec"], sort=False), desc="embed", unit="frame"
    ):
        image = read_image(images[key], f"frame {key}")
        crops = [crop(image, box) for box in group[BOX].to_numpy()]
        embeddings[group.index] = extractor.extract(crops)
        colours[group.index] = [own.mean((0, 1)) for own in crops]
    return detections, embeddings, colours


def membership_figures(
    member: np.ndarray, score: np.ndarray, minutes: np.ndarray, name: str
) -> dict[str, Figure]:
    """How well a score tells members from others: AUC, and the share of members found at 1 % false
    alarms.

    Parameters
    ----------
    member : ndarray of bool, shape (n,)
    score : ndarray of float, shape (n,)
        Higher for what the attacker takes for a member.
    minutes : ndarray, shape (n,)
        The minute of each, which the bootstrap draws.
    name : str
        The attack.
    """

    def auc(rows):
        return roc_auc_score(member[rows], score[rows]) if len(set(member[rows])) == 2 else np.nan

    def found(rows):
        own, others = score[rows][member[rows]], score[rows][~member[rows]]
        return (own > np.quantile(others, 0.99)).mean() if len(own) and len(others) else np.nan

    return {
        f"membership by {name}: AUC": over_minutes(minutes, auc),
        f"membership by {name}: found at 1 % false alarms": over_minutes(minutes, found),
    }


def members_of(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last training minutes and of the test minutes, with `member`."""
    near = (table.split == "test") | ((table.split == "train") & (table.time >= MEMBERS_FROM))
    return table[near].assign(member=table.split[near] == "train", minute=table.sec[near] // 60)


def extractor_membership(
    detections: pd.DataFrame, embeddings: np.ndarray, teacher: np.ndarray
) -> dict[str, Figure]:
    """The attacker who has the teacher: how near a crop's embedding lies to the teacher's.

    Parameters
    ----------
    detections : DataFrame
        As `embed_real` gives them.
    embeddings, teacher : ndarray of float32, shape (n, 1920)
        The student's and the teacher's.
    """
    asked = members_of(detections)
    rows = asked.index.to_numpy()
    own, theirs = embeddings[rows] - teacher.mean(0), teacher[rows] - teacher.mean(0)
    cosine = (own * theirs).sum(1) / (np.linalg.norm(own, axis=1) * np.linalg.norm(theirs, axis=1))
    return membership_figures(
        asked.member.to_numpy(), cosine, asked.minute.to_numpy(), "nearness to the teacher"
    )


def detector_membership(detector: Detector) -> dict[str, Figure]:
    """The attacker who has the labels: how well a frame's boxes fit them (mean IoU of the sure
    boxes, every fourth frame).
    """
    frames, stored = members_of(real.load_frames()).iloc[::4], real.load_detections()
    sure = stored[(stored["prob"] >= 50) & ~stored.dup_or_nonveh]
    groups = sure.groupby(["cam", "sec"]).groups
    frames = frames[[key in groups for key in zip(frames.cam, frames.sec)]]
    scores = []
    for frame in tqdm(list(frames.itertuples()), desc="membership", unit="frame"):
        truth = sure.loc[groups[frame.cam, frame.sec]][BOX].to_numpy(float)
        found = detector.detect(read_image(frame.jpeg, f"{frame.cam} {frame.time}"))[BOX].to_numpy(
            float
        )
        scores.append(box_iou(truth, found).max(1, initial=0).mean())
    return membership_figures(
        frames.member.to_numpy(), np.array(scores), frames.minute.to_numpy(), "the detector's fit"
    )


def measure(detections: pd.DataFrame, embeddings: np.ndarray) -> str:
    """What `measure.py` of the real data prints about the embeddings."""
    with tempfile.TemporaryDirectory() as folder:
        stored = Path(folder) / "embeddings.npz"
        np.savez(stored, ids=detections.id.to_numpy(str), embeddings=embeddings.astype(np.float16))
        command = [sys.executable, str(real.folder() / "measure.py"), str(stored)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main(
    detector_weights: Path | None = None,
    extractor_weights: Path | None = None,
    labelled: Path | None = None,
) -> tuple[pd.DataFrame, dict[str, tuple[float, ...]]]:
    """Print the figures of the shipped models, or of the given weights.

    Parameters
    ----------
    detector_weights, extractor_weights : Path, optional
    labelled : Path, optional
        Pairs labelled by eye: see `studio.evaluation.same_vehicle`.

    Returns
    -------
    DataFrame
        How well the same vehicle is told in the next frame, camera by camera.
    dict
        Each other figure, by its name: estimate, low, high.
    """
    detector = Detector(detector_weights, minimum_percent=5)
    figures = detector_figures(detector) | detector_membership(detector)
    detections, embeddings, colours = embed_real(Extractor(extractor_weights))
    mean, components = real.load_basis()
    teacher = real.load_teacher_coordinates()[detections.row] @ components + mean
    tested = (detections.split == "test").to_numpy()
    kinds = {"by motion and colour": linked_pairs(detections, tested)}
    if labelled:
        kinds["by eye"] = labelled_pairs(labelled, detections)
    told = compare(
        kinds,
        {
            "mean colour": nearness(colours),
            "teacher": cosine(teacher),
            "network": cosine(embeddings),
            "network, Euclidean distance": nearness(embeddings),
        },
    )
    figures |= extractor_membership(detections, embeddings, teacher)
    for name, figure in figures.items():
        print(f"{name:66s} {figure}")
    print(told.to_string(index=False, float_format="{:.3f}".format))
    print(measure(detections, embeddings), end="")
    return told, {name: (each.value, each.low, each.high) for name, each in figures.items()}
