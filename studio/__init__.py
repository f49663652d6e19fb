"""How `sample/`, `data/` and `models/` were made: the simulated expressway and the trainers."""
