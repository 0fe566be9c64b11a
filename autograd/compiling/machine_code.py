"""Machine code from LLVM assembly, by llvmlite.

Entry points: `module` joins functions, `MachineCode` compiles them; `lane_width`, `tile_width`, `level_for` a program.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any, ClassVar, TypeVar

from .collector import collector_off
from .instructions import LIBRARY
from .program import REDUCE, Program, blocks
from .vector_math import FUNCTIONS

# Beyond this many instructions in a row LLVM's code generator takes more than linear time.
LONG_BLOCK = 10_000

FIRST_CACHE = 32_000  # bytes

T = TypeVar("T")


def undisturbed(function: Callable[[], T]) -> T:
    """The result of `function`, called in a thread of its own.

    Ctrl-C comes to the main thread: between two instructions of llvmlite it would leave behind what is then freed
    twice, which ends the process. Here it ends the waiting, at once; Python exits when the thread is done.
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(function())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="autograd-compiler", daemon=False)
    with collector_off():  # or finalizers would run in that thread, and perhaps wait for a lock that this one holds
        try:
            thread.start()
        except RuntimeError:  # Python is exiting, and begins no thread any more
            run()
        else:
            thread.join()
    if failed:
        raise failed.pop()
    return found.pop()


@cache
def lane_width() -> int:
    """How many numbers a vector of this machine holds."""
    from llvmlite import binding

    features = undisturbed(binding.get_host_cpu_features)
    return 8 if features.get("avx512f") else 4 if features.get("avx2") else 2


def level_for(program: Program) -> int:
    """The optimisation level that compiles this program in reasonable time."""
    longest = max((len(block.instructions) for block in blocks(program)), default=0)
    return 1 if longest <= LONG_BLOCK else 0


def tile_width(program: Program) -> int:
    """How many lanes a tile has: one vector, or two where the sums over the tiles are too many for the first cache.

    Then two vectors share each load and store of a sum, which takes a quarter off the time of such a program.
    """
    sums = sum(operation is REDUCE for operation in program.operations)
    return lane_width() * (2 if sums * 8 * lane_width() > FIRST_CACHE and level_for(program) else 1)


def module(functions: Sequence[str], used: Collection[str], width: int, declared: Collection[str] = ()) -> str:
    """The assembly of a module.

    Args:
        functions: the lines of its functions.
        used: what they call: names of the C library's functions, and `lanes_…` for those of vectors.
        width: of the vectors.
        declared: further declarations.
    """
    vector = f"<{width} x double>"
    own, declarations = FUNCTIONS.definitions(width, {name[6:] for name in used if name.startswith("lanes_")})
    declarations.update(declared)
    for name in {"pow", *LIBRARY}.intersection(used):
        declarations.add(f"declare double @{name}({'double, double' if name == 'pow' else 'double'})")
    for name in ("sqrt", "fabs"):
        for kind, suffix in (("double", "f64"), (vector, f"v{width}f64")):
            declarations.add(f"declare {kind} @llvm.{name}.{suffix}({kind})")
    for n in {width, min(width, lane_width())}:
        declarations.add(f"declare double @llvm.vector.reduce.fadd.v{n}f64(double, <{n} x double>)")
    declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
    declarations.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
    bits = 64 * min(width, lane_width())
    attributes = f'attributes #0 = {{ "prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}" }}'
    return "\n".join([*functions, *own, *sorted(declarations), attributes]) + "\n"


class MachineCode:
    """The machine code of a module, and the memory it stands in.

    Args:
        assembly: of the module.
        level: of optimisation, 0 to 3.
    """

    def __init__(self, assembly: str, level: int) -> None:
        self._addresses, self._memory = undisturbed(partial(_compiled, assembly, level))

    def address(self, name: str) -> int:
        """Where a function of the module begins."""
        return self._addresses[name]


class _Memory:
    """What machine code stands in: freed when this object has gone and the next program is compiled.

    Not at once, as Ctrl-C may come; nor when Python exits, as threads may still run the code. Of a cycle, the garbage
    collector calls `__del__` in any order, and that of another object may still call the code. So this one leaves a
    successor, which nothing else refers to, and which goes after them all.
    """

    __slots__ = ("_engine", "_is_last", "_successor")
    _engines: ClassVar[dict[int, Any]] = {}  # in use, so that they are never part of a cycle
    _unused: ClassVar[list[Any]] = []

    def __init__(self, engine: int, is_last: bool = False) -> None:
        self._engine, self._is_last = engine, is_last

    @classmethod
    def of(cls, engine: Any) -> _Memory:
        """The memory of the code that an engine has made."""
        cls._engines[id(engine)] = engine
        return cls(id(engine))

    @classmethod
    def free_unused(cls) -> None:
        """Free what nobody refers to any more."""
        with suppress(IndexError):  # there is no more
            while True:
                cls._unused.pop().close()

    def __del__(self) -> None:
        if self._is_last:
            self._unused.append(self._engines[self._engine])  # wherever Ctrl-C comes, something holds it
            del self._engines[self._engine]
        else:
            self._successor = type(self)(self._engine, is_last=True)


def _compiled(assembly: str, level: int) -> tuple[dict[str, int], _Memory]:
    """Where the functions of a module begin, and their memory."""
    from llvmlite import binding

    _Memory.free_unused()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=level,
        codemodel="jitdefault",
    )
    # A context of its own: what LLVM keeps there, such as constants, is freed with it.
    module = binding.parse_assembly(assembly, binding.create_context())
    try:
        module.verify()
        names = [function.name for function in module.functions if not function.is_declaration]
        engine = binding.create_mcjit_compiler(module, target)
    except BaseException:
        module.close()  # now: the error may keep it in a cycle, where its context could be freed before it
        raise
    engine.finalize_object()
    addresses = {name: engine.get_function_address(name) for name in names}
    engine.remove_module(module)  # the code stays; what it was made from takes ten times its memory
    module.close()
    return addresses, _Memory.of(engine)
