"""Does adversarial training make a network a better painter, and when?

Packages, in the order of the data flow: `data` (images and labels), `model` (networks and their named layers),
`attack`, `training`, `transfer` (style transfer), `score`, `raters`, `claims` (verdicts), `figure`, `page`, `report`.
Used by all of them: `files` (atomic files, file formats), `messages` (text for errors), `compute` (device,
determinism, random numbers), `provenance` (records of what was done), `workflow` (what the Snakefile needs) and
`commands` (the command line).
"""

__version__ = "0.2.0"
