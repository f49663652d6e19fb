"""The operator's page: cameras in driving order, candidates for the clicked vehicle, its dossier.

Notebook 07 shows it, and `cctview app` serves it (`cctview.investigate.server`). What it shows is
made by pure functions of the pick and the settings, `mark_candidates` and `dossier_html`; `App`
puts them into widgets. A click is answered with candidates first. Only then is the dossier built.
"""

import html
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from cctview import show
from cctview.dataset import place_of
from cctview.investigate.dossier import (
    MEMORY_ONLY,
    Drawer,
    build_dossier,
    check_name,
    free_name,
)
from cctview.investigate.evaluation import Judge
from cctview.investigate.figures import candidate_rows, dossier_html, map_png, truth_html
from cctview.investigate.joins import FACTS, join
from cctview.investigate.search import (
    CENTRED,
    JOINT,
    MCD,
    MED,
    NotSearchable,
    SearchSettings,
    VehicleSearch,
)
from cctview.link import in_traffic

_COUNT = 4  # candidates a camera
_THRESHOLDS = {
    JOINT: show.Float("sure", 0.0, 1.0, 0.5, 0.05, "link from", "confidence", say=show.percent),
    CENTRED: show.Float("sure", 0.0, 1.0, 0.4, 0.01, "link up to", "distance"),
    MED: show.Float("sure", 5.0, 30.0, 16.0, 0.5, "link up to", "distance"),
    MCD: show.Float("sure", 0.0, 0.6, 0.18, 0.01, "link up to", "distance"),
}
"""From where on a first candidate is linked, for each ranking."""
_INVENTED = "<b>No vehicle here is real.</b> The road, its drivers and the register are invented."
_BORROWED = " Travel times between these cameras are those of the simulated road."
_DELETE = "Delete this dossier"


def mark_candidates(
    search: VehicleSearch,
    detection: str,
    settings: SearchSettings,
    sure: float,
    judge: Judge | None = None,
) -> pd.DataFrame:
    """What one click finds: candidates past every other camera, as from `VehicleSearch.candidates`,
    with `label` and `weak` for `Camera.mark`, and `right` where a judge knows.
    """
    candidates = search.candidates(detection, settings, _COUNT)
    first = candidates["rank"] == 1
    if settings.ranking == JOINT:
        probability = candidates["probability"]
        groups = [search.group_of(name) for name in candidates["id"]]
        slower = search.joint_model.slower(search.group_of(detection), groups)
        score = [
            (f"{100 * p:.0f} % sure" if p >= 0.01 else "under 1 %") + in_traffic(longer)
            for p, longer in zip(probability, slower, strict=True)
        ]
        linked = first & (probability >= sure)
    else:
        digits = 1 if settings.ranking == MED else 2
        score = [f"{settings.ranking} {distance:.{digits}f}" for distance in candidates["distance"]]
        linked = first & (candidates["distance"] <= sure)
    label = [words + (", linked" if hit else "") for words, hit in zip(score, linked, strict=True)]
    candidates = candidates.assign(label=label, weak=~linked)
    for row in candidates[first & ~linked].itertuples():
        why = "not found"
        if settings.ranking == JOINT:
            why = search.joint_model.why_not(search.group_of(detection), row.camera)
        candidates.loc[row.Index, "label"] = f"{why}; at best {row.label}"
    return candidates if judge is None else judge.candidates(detection, candidates)


class App:
    """The page.

    Parameters
    ----------
    search : VehicleSearch
    register : DataFrame, optional
        From `cctview.course.register.make_register`; without one nothing can be joined.
    minutes : int, optional
        Of the recording that are shown, from its beginning; by default all.
    borrowed : bool
        Whether travel times are those of other frames, which the page then says.
    folder : path_like, optional
        Where files are saved; by default the working folder.
    example : str, optional
        A detection to begin with; by default `VehicleSearch.example`.
    judge : Judge, optional
        Adds what of it all is right, where that is known.

    Attributes
    ----------
    camera : cctview.show.widgets.Camera
    drawer : Drawer
    dossier : Dossier or None
    settings : SearchSettings
    """

    def __init__(
        self,
        search,
        register=None,
        minutes=None,
        borrowed=False,
        folder=".",
        example=None,
        judge=None,
    ):
        if search.own:
            show.store_nothing()
        self.search, self.register, self.judge = search, register, judge
        self.folder = Path(folder).resolve()
        self.drawer, self.dossier, self._shell = Drawer(), None, None
        self.settings = SearchSettings(
            next(iter(search.rankings.values())),
            travel=search.travel_times is not None,
            lanes=search.finder is not None,
        )
        self.sure = self.threshold.default
        self.camera = show.Camera(search.dataset, minutes=minutes, on_pick=self._picked)
        self.camera.on_msg(self._answered)  # handlers are called in order: the camera's is first
        self.example = example or search.example()
        self.says = ""
        self.about = MEMORY_ONLY + (_BORROWED if borrowed else "") if search.own else _INVENTED

    @property
    def widget(self):
        """The page as one ipywidgets box; made when first asked for."""
        if self._shell is None:
            self._shell = _Shell(self)
        return self._shell.box

    @property
    def threshold(self) -> show.Float:
        """From where on a first candidate is linked, by default: of own frames, by themselves."""
        usual = _THRESHOLDS[self.settings.ranking]
        if not self.search.own or self.settings.ranking == JOINT:
            return usual
        own = round(self.search.threshold(self.settings.ranking), 2)
        return replace(usual, low=0.0, high=max(usual.high, 2 * own), default=own)

    def click(self, detection: str) -> None:
        """What a click on a detection does."""
        self.camera.picked = str(detection)
        self.camera.mark(self._picked(self.camera.detections.loc[str(detection)]))
        self._open()
        self.camera.show(str(detection))

    def set(self, sure: float | None = None, **settings) -> None:
        """Change how is searched; the present pick is looked up again."""
        before, self.settings = self.settings, replace(self.settings, **settings)
        if sure is not None:
            self.sure = sure
        elif self.settings.ranking != before.ranking:
            self.sure = self.threshold.default
        if self.dossier is not None:
            self.camera.mark(self._find(self.dossier.picked))
            self._build(self.dossier.picked, self.dossier.number)
        self._refresh()

    def delete(self) -> str:
        """Delete the dossier that is open, and every file that was saved; says what is gone."""
        self.says = self.drawer.delete_all()
        self.dossier = None
        self.camera.picked = None
        self.camera.mark(None)
        self._refresh()
        return self.says

    def save(self, name: str) -> str:
        """Save the dossier that is open as a new file in the folder; says where, or why not."""
        try:
            if self.dossier is None:
                raise ValueError("There is no dossier to save: click a vehicle first.")
            path = self.folder / check_name(str(name))
            path = self.drawer.save(self.dossier.number, path)
            self.says = f"Saved: {path}. The file stays when this page is closed."
        except (ValueError, OSError) as error:
            self.says = f"Not saved. {error}"
        self._refresh()
        return self.says

    def join(self, fact: str, camera: str | None = None) -> str:
        """Put an outside fact beside the dossier that is open; says whom it names."""
        try:
            if self.dossier is None:
                raise ValueError("There is no dossier yet: click a vehicle first.")
            if self.register is None:
                raise ValueError(
                    "There is no register: it is invented for the simulated road, and knows"
                    " nobody else."
                )
            self._keep(join(self.dossier, self.register, fact, camera))
            self.says = str(self.dossier.name)
        except ValueError as error:
            self.says = str(error)
        self._refresh()
        return self.says

    def _find(self, detection):
        return mark_candidates(self.search, detection, self.settings, self.sure, self.judge)

    def _build(self, detection, number):
        build = partial(build_dossier, self.search) if self.judge is None else self.judge.dossier
        self._keep(build(detection, self.settings, self.sure, number))

    def _picked(self, row):
        """The candidates; the dossier that was open is closed, unless it is about this one."""
        if self.dossier is not None and self.dossier.picked != row.id:
            self.drawer.dossiers.pop(self.dossier.number, None)
            self.dossier = None
        try:
            return self._find(row.id)
        except NotSearchable:  # the dossier will say it
            return []

    def _answered(self, _, message, buffers):
        if message.get("kind") == "pick" and self.camera.picked is not None:
            self._open()

    def _open(self):
        """Build the dossier of what is picked, or say why there is none."""
        self.says, held = "", self.dossier
        try:
            number = held.number if held is not None else self.drawer.next_number()
            self._build(self.camera.picked, number)
        except NotSearchable as error:
            self.says = str(error)
        self._refresh()

    def _keep(self, dossier):
        self.dossier = dossier
        self.drawer.keep(dossier)

    def _refresh(self):
        if self._shell is not None:
            self._shell.refresh()

    def still(self) -> show.Card:
        """The page as a figure, for where widgets do not run."""
        candidates = self._find(self.dossier.picked)
        seen = candidates.drop(columns="right", errors="ignore")  # no operator has it
        return candidate_rows(self.search, self.dossier.picked, seen)

    def _ipython_display_(self):
        if self.dossier is None or self.search.own:
            show.display_alone(self.widget)
        else:
            still = self.still()._repr_mimebundle_()["text/html"]
            show.display_cameras(self.widget, still, "The operator's page")


class _Shell:
    """The ipywidgets of an `App`."""

    def __init__(self, app):
        import ipywidgets

        self.app = app
        self.panel = show.Panel(self._controls(), vars(app.settings) | {"sure": app.sure})
        self.panel.observe(self._changed, "at")
        style = (Path(__file__).parent / "app.css").read_text(encoding="utf-8")
        look = ipywidgets.HTML(f"<style>{style}</style>", layout={"display": "none"})
        head = _words(f'<h2>CCTView</h2><div class="says">{app.about}</div>')
        watched = _classed(ipywidgets.VBox([app.camera]), "watched")
        held = _classed(
            ipywidgets.VBox([*self._dossier(), *self._joining(), *self._outcome()]), "held"
        )
        columns = _classed(ipywidgets.Box([watched, held]), "columns")
        self.box = _classed(ipywidgets.VBox([look, head, columns]), "cctview-app")
        self.refresh()

    def _dossier(self):
        """The dossier, and what can be done with it."""
        import ipywidgets

        app = self.app
        self.text = _classed(show.Live(dossier_html(None)), "wide")
        self.delete = ipywidgets.Button(description=_DELETE, button_style="danger")
        self.delete.on_click(lambda _: app.delete())
        self.name = ipywidgets.Text(description="file")
        self.save = ipywidgets.Button(description="Save")
        self.save.on_click(lambda _: app.save(self.name.value))
        named = _classed(self.name, "file")
        buttons = [_classed(self.delete, "fitted"), named, _classed(self.save, "fitted")]
        row, self.truth = _classed(ipywidgets.Box(buttons), "row"), _classed(show.Live(), "wide")
        return [_heading("The dossier: what the operator sees"), self.text, row, self.truth]

    def _joining(self):
        """The outside facts."""
        import ipywidgets

        app, none = self.app, self.app.register is None
        places = {"where it was picked": None}
        places |= {_name(camera): camera for camera in app.search.cameras}
        fact = ipywidgets.Dropdown(
            options=list(FACTS), value=FACTS[-1], description="outside fact", disabled=none
        )
        where = ipywidgets.Dropdown(options=places, description="read at", disabled=none)
        for menu in (fact, where):
            menu.style.description_width = "initial"
        self.joined = ipywidgets.Button(description="Join")
        self.joined.on_click(lambda _: app.join(fact.value, where.value))
        row = [_classed(widget, "fitted") for widget in (fact, where, self.joined)]
        return [_classed(ipywidgets.Box(row), "row")]

    def _outcome(self):
        """What was done, the map, and the settings."""
        import ipywidgets

        self.status = _classed(show.Live(), "wide")
        self.map = _classed(show.Live(b"", "image/png", "The trip on the map"), "map")
        titles = ("How the system searches", "The trip on the map")
        self.folded = ipywidgets.Accordion([self.panel, self.map], titles=titles)
        self.folded.observe(lambda _: self._draw(), "selected_index")
        return [self.status, _classed(self.folded, "wide")]

    def _draw(self):
        """The map, which takes longer than a click may; while it is folded nothing is drawn."""
        shown = self.folded.selected_index == 1
        self.map.value = map_png(self.app.dossier) if shown else b""
        self.map.layout.display = None if self.map.value else "none"

    def _controls(self):
        app, usual, sure = self.app, self.app.threshold, self.app.sure
        low, high = min(usual.low, sure), max(usual.high, sure)
        return [
            show.Choice("ranking", app.search.rankings, app.settings.ranking, "ranked by"),
            show.Int("minutes", 1, 12, app.settings.minutes, label="minutes before and after"),
            replace(usual, low=low, high=high, default=sure),
            show.Toggle("travel", app.settings.travel, "only what fits the travel time"),
            show.Toggle("lanes", app.settings.lanes, "only lanes that lead the same way"),
        ]

    def _changed(self, _):
        """The reader has turned something; a page that changes after it is not asked again."""
        app, wanted = self.app, self.panel.values
        held = vars(app.settings) | {"sure": app.sure}
        if changed := {name: value for name, value in wanted.items() if held[name] != value}:
            app.set(**changed)

    def refresh(self):
        """Show what the app holds."""
        app = self.app
        joint, fixed = app.settings.ranking == JOINT, set()
        if joint or app.search.travel_times is None:
            fixed.add("travel")
        if joint or app.search.finder is None:
            fixed.add("lanes")
        self.panel.change(self._controls(), vars(app.settings) | {"sure": app.sure}, fixed)
        self.text.value, self.truth.value = dossier_html(app.dossier), truth_html(app.dossier)
        files = len(app.drawer.files)
        also = f" and {files} file{'s' if files > 1 else ''}" if files else ""
        self.delete.description = _DELETE + also
        nothing = app.dossier is None
        self.delete.disabled = nothing and not files
        self.save.disabled = self.name.disabled = nothing or app.search.own
        self.joined.disabled = nothing or app.register is None
        if not app.search.own and self.name.value in ("", *(p.name for p in app.drawer.files)):
            self.name.value = free_name(app.folder)
        self._draw()
        hint = " The joint model weighs travel time and lanes in any case." if joint else ""
        words = html.escape(app.says) or hint
        self.status.value = f'<div class="says" role="status" aria-live="polite">{words}</div>'


def _classed(widget, name):
    widget.add_class(name)
    return widget


def _words(text):
    import ipywidgets

    return _classed(ipywidgets.HTML(text), "wide")


def _heading(text):
    return _words(f'<div class="says"><b>{text}</b></div>')


def _name(camera):
    place = place_of(camera)
    return place.name if place else camera
