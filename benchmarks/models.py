"""Our models against the originals': seconds a frame, and crops a second. The originals run on
random weights, which take as long.
"""

import importlib.util
import sys
import tempfile
import types
from pathlib import Path

import torch
from torchvision.models.detection import retinanet_resnet50_fpn
from tqdm import tqdm

from benchmarks.timing import ratio, side_by_side
from cctview.dataset import open_dataset
from cctview.detect import Detector
from cctview.extract import Extractor
from cctview.extract.densenet import DenseNetVeRI

SAMPLE = Path(__file__).parent.parent / "sample"


def models(frames=6, crops=512, one_by_one=16, rounds=3):
    """Our detector against ImageAI's RetinaNet, our student in batches against DenseNet-201 at 224
    pixels one crop at a time.
    """
    dataset = open_dataset(SAMPLE)
    pictures = [dataset.image(frame) for frame in dataset.frames.id[:frames]]
    own = [dataset.crop(name) for name in dataset.detections.id]
    many = (own * (crops // len(own) + 1))[:crops]
    with tempfile.TemporaryDirectory() as folder:
        retinanet, densenet = Path(folder) / "retinanet.pth", Path(folder) / "densenet.pth"
        torch.save(
            retinanet_resnet50_fpn(weights=None, weights_backbone=None).state_dict(), retinanet
        )
        torch.save(DenseNetVeRI().state_dict(), densenet)
        imageai, detector = retinanet_of_imageai(retinanet), Detector()
        original, student = Extractor(densenet), Extractor()
    ways = [
        lambda: [
            imageai.detectObjectsFromImage(input_image=picture, output_type="array")
            for picture in tqdm(pictures, "RetinaNet")
        ],
        lambda: [detector.detect(picture) for picture in pictures],
        lambda: original.extract(many[:one_by_one], batch=1),
        lambda: student.extract(many),
    ]
    seconds = side_by_side(ways, rounds) / [len(pictures), len(pictures), one_by_one, len(many)]
    print("\nModels")
    print(
        f"  ImageAI's RetinaNet {seconds[:, 0].mean():.2f} s a frame, {ratio(seconds, 0, 1):.0f} x"
        f" our detector's {seconds[:, 1].mean():.3f} s"
    )
    print(
        f"  DenseNet-201, one by one, {1 / seconds[:, 2].mean():.1f} crops a second; our student"
        f" {1 / seconds[:, 3].mean():,.0f}, {ratio(seconds, 2, 3):.0f} x as many"
    )


def retinanet_of_imageai(weights):
    """ImageAI's detector as its manual shows it; it imports tkinter by mistake, which not every
    Python has.
    """
    if importlib.util.find_spec("tkinter") is None:
        sys.modules["tkinter"] = types.SimpleNamespace(Image=None)
    from imageai.Detection import ObjectDetection

    detector = ObjectDetection()
    detector.setModelTypeAsRetinaNet()
    detector.setModelPath(str(weights))
    detector.loadModel()
    return detector
