"""The clickable camera, sliders and predictions as far as Python goes; `test_browser.py` looks at
them in a browser.
"""

import base64
import io
import json
import re
from itertools import islice
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from cctview.dataset.frames import open_dataset
from cctview.show.widgets import (
    Camera,
    Choice,
    Float,
    Int,
    Sliders,
    Steps,
    Toggle,
    all_sliders,
    predict,
)
from cctview.show.widgets.camera_still import CAPTION, TILE, compose_still
from cctview.show.widgets.prediction import PRESENTER
from studio.lessons import without_live_views
from tests.scenes import found, write_scene

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def scene(tmp_path):
    write_scene(tmp_path)
    return tmp_path


@pytest.fixture
def sent(monkeypatch):
    """What a camera sends to the browser."""
    messages = []
    monkeypatch.setattr(
        Camera, "send", lambda self, content, buffers=None: messages.append((content, buffers))
    )
    return messages


def click(camera, name, number=1):
    camera._answer(camera, {"kind": "pick", "id": name, "number": number}, [])


def test_a_click_picks_calls_back_and_marks_what_is_returned(scene, sent):
    rows = []
    camera = Camera(scene, on_pick=lambda row: rows.append(row) or [camera.detections.id.iloc[4]])
    click(camera, camera.detections.id.iloc[0], number=7)
    assert camera.picked == camera.detections.id.iloc[0] == rows[0].id
    assert rows[0].type == "car"
    assert camera.candidates.to_dict("records") == [
        {"id": camera.detections.id.iloc[4], "rank": 1, "label": ""}
    ]
    answer = sent[-1][0]
    assert (answer["kind"], answer["number"], answer["error"]) == ("answer", 7, None)
    click(camera, None)
    assert camera.picked is None
    assert camera.candidates.empty


def test_what_a_callback_raises_is_told_to_the_browser(scene, sent):
    camera = Camera(scene, on_pick=lambda row: 1 / 0)
    click(camera, camera.detections.id.iloc[0])
    assert "ZeroDivisionError" in sent[-1][0]["error"]
    assert isinstance(camera.error, ZeroDivisionError)
    camera._on_pick = None
    click(camera, camera.detections.id.iloc[1])
    assert camera.error is None
    assert sent[-1][0]["error"] is None


def test_a_message_from_the_browser_cannot_pick_what_is_not_there(scene, sent):
    camera = Camera(scene)
    click(camera, "<script>")
    assert camera.picked is None
    assert "no detection" in sent[-1][0]["error"]


def test_a_minute_is_sent_as_stored_with_its_boxes(scene, sent):
    dataset = open_dataset(scene)
    camera = Camera(dataset)
    camera._answer(camera, {"kind": "need", "camera": 1, "chunk": 0}, [])
    content, buffers = sent[-1]
    assert buffers == [dataset.jpeg(dataset.frames.id[1])]
    here = dataset.detections[dataset.detections.camera == "2-S"]
    assert [box[0] for box in content["boxes"][0]] == here.id.tolist()
    assert [box[3:] for box in content["boxes"][0]] == here[
        ["x1", "y1", "x2", "y2"]
    ].to_numpy().tolist()
    json.dumps(content)


def test_every_frame_is_in_one_minute_and_no_trait_holds_a_picture():
    dataset = open_dataset("data")
    camera = Camera(dataset, minutes=1)
    messages = []
    camera.send = lambda content, buffers=None: messages.append((content, buffers))
    for k in range(len(camera.cameras)):
        for chunk in {seconds // 60 for seconds in camera._index["cameras"][k]["times"]}:
            camera._send_chunk(k, chunk)
    wanted = dataset.frames[
        dataset.frames.time < dataset.frames.time.min().floor("min") + pd.Timedelta(minutes=1)
    ]
    assert sum(len(buffers) for _, buffers in messages) == len(wanted)
    shown = {box[0] for content, _ in messages for boxes in content["boxes"] for box in boxes}
    assert shown == set(dataset.detections.id[dataset.detections.frame.isin(wanted.id)])
    traits = {
        name: value for name, value in camera.get_state().items() if name not in ("_esm", "_css")
    }
    assert len(json.dumps(traits, default=str)) < 20_000


def test_a_damaged_frame_leaves_the_others(scene, sent):
    path = next(scene.rglob("1-N*--original.jpeg"))
    path.write_bytes(b"")
    camera = Camera(scene, together=True)
    camera._send_chunk(0, 0)
    assert sent[-1][1] == [b""]
    assert Image.open(io.BytesIO(camera.still())).size[0] > TILE


def test_show_goes_to_frames_detections_and_cameras(scene):
    camera = Camera(scene)
    camera.show("2-S")
    assert camera.camera == "2-S"
    camera.show(camera.detections.id.iloc[0])
    assert camera.frame == camera.detections.frame.iloc[0]
    camera.show(camera.detections.frame.iloc[-1])
    assert camera.camera == "2-S"
    with pytest.raises(ValueError, match="no camera, frame or detection"):
        camera.show("3-N")


def test_show_a_camera_keeps_the_clock():
    camera = Camera("data")
    camera._at = [0, 20]
    now = camera._frames[camera.camera].time[20]
    camera.show("689-640-S")
    times = camera._frames["689-640-S"].time
    assert times[camera._at[1]] == times[times <= now].max()


def test_cameras_stand_in_driving_order():
    assert Camera("sample").cameras == [
        "733-681-N",
        "735-683-N",
        "689-640-S",
        "253-134-S",
        "732-680-N",
        "731-679-N",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"cameras": "3-N"}, ValueError, "it has 1-N, 2-S"),
        ({"cameras": []}, ValueError, "no camera"),
        ({"minutes": (5, 6)}, ValueError, "no frame in minutes 5 to 6"),
        ({"minutes": "soon"}, ValueError, "give how many"),
        ({"on_pick": "me"}, TypeError, "on_pick"),
        ({"detections": found()}, TypeError, "lack camera, frame, id"),
        ({"travel": {("1-N", "3-N"): 9}}, ValueError, "no pair of neighbours"),
        ({"travel": [9]}, TypeError, "travel"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(scene, arguments, error, words):
    with pytest.raises(error, match=words):
        Camera(scene, **arguments)


def test_candidates_are_refused_with_a_remedy(scene):
    camera = Camera(scene)
    with pytest.raises(ValueError, match="no detection"):
        camera.mark(["x"])
    with pytest.raises(ValueError, match="1 labels for 0"):
        camera.mark([], ["far"])
    with pytest.raises(ValueError, match="'id' or 'target'"):
        camera.mark(pd.DataFrame({"a": [1]}))
    with pytest.raises(ValueError, match="no detection"):
        camera.picked = "x"


def test_the_matches_of_the_pipeline_can_be_marked(scene):
    camera = Camera(scene)
    ids = camera.detections.id.tolist()
    camera.candidates = pd.DataFrame(
        {"base": ids[0], "camera": "2-S", "target": ids[3:5], "distance": [0.1, 0.2]}
    )
    assert camera.candidates.id.tolist() == ids[3:5]
    assert camera.candidates["rank"].tolist() == [
        1,
        2,
    ]


@pytest.fixture
def shown(monkeypatch):
    """What is displayed."""
    things = []
    monkeypatch.setattr("IPython.display.display", things.append)
    return things


def test_the_still_shows_frames_boxes_and_picks(scene, shown):
    camera = Camera(scene)
    camera._ipython_display_()
    still, live = (one._repr_mimebundle_() for one in shown)
    assert WIDGET in live
    assert WIDGET not in still
    assert "1-N" in still["text/plain"]
    assert camera.model_id not in still["text/plain"]
    assert re.search(
        r'<img src="data:image/jpeg;base64,[^"]+" alt="Clickable camera: 1-N', still["text/html"]
    )
    plain = np.asarray(Image.open(io.BytesIO(camera.still())))
    camera.picked = camera.detections.id.iloc[0]
    assert (np.asarray(Image.open(io.BytesIO(camera.still()))) != plain).any()
    camera.together = True
    assert Image.open(io.BytesIO(camera.still())).width > 2 * TILE


def test_a_still_scales_boxes_with_the_picture():
    sheet = compose_still([(np.zeros((24, 32, 3), np.uint8), "", [(8, 6, 16, 12, "picked", "")])])
    assert sheet.size == (TILE, 24 * TILE // 32 + CAPTION)
    yellow = np.argwhere(
        (np.asarray(sheet)[..., :2] > 200).all(axis=2) & (np.asarray(sheet)[..., 2] < 100)
    )
    assert yellow.min(axis=0).tolist() == [6 * 11, 8 * 11]
    assert yellow.max(axis=0).tolist() == [
        12 * 11,
        16 * 11,
    ]


def bars(values):
    figure = Figure(figsize=(3, 2))
    figure.subplots().bar([0], [values["height"]])
    return figure


def make_sliders(**options):
    return Sliders(bars, [Float("height", 0.5, 2, 1.0), Toggle("log")], **options)


def test_a_move_in_the_browser_is_followed_and_reset_comes_back():
    sliders = make_sliders()
    panel, sent = sliders.widget, []
    panel.send = lambda message, buffers=(): sent.append((message, *buffers))
    panel.at = [len(sliders.controls["height"].positions()) - 1, 0]
    assert sliders.values == {"height": 2.0, "log": False}
    message, picture = sent[-1]
    assert Image.open(io.BytesIO(picture)).format == "PNG"
    assert picture == make_sliders().state(height=2.0).picture != make_sliders().state().picture
    sliders.reset()
    assert panel.at == panel._first
    assert sliders.values == {"height": 1.0, "log": False}
    assert sent[-1][0]["key"] == ",".join(map(str, panel.at)) != message["key"]


def test_a_number_goes_to_the_nearest_position_and_a_default_is_one():
    control = Float("height", 0.5, 2, 1.03, step=0.1, unit="m")
    assert control.positions()[control.position(1.03)] == 1.03
    assert control.positions()[control.position(1.84)] == 1.8
    assert [control.positions()[k] for k in (0, -1)] == [0.5, 2]
    assert control.words(2) == "2.0 m"


def test_steps_speak_as_people_do():
    control = Steps("prior", {f"1 in {n:,}": 1 / n for n in (1, 1000)}, label="wanted")
    assert control.spec() == {
        "kind": "slider", "label": "wanted", "about": "", "words": ["1 in 1", "1 in 1,000"],
    }  # fmt: skip
    assert control.positions() == [1, 0.001]


def test_all_states_can_be_had_and_too_many_are_thinned():
    drawn = []

    def counted(values):
        drawn.append(values["height"])
        return bars(values)

    sliders = Sliders(counted, [Float("height", 0.5, 2, 1.0, step=0.5), Toggle("log")])
    states = sliders.states()
    assert sorted(states) == sorted(f"{k},{on}" for k in range(4) for on in (0, 1))
    assert states["3,1"].picture == make_sliders().state(height=2, log=True).picture
    sliders.states()
    assert len(drawn) == len(states)
    few = make_sliders().states(most=20)
    assert 10 < len(few) <= 20
    assert "50,0" in few  # the default


def test_what_a_next_move_could_need_comes_first():
    sliders = Sliders(bars, [Float("height", 0.5, 2, 1.0, step=0.1), Toggle("log")])
    first = list(islice(sliders.ahead(everything=False), 4))
    assert first[0] == (5, 0)
    assert {abs(height - 5) for height, log in first[1:3]} == {1}
    near, all_of_them = (list(sliders.ahead(everything)) for everything in (False, True))
    assert (5, 1) in near
    assert (0, 1) not in near
    assert len(set(all_of_them)) == 16 * 2


def test_what_an_update_raises_is_shown_and_tried_again():
    def failing(values):
        if values["height"] > 1.5 and broken:
            raise RuntimeError("no <data>")
        return bars(values)

    broken, sent = [True], []
    sliders = Sliders(failing, [Float("height", 0.5, 2, 1.0)])
    sliders.widget.send = lambda message, buffers=(): sent.append(message)
    sliders.set(height=2.0)
    assert "RuntimeError: no <data>" in sent[-1]["error"]
    broken.clear()
    sliders.reset()
    sliders.set(height=2.0)
    assert "error" not in sent[-1]


def test_sliders_where_widgets_do_not_run(shown):
    sliders = make_sliders(draw=lambda figure: figure, describe=lambda figure: "One bar.")
    sliders._ipython_display_()
    still, live = (one._repr_mimebundle_() for one in shown)
    assert WIDGET in live
    picture = base64.b64encode(sliders.state().picture).decode()
    described = 'alt="One bar. At height = 1.00, log = no."'
    assert f'src="data:image/png;base64,{picture}" {described}' in still["text/html"]
    assert still["text/plain"] == "Figure with sliders, at height = 1.00, log = no. One bar."


def test_a_prediction_folds_the_figure_and_the_answer(shown):
    question = predict("Up or <down>?", ["up", "down"], "up", "Up <it> is.")
    sliders = make_sliders(prediction=question, describe=lambda figure: "One bar.")
    sliders._ipython_display_()
    asked, live = shown
    bundle = asked._repr_mimebundle_()
    assert "Up or &lt;down&gt;?" in question.still
    before, folded = question.still.split("<details>")
    assert "Up &lt;it&gt; is." not in before
    assert "Up &lt;it&gt; is." in folded
    assert folded.index("<img") < folded.index("</details>")
    assert bundle["text/plain"] == "Predict first. Up or <down>?"
    assert question.covers in sliders.widget._dom_classes


def test_a_presenter_sees_all_at_once(monkeypatch):
    assert not predict("How?", ["a", "b"], "a", "So.").state["open"]
    monkeypatch.setenv(PRESENTER, "1")
    assert predict("How?", ["a", "b"], ["a", "b"], "So.").state["open"]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Float("x", 1, 0, 0), ValueError, "smaller"),
        (lambda: Int("x", 0, 1, 2), ValueError, "default 2"),
        (lambda: Choice("x", []), ValueError, "nothing to choose"),
        (lambda: Choice("x", ["a"], "b"), ValueError, "not one of 'a'"),
        (lambda: Sliders("bars", []), TypeError, "function"),
        (lambda: Sliders(bars, []), ValueError, "at least one"),
        (lambda: Sliders(bars, ["x"]), TypeError, "no control"),
        (lambda: Sliders(bars, [Toggle("x"), Toggle("x")]), ValueError, "name of its own"),
        (lambda: make_sliders().set(width=1), ValueError, "height, log"),
        (lambda: make_sliders().set(height=3), ValueError, "not between"),
        (lambda: make_sliders().set(log="maybe"), ValueError, "neither True nor False"),
        (
            lambda: Sliders(lambda values: 3, [Toggle("x")]).state(),
            TypeError,
            "expected a matplotlib Figure",
        ),
        (lambda: predict("", ["a", "b"], "a", "x"), ValueError, "needs a question"),
        (lambda: predict("x", ["one"], "one", "y"), ValueError, "two choices"),
        (lambda: predict("x", ["a", "b"], "c", "y"), ValueError, "none of the choices"),
    ],
)
def test_bad_specifications_are_refused_with_a_remedy(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_sliders_that_were_made_can_be_found():
    sliders = make_sliders()
    assert all_sliders()[-1] is sliders


def test_live_views_are_taken_out_and_stills_left():
    live = nbformat.v4.new_output("display_data", data={WIDGET: {"model_id": "x"}})
    still = nbformat.v4.new_output("display_data", data={"text/html": "y", "text/plain": "z"})
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("1", outputs=[still, live]),
            nbformat.v4.new_markdown_cell("2"),
        ]
    )
    assert without_live_views(notebook).cells[0].outputs == [still]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_notebook_was_committed_with_a_live_view(path):
    assert WIDGET not in path.read_text(encoding="utf-8"), (
        "run studio.lessons.without_live_views on it before it is saved"
    )
