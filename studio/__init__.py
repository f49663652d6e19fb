"""How `sample/`, `data/` and `models/` were made: the simulated expressway and the trainers.

`python -m studio` has the commands. The modules, in the order in which one builds on the other:

the road         `expressway`, `cast`, `vehicles`, `driving`, `traffic`, `trips` (six weeks)
the cameras      `optics`, `scenes` (how each sees the road), `shots` (when), `truth` (what it saw)
what they show   `places`, `scenery`, `flats`, `meshes`, `bodywork`, `light`, `raster`, `backdrop`,
                 `render`, `sensor`
the build        `build`, `process` (detects), `assemble`, `sample`; `closure` names cached parts
training         `real`, `training_road`, `training_crops`, `checkpoint`, `schedule`, `train_*`,
                 `publish`; `second`, the judge's network
measuring models `evaluate`, `evaluate_simulation`, `evaluate_tracks`, `trajectories`, `travel`
stored results   `results`, `leakage`, `learning`, `membership`, `era_tables`, `bench`, `judge`,
                 `defence_study`, `purify`, `usefulness`
the lessons      `lessons` executes them
"""
