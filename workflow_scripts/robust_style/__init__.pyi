# The types of what `__getattr__` in __init__.py loads. Imports there, even for types only, would make the code of all
# rules depend on style transfer and torch.
from robust_style.transfer.paint_photo import Progress as Progress
from robust_style.transfer.paint_photo import paint as paint
from robust_style.transfer.painter import Painter as Painter
from robust_style.transfer.painter import load_painter as load_painter

__version__: str
