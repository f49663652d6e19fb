"""The operator's page: cameras in driving order, candidates for the vehicle that is clicked, and
the dossier that this builds.

Notebook 07 shows it, and `cctview app` serves it (`cctview.investigate.server`). What it shows is made by pure
functions of the pick and the settings, `look_up` and `dossier_html`; `App` puts them into widgets.
"""

import html
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from cctview.dataset.road import driving_order, place_of
from cctview.investigate.dossier import (
    FACTS,
    MEMORY_ONLY,
    Dossier,
    Drawer,
    build_dossier,
    join,
)
from cctview.investigate.figures import candidate_rows
from cctview.investigate.search import JOINT, MCD, MED, Search
from cctview.show.road_map import drive
from cctview.show.widgets.camera import Camera
from cctview.show.widgets.controls import Choice, Float, Int, Toggle

COUNT = 4  # candidates a camera
THRESHOLDS = {
    JOINT: Float("sure", 0.0, 1.0, 0.5, 0.05, "threshold", "probability"),
    MED: Float("sure", 5.0, 30.0, 16.0, 0.5, "threshold", "distance"),
    MCD: Float("sure", 0.0, 0.6, 0.18, 0.01, "threshold", "distance"),
}
"""From where on a first candidate is linked, for each ranking."""
SIMULATED = "<b>No vehicle here is real.</b> The road, its drivers and the register are invented."
BORROWED = " Travel times between these cameras are those of the simulated road."
LOOK = """<style>
.cctview-app { --jp-widgets-font-size: 15px; color: var(--jp-ui-font-color1, inherit); }
.cctview-app h2 { margin: 0 0 2px; font-size: 20px; }
.cctview-app .says { font-size: 15px; line-height: 1.4; }
.cctview-app table.dossier { border-collapse: collapse; font-size: 15px; line-height: 1.4; width: 100%; }
.cctview-app table.dossier th { text-align: left; vertical-align: top; padding: 2px 12px 2px 0; font-weight: 600;
  white-space: nowrap; color: var(--jp-ui-font-color2, inherit); background: none; }
.cctview-app table.dossier td { text-align: left; padding: 2px 0; background: none; }
.cctview-app table.dossier tr { background: none; border-bottom: 1px solid var(--jp-border-color2, #8888); }
</style>"""


@dataclass(frozen=True)
class View:
    """What the page shows for a pick.

    Attributes
    ----------
    candidates : DataFrame
        As from `cctview.investigate.search.Desk.candidates`, with `label` and `weak` for `Camera.mark`.
    dossier : Dossier
    """

    candidates: pd.DataFrame
    dossier: Dossier


def look_up(desk, detection, search, sure, number=1):
    """What one click finds: candidates before every other camera, and the dossier."""
    found = desk.candidates(detection, search, COUNT)
    first = found["rank"] == 1
    if search.ranking == JOINT:
        score = [
            f"{100 * p:.0f} % sure" if p >= 0.01 else "under 1 %" for p in found["probability"]
        ]
        linked = first & (found["probability"] >= sure)
    else:
        digits = 2 if search.ranking == MCD else 1
        score = [f"{search.ranking} {distance:.{digits}f}" for distance in found["distance"]]
        linked = first & (found["distance"] <= sure)
    label = [words + (", linked" if hit else "") for words, hit in zip(score, linked, strict=True)]
    found = found.assign(label=label, weak=~linked)
    return View(found, build_dossier(desk, detection, search, sure, number))


def dossier_html(dossier):
    """The dossier as an HTML table, or what stands in its place."""
    if dossier is None:
        return (
            '<p class="says">No dossier. Click a vehicle in the picture above: one click builds'
            " one.</p>"
        )
    rows = "".join(
        f"<tr><th>{html.escape(what)}</th><td>{html.escape(held)}</td></tr>"
        for what, held in dossier.lines()
    )
    return f'<table class="dossier"><tbody>{rows}</tbody></table>'


def map_png(dossier):
    """The dossier's trip on the map, as a PNG file; b"" where there is no trip, or no map."""
    if (
        dossier is None
        or len(dossier.sightings) < 2
        or not all(place_of(camera) for camera in dossier.sightings["camera"])
    ):
        return b""
    trip, sure = dossier.sightings[["camera", "time"]], dossier.sightings["probability"]
    title = (
        None
        if sure.isna().all()
        else f"Linked at {len(trip)} cameras; the least sure link is {100 * sure.min():.0f} %"
    )
    note = (
        "Frames of your own"
        if dossier.own
        else "Simulated frames, our model world. Right or wrong: the operator is not told"
    )
    return drive(trip, title=title, note=note).to_bytes(dots=130)


class App:
    """The page.

    Parameters
    ----------
    desk : cctview.investigate.search.Desk
    register : DataFrame, optional
        From `cctview.course.register.make_register`; without one nothing can be joined.
    minutes : int, optional
        Of the recording that are shown, from its beginning; by default all.
    borrowed : bool
        Whether travel times are those of other frames, which the page then says.
    folder : path_like, optional
        Where a file is saved of which only the name is given; by default the working folder.
    example : str, optional
        A detection to begin with; by default the largest vehicle's at the first camera.

    Attributes
    ----------
    camera : cctview.show.widgets.Camera
    drawer : cctview.investigate.dossier.Drawer
    dossier : Dossier or None
    """

    def __init__(self, desk, register=None, minutes=None, borrowed=False, folder=".", example=None):
        self.desk, self.register, self.folder = desk, register, Path(folder).resolve()
        self.drawer, self.dossier, self._shell = Drawer(), None, None
        self.search = Search(
            next(iter(desk.rankings.values())), travel=desk.motion is not None, lanes=not desk.own
        )
        self.sure = THRESHOLDS[self.search.ranking].default
        self.camera = Camera(desk.dataset, minutes=minutes, on_pick=self._picked)
        self.example = example or self._largest()
        self.says = ""
        self.about = MEMORY_ONLY + (BORROWED if borrowed else "") if desk.own else SIMULATED

    @property
    def widget(self):
        """The page as one ipywidgets box; made when first asked for."""
        if self._shell is None:
            self._shell = _Shell(self)
        return self._shell.box

    def _largest(self):
        """The largest vehicle at the first camera that has one."""
        rows = self.camera.detections
        rows = rows[rows["id"].isin(self.desk.detections.index)]
        rows = rows[rows["camera"] == driving_order(rows["camera"].unique())[0]]
        return str(((rows["x2"] - rows["x1"]) * (rows["y2"] - rows["y1"])).idxmax())

    def click(self, detection):
        """What a click on a detection does."""
        self.camera.picked = str(detection)
        self.camera.mark(self._picked(self.camera.detections.loc[str(detection)]))
        self.camera.show(str(detection))

    def set(self, sure=None, **search):
        """Change how is searched; the present pick is looked up again."""
        before, self.search = self.search, replace(self.search, **search)
        self.sure = sure if sure is not None else self.sure
        if self.search.ranking != before.ranking and sure is None:
            self.sure = THRESHOLDS[self.search.ranking].default
        if self.dossier is not None:
            view = look_up(
                self.desk, self.dossier.picked, self.search, self.sure, self.dossier.number
            )
            self._keep(view.dossier)
            self.camera.mark(view.candidates)
        self._refresh()

    def delete(self):
        """Delete the dossier that is open; says what is gone."""
        self.says = (
            self.drawer.delete(self.dossier.number)
            if self.dossier
            else "There is no dossier to delete."
        )
        self.dossier = None
        self.camera.picked = None
        self.camera.mark(None)
        self._refresh()
        return self.says

    def save(self, name):
        """Save the dossier that is open; says where, or why not."""
        try:
            if self.dossier is None:
                raise ValueError("There is no dossier to save: click a vehicle first.")
            if not str(name).strip():
                raise ValueError("Say where: give the name of a file.")
            self.says = (
                "Saved:"
                f" {self.drawer.save(self.dossier.number, self.folder / Path(str(name).strip()).expanduser())}"
            )
        except (ValueError, OSError) as error:
            self.says = f"Not saved. {error}"
        self._refresh()
        return self.says

    def join(self, fact, camera=None):
        """Put an outside fact beside the dossier that is open; says whom it names."""
        try:
            if self.dossier is None:
                raise ValueError("There is no dossier yet: click a vehicle first.")
            if self.register is None:
                raise ValueError(
                    "There is no register here: it is invented for the simulated road, and knows"
                    " nobody else."
                )
            self._keep(join(self.dossier, self.register, fact, camera, vehicle=self._vehicle()))
            self.says = dict(self.dossier.lines())["the join"]
        except ValueError as error:
            self.says = str(error)
        self._refresh()
        return self.says

    def _vehicle(self):
        if self.desk.own:
            return None
        return int(
            self.desk.finder.passages.table["vehicle"].iloc[self.desk.group_of(self.dossier.picked)]
        )

    def _picked(self, row):
        if self.dossier is not None and self.dossier.picked != row.id:
            self.drawer.dossiers.pop(self.dossier.number, None)
            self.dossier = None
        number = self.dossier.number if self.dossier is not None else self.drawer.next_number()
        try:
            view = look_up(self.desk, row.id, self.search, self.sure, number)
        except KeyError as error:
            self.says = str(error.args[0])
            self._refresh()
            return []
        self._keep(view.dossier)
        self.says = ""
        self._refresh()
        return view.candidates

    def _keep(self, dossier):
        self.dossier = dossier
        self.drawer.keep(dossier)

    def _refresh(self):
        if self._shell is not None:
            self._shell.refresh()

    def still(self):
        """The page as a figure, for where widgets do not run."""
        found = look_up(
            self.desk, self.dossier.picked, self.search, self.sure, self.dossier.number
        ).candidates
        return candidate_rows(self.desk, self.dossier.picked, found)

    def _repr_mimebundle_(self, **kwargs):
        data = {"text/plain": "The operator's page"}
        about = {}
        if self.dossier is not None:
            figure, about = self.still()._repr_mimebundle_()
            data = {**figure, **data}
        return (
            data | self.widget._repr_mimebundle_(**kwargs) | {"text/plain": data["text/plain"]},
            about,
        )


class _Shell:
    """The ipywidgets of an `App`."""

    def __init__(self, app):
        import ipywidgets as w

        self.app, self.quiet = app, False
        full, side = {"width": "100%"}, {"flex": "1 1 330px", "min_width": "0", "width": "auto"}
        head = w.HTML(f'<h2>CCTView</h2><div class="says">{app.about}</div>', layout=full)
        self.controls = self._controls()
        settings = w.VBox(
            [w.HTML('<div class="says"><b>How is searched</b></div>'), *self.controls.values()],
            layout=full,
        )
        self.text = w.HTML(dossier_html(None), layout=full)
        self.map = w.Image(
            format="png", layout={"max_width": "100%", "width": "640px", "display": "none"}
        )
        self.status = w.HTML(layout=full)
        wide = {"width": "auto"}
        delete = w.Button(description="Delete this dossier", button_style="danger", layout=wide)
        delete.on_click(lambda _: app.delete())
        name = w.Text(
            "dossier.json", description="file", layout={"width": "220px", "max_width": "100%"}
        )
        save = w.Button(description="Save", layout=wide, disabled=app.desk.own)
        save.on_click(lambda _: app.save(name.value))
        name.disabled = app.desk.own
        fact = w.Dropdown(
            options=list(FACTS),
            value=FACTS[-1],
            description="outside fact",
            layout={"width": "auto"},
        )
        places = {"where it was picked": None} | {
            _name(camera): camera for camera in app.desk.cameras
        }
        where = w.Dropdown(options=places, description="read at", layout={"width": "auto"})
        joining = w.Button(description="Join", layout=wide, disabled=app.register is None)
        joining.on_click(lambda _: app.join(fact.value, where.value))
        for menu in (fact, where):
            menu.style.description_width = "initial"
        fact.disabled = where.disabled = app.register is None
        row = {"flex_flow": "row wrap", "align_items": "center", "width": "100%"}
        parts = [
            w.HTML('<div class="says"><b>The dossier</b></div>'),
            self.text,
            w.Box([delete, name, save], layout=row),
        ]
        parts += [w.Box([fact, where, joining], layout=row), self.status, self.map, settings]
        look = w.HTML(LOOK, layout={"display": "none"})
        watched = w.VBox([app.camera], layout=side | {"flex": "2 1 330px"})
        wraps = {"flex_flow": "row wrap", "width": "100%", "align_items": "flex-start"}
        desk = w.Box([watched, w.VBox(parts, layout=side)], layout=wraps)
        self.box = w.VBox([look, head, desk], layout=full)
        self.box.add_class("cctview-app")
        self.refresh()

    def _controls(self):
        app = self.app
        known = app.desk.motion is not None
        specs = [
            Choice("ranking", app.desk.rankings, app.search.ranking, "ranked by"),
            Int("minutes", 1, 12, app.search.minutes, label="minutes", unit="before and after"),
            THRESHOLDS[app.search.ranking],
            Toggle("travel", app.search.travel, "only what fits the travel time"),
            Toggle("lanes", app.search.lanes, "only lanes that lead the same way"),
        ]
        widgets = {spec.name: spec.widget() for spec in specs}
        for name, widget in widgets.items():
            widget.layout.width, widget.layout.max_width = "100%", "560px"
            widget.style.description_width = "initial"
            if hasattr(widget, "continuous_update"):
                widget.continuous_update = False
            widget.observe(lambda change, name=name: self._changed(name, change.new), "value")
        widgets["travel"].disabled, widgets["lanes"].disabled = not known, not known or app.desk.own
        return widgets

    def _changed(self, name, value):
        if not self.quiet:
            self.app.set(**{name: value})

    def refresh(self):
        """Show what the app holds."""
        app = self.app
        spec, sure, self.quiet = THRESHOLDS[app.search.ranking], self.controls["sure"], True
        with sure.hold_trait_notifications():
            sure.min, sure.max, sure.step, sure.value = spec.low, spec.high, spec.step, app.sure
        sure.description, sure.readout_format = spec.text, ".1f" if spec.step >= 0.5 else ".2f"
        for name in ("ranking", "minutes", "travel", "lanes"):
            self.controls[name].value = getattr(app.search, name)
        joint = app.search.ranking == JOINT
        self.controls["travel"].disabled = joint or app.desk.motion is None
        self.controls["lanes"].disabled = joint or app.desk.own
        self.quiet = False
        self.text.value = dossier_html(app.dossier)
        self.map.value = map_png(app.dossier)
        self.map.layout.display = None if self.map.value else "none"
        hint = " The joint model weighs travel time and lanes in any case." if joint else ""
        said = html.escape(app.says) or hint
        self.status.value = f'<div class="says" role="status" aria-live="polite">{said}</div>'


def _name(camera):
    place = place_of(camera)
    return place.name if place else camera
