"""The naming grammar: exact round trips, and errors that name the part."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctview.dataset.ids import DetectionId, FrameId, is_camera

cameras = st.from_regex(r"[0-9A-Za-z]{1,5}(-[0-9A-Za-z]{1,3}){0,3}", fullmatch=True)
times = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)).map(
    lambda t: t.replace(microsecond=0)
)
frames = st.builds(FrameId, cameras, times)


@st.composite
def detections(draw):
    x1, y1 = draw(st.integers(-50, 4000)), draw(st.integers(-50, 4000))
    width, height = draw(st.integers(1, 4000)), draw(st.integers(1, 4000))
    percent = draw(st.integers(0, 1000)) / 10
    kind = draw(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
    return DetectionId(
        draw(frames), draw(st.integers(1, 99_999)), kind, percent, (x1, y1, x1 + width, y1 + height)
    )


@given(frames)
def test_a_frame_reads_back_as_it_was_written(frame):
    assert FrameId.parse(str(frame)) == frame


@given(detections())
def test_a_detection_reads_back_as_it_was_written(detection):
    assert DetectionId.parse(str(detection)) == detection


@given(
    st.text(max_size=60)
    | st.from_regex(
        r"[0-9-]{1,9}--20\d\d-\d\d-\d\d--\d\d\.\d\d\.\d\d(--detections--\d--car--.{0,30})?"
    )
)
def test_any_text_either_reads_back_exactly_or_is_refused_with_its_name(name):
    for kind in (FrameId, DetectionId):
        try:
            read = kind.parse(name)
        except ValueError as error:
            assert repr(name) in str(error)
        else:
            assert str(read) == name


GOOD = "735-683-N--2020-05-05--13.34.46--detections--2--car--29.0--10x10--119.87v129.97"


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (GOOD.replace("735-683-N", "735_683"), "camera '735_683'"),
        (GOOD.replace("05-05", "02-30"), "'2020-02-30--13.34.46'"),
        (GOOD.replace("13.34.46", "13.34.4"), "date and time '2020-05-05--13.34.4'"),
        (GOOD.replace("--2--", "--0--"), "number '0'"),
        (GOOD.replace("car", "Car"), "type 'Car'"),
        (GOOD.replace("29.0", "29"), "percentage '29'"),
        (GOOD.replace("29.0", "100.1"), "percentage '100.1'"),
        (GOOD.replace("10x10", "10*10"), "size '10*10'"),
        (
            GOOD.replace("10x10", "11x10"),
            "size '11x10' contradicts the box '119.87v129.97', which is 10x10",
        ),
        (
            GOOD.replace("10x10", "10x11"),
            "size '10x11' contradicts the box '119.87v129.97', which is 10x10",
        ),
        (GOOD.replace("119.87v", "119,87v"), "box '119,87v129.97'"),
        (GOOD.replace("119.87v", "0119.87v"), "box '0119.87v129.97'"),
        (GOOD.replace("--detections--", "--"), "no '--detections--'"),
        (GOOD + "--9", "after '--detections--'"),
        (GOOD + "\n", "box"),
        (GOOD.replace("10x10", "١٠x10"), "size"),
    ],
)
def test_an_error_names_the_part_that_is_wrong(wrong, part):
    with pytest.raises(ValueError) as error:
        DetectionId.parse(wrong)
    assert part in str(error.value)
    assert repr(wrong) in str(error.value)


def test_a_box_may_pass_the_edge():
    name = "1-N--2031-05-05--00.00.00--detections--1--bus--100.0--8x9---3.-2v5.7"
    assert DetectionId.parse(name).box == (-3, -2, 5, 7)
    assert str(DetectionId.parse(name)) == name


def test_every_name_of_the_original_reads_back(real):
    lines = (real / "sample" / "sample--detections.csv").read_text().splitlines()
    crops = [path.stem for path in (real / "sample").glob("**/*--detections/*.jpeg")]
    assert len(lines) == 65
    assert len(crops) == 57
    assert all(str(DetectionId.parse(name)) == name for name in lines + crops)


@pytest.mark.parametrize(
    "text", ["735-", "-N", "735-683-", "735--N", "735_683", "", "733 681", "73é"]
)
def test_what_is_no_camera(text):
    assert not is_camera(text)
    with pytest.raises(ValueError):
        FrameId.parse(f"{text}--2020-05-05--13.34.46")
