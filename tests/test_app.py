"""The operator's page: what a click shows, keeps, refuses and deletes; and how it is served."""

import io
import os
import re
import socket
from types import SimpleNamespace

import pytest
from PIL import Image

from cctview import cli
from cctview.dataset.frames import open_dataset
from cctview.dataset.storage import alone_in
from cctview.investigate import server as serve
from cctview.investigate.app import App, mark_candidates
from cctview.investigate.dossier import MEMORY_ONLY, Drawer, build_dossier
from cctview.investigate.figures import dossier_html, map_png
from cctview.investigate.joins import FACTS
from cctview.investigate.search import JOINT, MCD, MED, SearchSettings, open_own_search
from tests.desks import FIRST, detection, small_search
from tests.scenes import write_scene

ACT = SearchSettings(MED, 6, False, False)


@pytest.fixture
def app(tmp_path):
    """The page on frames without a truth: two cameras, two vehicles and a person each."""
    write_scene(tmp_path / "frames")
    return App(open_own_search(open_dataset(tmp_path / "frames")), folder=tmp_path)


def test_a_click_finds_candidates_and_keeps_a_dossier(app):
    app.widget
    app.click(app.example)
    assert app.camera.picked == app.example
    assert app.dossier.picked == app.example
    assert app.camera.candidates["rank"].tolist() == [1, 2]
    assert app.camera.candidates["label"].str.contains("centred cosine ").all()
    assert list(app.drawer.dossiers) == [1]
    assert "nothing says" in app._shell.text.value


def test_a_click_in_the_browser_is_answered_before_the_dossier_is_built(app, monkeypatch):
    app.widget
    sent = []
    monkeypatch.setattr(app.camera, "send", lambda what, files=(): sent.append((what, app.dossier)))
    app.camera._handle_custom_msg({"kind": "pick", "id": app.example, "number": 1}, [])
    assert [what["kind"] for what, _ in sent] == ["marks", "answer"]
    assert [dossier for _, dossier in sent] == [None, None]
    assert app.camera.error is None
    assert app.dossier.picked == app.example
    assert len(app.camera.candidates) == 2
    assert "nothing says" in app._shell.text.value


def test_another_click_leaves_nothing_of_the_dossier_before(app):
    vehicles = app.search.detections.index
    app.click(vehicles[0])
    app.click(vehicles[1])
    assert list(app.drawer.dossiers) == [2]
    assert app.dossier.picked == vehicles[1]


def test_deleting_empties_the_page(app):
    app.widget
    app.click(app.example)
    assert "deleted" in app.delete()
    assert app.dossier is None
    assert app.drawer.dossiers == {}
    assert app.camera.picked is None
    assert app.camera.candidates.empty
    assert "No dossier" in app._shell.text.value
    assert app._shell.map.value == b""
    assert "no dossier" in app.delete()


def test_nothing_about_real_frames_is_saved_or_named(app, tmp_path, monkeypatch):
    assert app.about.startswith(MEMORY_ONLY)
    app.click(app.example)
    assert "memory only" in app.save("one.json")
    assert not (tmp_path / "one.json").exists()
    assert "no register" in app.join(FACTS[2])
    assert app.dossier.name is None
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    app._ipython_display_()
    assert "<img" not in str([one._repr_mimebundle_() for one in shown])


def test_saving_and_deleting_keep_to_the_files_of_this_page(tmp_path):
    search = small_search()
    app = App.__new__(App)
    app.search, app.judge, app.register, app.folder = search, None, None, tmp_path
    app.drawer, app.dossier, app._shell, app.says = Drawer(), None, None, ""
    app.camera = SimpleNamespace(mark=lambda _: None, picked=None)
    (tmp_path / "dossier-1.json").write_text("of an hour ago")
    for number, vehicle in ((1, 7), (2, 8)):
        app._keep(build_dossier(search, detection(vehicle, FIRST), SearchSettings(), 0.5, number))
        assert "Not saved" in app.save("dossier-1.json")
        assert "Not saved" in app.save(str(tmp_path / "a.json"))
        assert "Saved" in app.save(f"vehicle {number}.json")
        app.drawer.dossiers.pop(number)
    assert "2 files deleted" in app.delete()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "dossier-1.json": "of an hour ago"
    }


def test_a_person_cannot_be_searched_for(app):
    person = app.camera.detections.loc[app.camera.detections["type"] == "person", "id"].iloc[0]
    app.click(person)
    assert app.dossier is None
    assert "pick another box" in app.says
    assert app.camera.candidates.empty


def test_settings_are_followed_by_candidates_and_dossier(app):
    app.widget
    app.click(app.example)
    number = app.dossier.number
    app.set(sure=2.0)
    assert len(app.dossier.sightings) == 2
    assert app.dossier.number == number
    turn(app, ranking=MCD)
    assert app.settings.ranking == MCD
    assert app.camera.candidates["label"].str.contains("MCD ").all()
    sure = app._shell.panel.controls[2]
    assert sure.high <= 2
    assert app._shell.panel.values["sure"] == app.sure == sure.default
    turn(app, ranking=MED)
    assert app._shell.panel.values["sure"] == app.sure == app.threshold.default
    turn(app, sure=5.0)
    near = app.search.candidates(app.example, app.settings, 1)["distance"] <= 5
    assert app.sure == 5.0
    assert len(app.dossier.sightings) == 1 + int(near.sum())


def turn(app, **values):
    """What a hand does at the controls: their positions change, and nothing else."""
    panel = app._shell.panel
    wanted = panel.values | values
    panel.at = [control.position(wanted[control.name]) for control in panel.controls]


def test_candidates_that_are_linked_are_marked_and_in_the_dossier():
    pick, settings = detection(7, FIRST), SearchSettings(JOINT)
    found = mark_candidates(small_search(), pick, settings, 0.5)
    linked = found[~found["weak"]]
    assert linked["rank"].tolist() == [1, 1]
    assert linked["label"].str.endswith("% sure, linked").all()
    dossier = build_dossier(small_search(), pick, settings, 0.5)
    assert set(dossier.sightings["id"]) == {pick, *linked["id"]}
    assert mark_candidates(small_search(), pick, ACT, 0.0)["weak"].all()


def test_the_map_is_drawn_where_the_cameras_are_those_of_the_drive(app):
    picture = map_png(build_dossier(small_search(), detection(7, FIRST), SearchSettings()))
    assert Image.open(io.BytesIO(picture)).format == "PNG"
    app.click(app.example)
    assert map_png(app.dossier) == b"" == map_png(None)


def test_the_map_is_drawn_while_it_is_unfolded_alone(monkeypatch, app):
    drawn = []
    monkeypatch.setattr(
        "cctview.investigate.app.map_png", lambda dossier: drawn.append(dossier) or b"a map"
    )
    app.widget
    app.click(app.example)
    assert drawn == []
    app._shell.folded.selected_index = 1
    assert app._shell.map.value == b"a map"
    app.click(app.search.detections.index[1])
    assert drawn[1:] == [app.dossier]
    app._shell.folded.selected_index = None
    assert app._shell.map.value == b""


def test_what_is_written_into_the_page_is_escaped():
    dossier = build_dossier(small_search(), detection(7, FIRST), SearchSettings())
    dossier.read_off["type"] = "<script>alert(1)</script>", 0.5
    assert "<script>" not in dossier_html(dossier)
    assert "&lt;script&gt;" in dossier_html(dossier)


def test_what_a_killed_server_left_is_removed_and_what_another_uses_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(serve.tempfile, "tempdir", str(tmp_path))
    places = [tmp_path / f"cctview-app-{name}" for name in ("killed", "running", "fresh")]
    for place in places:
        (place / "found").mkdir(parents=True)
    (tmp_path / "cctview-app-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "frames").mkdir(parents=True)
    with alone_in(places[1]):
        for place in (*places[:2], tmp_path / "elsewhere"):
            os.utime(place, (0, 0))
        serve.clear_killed()
    assert [place.exists() for place in places] == [False, True, True]
    assert (tmp_path / "elsewhere" / "frames").exists()


def test_the_page_is_served_on_the_loopback_address_alone(tmp_path):
    words = serve.settings(tmp_path / "page.ipynb", 8123, "secret", "dark")
    assert "--Voila.ip=127.0.0.1" in words
    assert "--Voila.token=secret" in words
    assert "--Voila.port_retries=0" in words
    assert serve.write_page(tmp_path, tmp_path).read_text().count("open_app(folder=") == 1
    policy = serve.protection(8123)["headers"]["Content-Security-Policy"]
    assert not re.search(r"http|wss:|\*|ws:(?!//127.0.0.1:8123 )", policy)


def test_a_folder_or_port_that_will_not_do_is_told_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CCTVIEW_DATA", raising=False)
    monkeypatch.setenv("CCTVIEW_DATA", "")  # put back after the test, whatever the command sets
    assert cli.main(["app", str(tmp_path / "nothing"), "--no-browser"]) == 1
    assert "nothing" in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ValueError, match="choose another"):
            serve.pick_port(taken.getsockname()[1])
    assert serve.pick_port() > 0
