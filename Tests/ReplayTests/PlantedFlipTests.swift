import Diagnostics
@testable import Numerics
import Programs
import Testing

@testable import Replay

@Suite struct PlantedFlipTests {
    @Test("Both written forms are read", arguments: ["137:3:40", "137:3:40:17:9"])
    func reads(text: String) throws {
        let flip = try PlantedFlip(text)
        #expect(flip.text == (text == "137:3:40" ? "137:3:40:0:0" : text))
        #expect((flip.step, flip.rank, flip.instruction) == (137, 3, 40))
    }

    @Test(
        "Anything else is refused", arguments: ["", "1", "1:2", "1:2:3:4", "0:1:2", "1:-1:2", "a:b:c", "1:2:3:4:5:6"])
    func refuses(text: String) {
        #expect(throws: Diagnostic.self) { try PlantedFlip(text) }
    }

    @Test("Exactly one bit is flipped, once, at the instruction that is named or the rank's next that writes")
    func flips() {
        let planter = FlipPlanter(PlantedFlip(step: 2, rank: 1, instruction: 1, element: 5, bit: 33))
        var memory: [Float] = [1, 2, 3]
        func tell(step: Int, rank: Int) {
            let instruction = Instruction(.gelu(count: 3))
            let place = InstructionPlace(rank: rank, action: 0, pass: 0, microbatch: 0, instruction: 0)
            memory.withUnsafeMutableBytes { bytes in
                planter.ended(
                    instruction, at: place,
                    writing: [WrittenMemory(buffer: "x", offset: 0, elementType: .float32, bytes: bytes)])
            }
        }
        for step in 1...3 {
            planter.begin(step: step)
            for _ in 0..<3 {
                tell(step: step, rank: 0)
                tell(step: step, rank: 1)
            }
            let expected: Float = step == 1 ? 3 : Float(bitPattern: Float(3).bitPattern ^ 2)
            #expect(memory == [1, 2, expected])
        }
        #expect(planter.planted?.contains("of rank 1") == true)
    }
}
