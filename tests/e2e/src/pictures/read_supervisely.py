"""Reads a Supervisely project with Supervisely's own SDK and prints what it finds as one line of JSON."""

import contextlib
import json
import sys

with contextlib.redirect_stdout(sys.stderr):
    import supervisely as sly

    project = sly.Project(sys.argv[1], sly.OpenMode.READ)


def tags(found):
    return [[tag.meta.name, tag.value] for tag in found]


def points(locations):
    return [[point.col, point.row] for point in locations]


def label(found):
    shape = found.geometry
    kind = shape.geometry_name()
    if kind == "rectangle":
        exterior, interior = [[shape.left, shape.top], [shape.right, shape.bottom]], []
    elif kind == "point":
        exterior, interior = [[shape.col, shape.row]], []
    else:
        exterior, interior = points(shape.exterior), [points(hole) for hole in shape.interior]
    return {
        "classTitle": found.obj_class.name,
        "points": {"exterior": exterior, "interior": interior},
        "tags": tags(found.tags),
    }


pictures = {}
for dataset in project.datasets:
    for name in dataset.get_items_names():
        annotation = dataset.get_ann(name, project.meta)
        pictures[name] = {
            "size": [annotation.img_size[1], annotation.img_size[0]],
            "tags": tags(annotation.img_tags),
            "objects": [label(found) for found in annotation.labels],
        }
classes = sorted(found.name for found in project.meta.obj_classes)
print(json.dumps({"classes": classes, "pictures": pictures}))
