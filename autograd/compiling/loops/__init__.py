"""The loops that were in a graph: found, and run as array statements.

Reading order:

- what is found: `ir.py` (statements, runs, nests), `bodies.py` (the expression of a statement, and its derivative);
- how: `lanes.py` and `lockstep.py` (the outermost loop), `families.py`, `placement.py`, `nests.py`, `statements.py`;
  `analyze.py` (graph → program) calls all of them;
- what runs it: `runner.py`, `reference.py` (interpreted with NumPy, one run after the other);
- as NumPy source: `array_views.py`, `array_memory.py`, `array_bodies.py`, `array_operations.py`, `array_source.py`,
  `array_runner.py`;
- as machine code: `machine.py` (a vector machine whose instructions are compiled kernels), `emitter.py`, `kinds.py`,
  `descriptors.py`, `kernels.py`, `contractions.py` and `blocks.py` (products of matrices), `rows.py`, `tiles.py`,
  `reached.py`, `adjoints.py`, `softmaxes.py`, `tapes.py`, `memory.py`, `llvm_runner.py`;
- for people: `patterns.py`, `periods.py`, `listing_families.py`, `listing_names.py`, `listing_formulas.py`,
  `listing_work.py`, `listing_lines.py`, `listing.py`.
"""
