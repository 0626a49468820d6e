"""Does adversarial training make a network a better painter, and when?

Rooms, in the order the data travels: `data` (images and labels), `model` (networks and their named layers),
`attack`, `training`, `transfer` (style transfer), `score`, `figure`, `page`; beside them `files` (atomic files,
checkpoints), `compute` (device, determinism, random numbers), `provenance` (records of what was done) and `workflow`
(what the Snakefile needs).
"""

__version__ = "0.1.0"
