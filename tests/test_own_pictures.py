"""Pictures as phones, scanners and cameras write them, and `cctview import`, against Pillow, numpy,
and how each picture was made.
"""

import io
from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from cctview.cli import main
from cctview.collect import import_frames
from cctview.dataset import open_dataset
from cctview.dataset.images import image_size, read_image
from tests.scenes import jpeg, picture

TAKEN, ORIENTATION, GPS, EXIF = 0x9003, 0x0112, 0x8825, 0x8769
START = datetime(2031, 5, 5, 8, 40)


def stored(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def phone(image, taken=None, orientation=1):
    """A picture as a phone stores it: turned, dated, and with the place."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS)[1] = "N"
    if taken is not None:
        exif.get_ifd(EXIF)[TAKEN] = f"{taken:%Y:%m:%d %H:%M:%S}"
    return stored(Image.fromarray(image), "JPEG", quality=95, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_read_upright(orientation):
    content = phone(picture(1), orientation=orientation)
    image = read_image(content, "here")
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))))
    np.testing.assert_array_equal(image, expected)
    assert image_size(content, "here") == image.shape[1::-1]
    assert image.shape[:2] == ((64, 48) if orientation > 4 else (48, 64))


def test_sixteen_bits_become_eight_and_nothing_is_white_that_was_grey():
    grey = np.linspace(0, 65535, 48 * 64).reshape(48, 64).astype(np.uint16)
    image = read_image(stored(Image.fromarray(grey)), "here")
    assert abs(image[..., 0] - grey / 257).max() <= 0.5
    colours = np.dstack([grey, grey[::-1], np.full_like(grey, 0x8000)])
    content = cv2.imencode(".png", colours[..., ::-1])[1].tobytes()
    assert abs(read_image(content, "here") - colours / 257).max() <= 1


def test_what_is_transparent_is_white_and_a_palette_has_its_colours():
    image = np.dstack([picture(2), np.full((48, 64), 255, np.uint8)])
    image[:, :32, 3] = 0
    seen = read_image(stored(Image.fromarray(image)), "here")
    assert (seen[:, :32] == 255).all()
    np.testing.assert_array_equal(seen[:, 32:], image[:, 32:, :3])
    palette = Image.fromarray(picture(3)).quantize(16)
    np.testing.assert_array_equal(
        read_image(stored(palette), "here"), np.asarray(palette.convert("RGB"))
    )


def test_a_colour_profile_is_honoured_and_a_broken_one_passed_over():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(picture(4))
    plain = read_image(stored(image), "here").astype(int)
    same = read_image(stored(image, icc_profile=lab), "here").astype(int)
    assert abs(same - plain).max() <= 2
    assert (read_image(stored(image, icc_profile=b"no profile"), "here") == plain).all()
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert (read_image(stored(image, icc_profile=xyz), "here") == plain).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 10**6), st.booleans())
def test_a_jpeg_may_lack_its_end_marker_and_nothing_else(cut, progressive):
    whole = stored(Image.fromarray(picture(5)), "JPEG", quality=90, progressive=progressive)
    expected = read_image(whole, "here")
    for lost in (1, 2):
        np.testing.assert_array_equal(read_image(whole[:-lost], "here"), expected)
    half = whole[: -2 - cut % (len(whole) - 3) - (1 if not progressive else len(whole) // 3)]
    try:
        image = read_image(half, "here")
    except ValueError as error:
        assert str(error).startswith("here: ")
    else:
        assert progressive, f"{len(whole) - len(half)} bytes of a plain JPEG are lost, and no word"
        assert image.shape == expected.shape


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"GIF89a" + bytes(20), "a GIF"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a WebP"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "a HEIC"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (stored(Image.new("L", (40_000, 2))), "40000x2 pixels"),
        (stored(Image.new("1", (15_000, 14_000))), "over 50,000,000"),
    ],
)
def test_what_a_file_really_is_is_said(content, says):
    with pytest.raises(ValueError, match=f"^here.jpeg: .*{says}"):
        read_image(content, "here.jpeg")


@pytest.fixture
def pictures(tmp_path):
    """Eleven pictures of a phone, one of which has no date, in one second two."""
    folder = tmp_path / "phone"
    folder.mkdir()
    for k in range(11):
        taken = None if k == 4 else START + timedelta(seconds=2 * (k - (k == 9)))
        content = phone(picture(k), taken, [1, 6, 3, 8][k % 4])
        (folder / f"IMG_{9995 + k}.JPG").write_bytes(content)
    return folder


def test_pictures_of_a_phone_become_upright_frames_at_their_times(pictures, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["import", str(pictures), "--camera", "my-street-1", "--out", str(out)]
    assert main(command) == 1
    printed = capsys.readouterr()
    assert "IMG_9999.JPG: it does not say when it was taken; give --start" in printed.err
    assert "10 frames of my-street-1" in printed.out
    assert "1 of them dated later, because another frame has their second" in printed.out
    dataset = open_dataset(out)
    seconds = [2 * k + (k == 9) - 2 * (k == 9) for k in range(11) if k != 4]
    assert dataset.frames.time.tolist() == sorted(START + timedelta(seconds=s) for s in seconds)
    for name, k in zip(dataset.frames.id[:4], range(4), strict=True):
        upright = read_image((pictures / f"IMG_{9995 + k}.JPG").read_bytes(), "phone")
        assert abs(dataset.image(name).astype(int) - upright).mean() < 3
        assert not Image.open(io.BytesIO(dataset.jpeg(name))).getexif(), "where it was taken stays"
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.jpeg")}
    main(command)
    assert "0 of them new" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.jpeg")} == before


def test_with_a_start_pictures_are_counted_off_in_the_order_of_their_numbers(pictures, tmp_path):
    done = import_frames(pictures, tmp_path / "out", "A", START, 3)
    assert (done.frames, done.problems) == (11, [])
    dataset = open_dataset(tmp_path / "out")
    assert (dataset.frames.time.diff().dt.total_seconds()[1:] == 3).all()
    for k in (0, 4, 5, 10):  # IMG_9995, IMG_9999, IMG_10000, IMG_10005
        upright = read_image((pictures / f"IMG_{9995 + k}.JPG").read_bytes(), "phone")
        assert abs(dataset.image(dataset.frames.id[k]).astype(int) - upright).mean() < 3


def test_other_pictures_are_made_frames_too_and_a_bad_one_is_named(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    plain = jpeg(picture(1))
    (folder / "a.jpg").write_bytes(plain)
    (folder / "b.webp").write_bytes(stored(Image.fromarray(picture(2)), "WEBP", lossless=True))
    (folder / "c.jpg").write_bytes(plain[:300])
    (folder / "d.png").write_bytes(stored(Image.fromarray(picture(4, 2000, 3000))))
    (folder / "e.heic").write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(20))
    (folder / "._a.jpg").write_bytes(b"a Mac's")
    (folder / "f.mp4").write_bytes(b"")
    (folder / "notes.txt").write_text("hello")
    done = import_frames(folder, tmp_path / "out", "A", START, 1)
    dataset = open_dataset(tmp_path / "out")
    assert [dataset.image(name).shape for name in dataset.frames.id] == [
        (48, 64, 3),
        (48, 64, 3),
        (1280, 1920, 3),
    ]
    assert dataset.jpeg(dataset.frames.id[0]) == plain, "what needs no change stays as it is"
    assert [("c.jpg" in p) + 2 * ("HEIC" in p) + 4 * ("f.mp4" in p) for p in done.problems] == [
        4,
        1,
        2,
    ]


def test_a_frame_of_somebody_elses_is_never_replaced(tmp_path):
    (tmp_path / "in").mkdir()
    for k in range(12):
        (tmp_path / "in" / f"{k}.jpg").write_bytes(phone(picture(k), START))
    out = tmp_path / "out"
    done = import_frames(tmp_path / "in", out, "A")
    assert (done.frames, done.moved) == (10, 9)
    assert [p.endswith(f"other pictures are there of the 10 s from {START}") for p in done.problems]
    assert len(done.problems) == 2


@pytest.mark.parametrize("rate", [10, 29.97])
def test_a_video_gives_a_frame_every_so_often_with_its_time(rate, tmp_path):
    path = tmp_path / "road.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), rate, (160, 96))
    count = int(6 * rate)
    for k in range(count):  # a bar that grows with the time
        frame = np.zeros((96, 160, 3), np.uint8)
        frame[:, : int(160 * k / count) + 1] = 220
        writer.write(frame)
    writer.release()
    done = import_frames(path, tmp_path / "out", "A", START, 1.5)
    dataset = open_dataset(tmp_path / "out")
    assert (done.frames, done.problems) == (4, [])
    assert [(t - START).total_seconds() for t in dataset.frames.time] == [0, 1, 3, 4]
    shown = [(dataset.image(name)[..., 0] > 110).mean() * 6 for name in dataset.frames.id]
    np.testing.assert_allclose(shown, [0, 1.5, 3, 4.5], atol=0.1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.mp4"], "no such file or folder"),
        (["notes.txt"], "neither a picture nor a video"),
        (["cut.mp4"], "give --start"),
        (["cut.mp4", "--start", "2031-05-05--08.40.00"], "cannot be read as a video"),
        (["empty"], "no picture in it"),
        (["one.jpg", "--camera", "my street"], "letters and digits"),
        (["one.jpg", "--every", "0.5"], "at least 1"),
        (["one.jpg", "--every", "nan"], "at least 1"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_line(arguments, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name, content in (
        ("notes.txt", b"x"),
        ("cut.mp4", b"\0" * 99),
        ("one.jpg", jpeg(picture(1))),
    ):
        (tmp_path / name).write_bytes(content)
    camera = [] if "--camera" in arguments else ["--camera", "A"]
    assert main(["import", *arguments, *camera, "--out", "out"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("cctview: ")
    assert says in error


def test_cameras_that_differ_by_capitals_alone_are_not_written_into_one_folder(tmp_path, capsys):
    """On Windows and most Macs Gate/ and gate/ are one folder; detections would be written over."""
    for k in range(2):
        (tmp_path / f"{k}.jpg").write_bytes(jpeg(picture(k)))
    words = ["--start", "2031-05-05 08:40:00", "--out", str(tmp_path / "out")]
    assert main(["import", str(tmp_path / "0.jpg"), "--camera", "Gate", *words]) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jpeg")}
    assert main(["import", str(tmp_path / "1.jpg"), "--camera", "gate", *words]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "the cameras gate and Gate differ by capitals alone" in said
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jpeg")} == before
    other = next(iter(before)).name.replace("Gate", "gATE")
    (tmp_path / "frames").mkdir()
    for name in (next(iter(before)).name, other):
        (tmp_path / "frames" / name).write_bytes(jpeg(picture(3)))
    for command in ("detect", "example", "scale"):
        results = tmp_path / command
        assert main([command, str(tmp_path / "frames"), "--out", str(results)]) == 1
        assert "differ by capitals alone" in capsys.readouterr().err.splitlines()[-1]
        assert not results.exists()


def test_no_date_is_a_line_with_the_name(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(picture(1)))
    (tmp_path / "b.jpg").write_bytes(jpeg(picture(2)))
    done = import_frames(tmp_path, tmp_path / "out", "a", datetime(9999, 12, 31, 23, 59, 59))
    assert done.frames == 1
    assert done.problems == [
        f"{tmp_path / 'b.jpg'}: there is no date 2 s after 9999-12-31 23:59:59"
    ]
