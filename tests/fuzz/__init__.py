"""Campaigns that look for wrong results: random cases against what they should give.

    python -m tests.fuzz --minutes 30 [--seed S] [--campaign NAME]

Each case has a seed; a failure is printed with it, and with the smallest program that still shows it. The suite runs a
few of each, always the same ones.

Entry point: `CAMPAIGNS`, by name; `campaign.py` says what one is.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))  # where tests find what they share, as pytest does

from .compiled import CODE, GRAPHS, REPEATS, ZOO
from .ctrl_c import INTERRUPTS
from .files import FILES
from .foreign import FOREIGN
from .loops import PROGRAMS
from .pictures import FRAMES, LABELS
from .references import HIGHER, TORCH_KINKS
from .threads import SAVING, THREADS

CAMPAIGNS = {
    each.name: each
    for each in (
        *(GRAPHS, REPEATS, CODE, ZOO, PROGRAMS, TORCH_KINKS, HIGHER),
        *(THREADS, SAVING, INTERRUPTS, FILES, LABELS, FRAMES, FOREIGN),
    )
}
