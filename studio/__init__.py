"""How `sample/`, `data/` and `models/` were made: the simulated expressway and the trainers.

`python -m studio` has the commands.

============== ===================================================================================
``road``       the simulated road: `expressway`, `cast`, `vehicles`, `driving`, `traffic`, `trips`
               (six weeks); its cameras: `optics`, `scenes` (how each sees the road), `shots`
               (when), `truth` (what each saw); what they show: `places`, `scenery`, `flats`,
               `meshes`, `bodywork`, `light`, `raster`, `backdrop`, `render`, `sensor`
``build``      renders minutes; `process` detects, `assemble` packs, `sample` chooses six frames,
               `closure` names cached work by the code that made it
``training``   `real` and simulated crops, which real ones show one vehicle, checkpoints, `publish`,
               one trainer for each network
``evaluation`` how good networks and tracks are: the figures of the cards
``studies``    what leaks, attacks and defences: the tables of `data/results/`
``city``       the town of lesson 00: how many cameras does it take?
``results``    makes those tables, all or some
``headlines``  every headline number from those tables, for ``notebooks/numbers.md``
``lessons``    executes the lessons
============== ===================================================================================
"""

from importlib.util import find_spec

if find_spec("numba") is None:
    raise ImportError("the studio needs more packages; run: python3 workshop.py --all --no-lab")
