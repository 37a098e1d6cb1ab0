import Integrity
@testable import Numerics
import Programs
import Testing

@testable import Replay

@Suite struct StepTraceTests {
    private func trace(_ values: [UInt8]) -> StepTrace {
        var trace = StepTrace(step: 1, recipeDigest: "r", layout: "l")
        trace.entries = values.enumerated().map { index, value in
            StepTrace.Entry(
                place: InstructionPlace(rank: 0, action: 0, pass: 0, microbatch: 0, instruction: index),
                digest: SHA256.digest(of: [value]))
        }
        return trace
    }

    @Test("The first differing entry is found, and an end that comes too early")
    func finds() {
        #expect(trace([1, 2, 3]).firstDifference(from: trace([1, 2, 3])) == nil)
        #expect(trace([1, 2, 3]).firstDifference(from: trace([1, 9, 9])) == 1)
        #expect(trace([1, 2, 3]).firstDifference(from: trace([1, 2])) == 2)
        #expect(trace([]).firstDifference(from: trace([1])) == 0)
    }

    @Test("A captured difference names the buffer, the element, both values and the bits")
    func describes() throws {
        func captured(_ values: [Float]) -> CapturedInstruction {
            var values = values
            return values.withUnsafeMutableBytes { bytes in
                CapturedInstruction(
                    Instruction(.gelu(count: 3)),
                    InstructionPlace(rank: 2, action: 4, pass: 1, microbatch: 3, instruction: 7),
                    [WrittenMemory(buffer: "activation", offset: 100, elementType: .float32, bytes: bytes)])
            }
        }
        let difference = InstructionDifference(captured([1, 2, 3]), captured([1, -2, 3]), pass: "forward")
        let output = try #require(difference.outputs.first)
        #expect(difference.outputs.count == 1)
        #expect(difference.operation == "gelu")
        #expect((output.buffer, output.element, output.differing, output.bits).0 == "activation")
        #expect((output.element, output.differing, output.count, output.bits) == (101, 1, 3, 1))
        #expect((output.expected, output.found) == ("2.0 (40000000)", "-2.0 (c0000000)"))
    }
}
