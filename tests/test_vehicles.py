"""The fleet and its meshes."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.road.bodywork import MATERIALS, paint_bodywork
from studio.road.meshes import build_mesh
from studio.road.vehicles import DESIGNS, FIXED_PAINT, KINDS, Marks, draw, make

MODELS = [(kind, design) for kind, designs in DESIGNS.items() for design in range(len(designs))]
STRENGTHS = ("dent", "dirt", "skirt", "lamps", "tint", "dash")
CHOICES = ("roof", "stripe", "panel", "sticker", "front", "visor")


def _fleet(individuality: float, count: int = 1500):
    return [draw(np.random.default_rng([3, i]), i, individuality) for i in range(count)]


@pytest.mark.parametrize(("kind", "design"), MODELS)
def test_mesh_is_closed_and_of_the_right_size(kind, design):
    vehicle = make(1, kind, design, FIXED_PAINT.get(kind, "white"))
    mesh = build_mesh(vehicle)
    spots, index = np.unique(mesh.points.round(6), axis=0, return_inverse=True)
    faces = index.reshape(-1)[mesh.faces]
    faces = faces[
        (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    ]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    directed = Counter(map(tuple, edges.tolist()))
    assert all(directed[b, a] == n for (a, b), n in directed.items()), (
        "every edge has a triangle on each side"
    )
    corners = mesh.points[mesh.faces]
    volume = (np.cross(corners[:, 0], corners[:, 1]) * corners[:, 2]).sum() / 6
    assert (
        0.03 * vehicle.length * vehicle.width * vehicle.height
        < volume
        < 1.3 * vehicle.length * vehicle.width * vehicle.height
    )
    low, high = mesh.points.min(0), mesh.points.max(0)
    assert abs(low[2]) < 0.01
    assert high[0] - low[0] == pytest.approx(vehicle.length, rel=0.04)
    assert vehicle.width * 0.98 < high[1] - low[1] < vehicle.width + 0.45
    assert vehicle.height * 0.97 < high[2] < vehicle.height + 0.25
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(("kind", "design"), MODELS)
def test_normals_point_outwards(kind, design):
    mesh = build_mesh(make(1, kind, design, "white"))
    corners = mesh.points[mesh.faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(flat, axis=1)
    agree = (flat * mesh.normals[mesh.faces].mean(1)).sum(1) > 0
    assert (agree * area).sum() > 0.97 * area.sum()


def test_fronts_of_one_kind_differ():
    for kind in ("sedan", "suv", "pickup"):
        skins = [
            paint_bodywork(make(1, kind, d, "silver"))[0][2, :60, :70]
            for d in range(len(DESIGNS[kind]))
        ]
        for i, first in enumerate(skins):
            assert all((first != other).any(-1).mean() > 0.05 for other in skins[:i])


def test_skin_uses_known_materials():
    skin, materials = paint_bodywork(draw(np.random.default_rng(1), 1, 1.0))
    assert skin.dtype == np.uint8
    assert skin.shape[0] == 5
    assert skin.shape[3] == 4
    assert skin[..., 3].max() < len(MATERIALS) == len(materials)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_individuality_only_adds(seed, first, second):
    low, high = (draw(np.random.default_rng(seed), 1, dial) for dial in sorted((first, second)))
    assert (low.kind, low.design, low.colour) == (high.kind, high.design, high.colour)
    for name in STRENGTHS:
        assert getattr(high.marks, name) >= getattr(low.marks, name)
    for name in CHOICES:
        assert not getattr(low.marks, name) or getattr(high.marks, name) == getattr(low.marks, name)
    shifts = zip(high.marks.paint_shift, low.marks.paint_shift)
    assert all(abs(more) >= abs(less) for more, less in shifts)


def test_without_individuality_only_model_and_colour_differ():
    looks = {}
    for vehicle in _fleet(0.0, 300):
        skin, _ = paint_bodywork(vehicle)
        looks.setdefault((vehicle.shape, vehicle.colour, "taxi" in vehicle.kind), set()).add(
            skin.tobytes()
        )
    assert max(map(len, looks.values())) == 1


def test_with_individuality_most_vehicles_are_unique():
    same_model = Counter((v.kind, v.design, v.colour, v.marks) for v in _fleet(1.0))
    assert max(same_model.values()) == 1


def test_drawing_is_repeatable_and_uses_the_same_dice():
    for dial in (0.0, 0.4, 1.0):
        rng = np.random.default_rng(8)
        first = draw(rng, 1, dial)
        assert first == draw(np.random.default_rng(8), 1, dial)
        assert rng.random() == pytest.approx(_after_one_draw())


def _after_one_draw() -> float:
    rng = np.random.default_rng(8)
    draw(rng, 1, 0.0)
    return rng.random()


def test_traffic_has_its_proportions():
    fleet = _fleet(0.5, 4000)
    kinds, total = Counter(v.kind for v in fleet), sum(KINDS.values())
    for kind, share in KINDS.items():
        assert kinds[kind] / len(fleet) == pytest.approx(share / total, abs=0.03)
    private = Counter(v.colour for v in fleet if v.kind in ("sedan", "suv"))
    assert private["white"] / sum(private.values()) == pytest.approx(0.25, abs=0.04)
    assert {v.detector_class for v in fleet} == {"car", "bus", "motorcycle"}
    assert all(v.colour == FIXED_PAINT[v.kind] for v in fleet if v.kind in FIXED_PAINT)


def test_marks_have_a_default_each():
    assert all(field.default is not None for field in fields(Marks))
    assert Marks() == Marks()


def test_dial_out_of_range_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        draw(np.random.default_rng(0), 1, 1.2)
