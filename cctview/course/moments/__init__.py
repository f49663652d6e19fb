"""What readers do by hand in a lesson: each moment has a Python file that gathers its data, an ES
module and a style sheet."""
