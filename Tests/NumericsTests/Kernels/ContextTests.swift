import CKernels
import Glibc
import Testing

/// The workers of a context.
@Suite struct ContextTests {
    @Test func refusesWhatCannotBe() {
        #expect(serre_context_create(SERRE_ISA_SCALAR, 0) == nil)
        #expect(serre_context_create(serre_isa(rawValue: 9), 1) == nil)
    }

    @Test func reportsItsShape() {
        for kernel in Kernel.all {
            kernel.withContext { context in
                #expect(serre_context_isa(context) == kernel.isa)
                #expect(serre_context_workers(context) == Int32(kernel.workers))
                #expect(serre_context_control_is_ieee(context))
                #expect(serre_context_scratch_bytes(context) == 0)
            }
        }
    }

    @Test func scratchIsCounted() {
        Kernel(isa: SERRE_ISA_SCALAR, workers: 1).withContext { context in
            let slots = Slots(count: 1, size: 10, held: 0..<1)
            serre_fold(context, 10, 2, [Float](repeating: 1, count: 20), slots.pointers, 0, 0)
            let once = serre_context_scratch_bytes(context)
            #expect(once > 0)
            serre_fold(context, 10, 2, [Float](repeating: 1, count: 20), slots.pointers, 0, 0)
            #expect(serre_context_scratch_bytes(context) == once)
        }
    }

    /// Libraries linked with fast-math switch the register; a worker inherits it from the thread that made it.
    @Test func noticesAnotherRoundingMode() throws {
        fesetround(FE_UPWARD)
        let context = serre_context_create(SERRE_ISA_SCALAR, 2)
        let isNearestHere = context.map { serre_context_control_is_ieee($0) }
        fesetround(FE_TONEAREST)
        let isNearestAtWorker = context.map { serre_context_control_is_ieee($0) }
        serre_context_destroy(context)
        #expect(isNearestHere == false)
        #expect(isNearestAtWorker == false)
    }
}
