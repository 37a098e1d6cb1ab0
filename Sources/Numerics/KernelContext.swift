import CKernels
import Diagnostics
import Foundation

/// An instruction set and the workers that share each pass; owns its threads and scratch memory.
public final class KernelContext {
    let pointer: OpaquePointer
    /// Products by OpenBLAS instead of the contract's chains (`numerics: blas`).
    let usesBLAS: Bool

    public enum InstructionSet: String, Sendable, CaseIterable {
        case scalar, avx2, avx512

        var isa: serre_isa {
            switch self {
            case .scalar: SERRE_ISA_SCALAR
            case .avx2: SERRE_ISA_AVX2
            case .avx512: SERRE_ISA_AVX512
            }
        }
    }

    /// Which products a context computes.
    public enum Products: Sendable {
        /// The contract's chains.
        case exact
        /// OpenBLAS's, with its Haswell kernels pinned (`numerics: blas`).
        case blas
        /// OpenBLAS's, with the kernels that it has for the instruction set: for measuring only.
        case fastestBLAS
    }

    /// Makes a context. `instructionSet` `nil` means the widest that the processor has.
    public init(
        instructionSet: InstructionSet?, workers: Int, products: Products = .exact
    ) throws(Diagnostic) {
        let best = serre_isa_best()
        let isa = instructionSet?.isa ?? best
        guard isa.rawValue <= best.rawValue else {
            let widest = InstructionSet.allCases.last { $0.isa.rawValue <= best.rawValue } ?? .scalar
            throw Diagnostic(
                "numerics.instruction-set", "this processor has no \(instructionSet?.rawValue ?? "such instructions")",
                expected: "at most \(widest.rawValue)", remedy: "leave SERRE_ISA unset")
        }
        guard workers >= 1, workers <= 1024, let pointer = serre_context_create(isa, Int32(workers)) else {
            throw Diagnostic(
                "numerics.workers", "cannot start \(workers) workers", expected: "1 to 1024",
                remedy: "name fewer with --workers")
        }
        if products != .exact, let missing = serre_blas_open(products == .blas, isa) {
            serre_context_destroy(pointer)
            throw Diagnostic(
                "numerics.blas", String(cString: missing),
                remedy: "install libopenblas0-pthread, or use numerics: exact-1")
        }
        self.pointer = pointer
        usesBLAS = products != .exact
    }

    deinit { serre_context_destroy(pointer) }

    /// The choice of the `SERRE_ISA` environment variable; `nil` when it is unset.
    public static func environmentInstructionSet() throws(Diagnostic) -> InstructionSet? {
        guard let name = ProcessInfo.processInfo.environment["SERRE_ISA"], !name.isEmpty else { return nil }
        guard let set = InstructionSet(rawValue: name) else {
            throw Diagnostic(
                "numerics.instruction-set", "SERRE_ISA names no known instruction set",
                expected: "scalar, avx2 or avx512",
                found: name)
        }
        return set
    }

    public var instructionSet: InstructionSet {
        InstructionSet.allCases.first { $0.isa == serre_context_isa(pointer) } ?? .scalar
    }
    public var workers: Int { Int(serre_context_workers(pointer)) }
    public var scratchBytes: Int { Int(serre_context_scratch_bytes(pointer)) }

    /// Throws when a library has switched a worker's floating-point control register (A2).
    func checkControlRegister() throws(Diagnostic) {
        guard serre_context_control_is_ieee(pointer) else {
            throw Diagnostic(
                "numerics.control-register", "a library has switched the processor's rounding or subnormal mode",
                remedy: "find the library that was built with fast-math; no step was taken with these settings",
                kind: .failure)
        }
    }
}

extension KernelContext {
    /// The compiler that made the kernels, as it names itself: that of the Swift toolchain that built the program.
    public static var compiler: String { String(cString: serre_compiler()) }

    /// OpenBLAS's own description of its configuration; `nil` when it has not been opened.
    public var blasConfiguration: String? { serre_blas_config().map { String(cString: $0) } }
}
