"""Reads a COCO file with pycocotools and prints its annotations as one line of JSON."""

import contextlib
import json
import sys

from pycocotools.coco import COCO

with contextlib.redirect_stdout(sys.stderr):
    coco = COCO(sys.argv[1])

found = []
for annotation in coco.loadAnns(coco.getAnnIds()):
    image = coco.loadImgs(annotation["image_id"])[0]
    category = coco.loadCats(annotation["category_id"])[0]
    pixels = int(coco.annToMask(annotation).sum()) if annotation.get("segmentation") else None
    found.append({
        "file": image["file_name"],
        "size": [image["width"], image["height"]],
        "class": category["name"],
        "bbox": annotation["bbox"],
        "area": annotation["area"],
        "segmentation": annotation.get("segmentation"),
        "pixels": pixels,
        "tags": [image.get("attributes"), annotation.get("attributes")],
    })
print(json.dumps(found))
