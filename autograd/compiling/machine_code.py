"""Machine code from LLVM assembly, by llvmlite.

Entry points: `MachineCode`, `lane_width`.
"""

from __future__ import annotations

import weakref


def lane_width() -> int:
    """How many numbers a vector of this machine holds."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx2") else 2


class MachineCode:
    """The machine code of a module, and the memory it stands in: both are freed with this object.

    Args:
        assembly: of the module.
        level: of optimisation, 0 to 3.
    """

    def __init__(self, assembly: str, level: int) -> None:
        from llvmlite import binding

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
        module.verify()
        names = [function.name for function in module.functions if not function.is_declaration]
        engine = binding.create_mcjit_compiler(module, target)
        engine.finalize_object()
        self._addresses: dict[str, int] = {name: engine.get_function_address(name) for name in names}
        engine.remove_module(module)  # the code stays; what it was made from takes ten times its memory
        module.close()
        # What a finalizer holds is never part of a cycle: so the engine goes when nothing can call the code any more.
        weakref.finalize(self, engine.close)

    def address(self, name: str) -> int:
        """Where a function of the module begins."""
        return self._addresses[name]
