import Recipes
import Testing

@testable import Programs

@Suite("Streams of a pass") struct PassTests {
    private static let buffers = (0..<4).map { Operand(BufferID($0), count: 8) }

    private static func travels(_ operand: Operand) -> Instruction {
        Instruction(
            .collective(CollectiveOperation(.allReduceSum, .data, count: 8, cuts: [0, 4, 8])), reads: [operand],
            writes: [operand], on: .communication)
    }

    private static func adds(_ a: Operand, _ b: Operand, into c: Operand) -> Instruction {
        Instruction(.add(count: 8), reads: [a, b], writes: [c])
    }

    @Test("An instruction waits for what writes its operands or reads what it writes, and for nothing else")
    func waits() {
        let b = Self.buffers
        let pass = Pass(
            "example",
            [
                Self.adds(b[0], b[1], into: b[2]), Self.travels(b[0]), Self.travels(b[1]),
                Self.adds(b[2], b[2], into: b[3]),  // waits for nothing
                Self.adds(b[0], b[2], into: b[3]),  // for 1
                Self.adds(b[2], b[3], into: b[1]),  // for 2
                Self.adds(b[0], b[1], into: b[2]),  // for 2, which comes after 1
                Self.travels(b[2]),
            ])
        #expect(pass.waits == [-1, -1, -1, -1, 1, 2, 2, -1])
        #expect([0, 1, 2, 7].map(pass.end) == [0, 4, 5, 8])
    }

    @Test("Who waits for a collective has waited for those before it")
    func order() {
        let b = Self.buffers
        let pass = Pass("example", [Self.travels(b[0]), Self.travels(b[1]), Self.adds(b[1], b[2], into: b[3])])
        #expect(pass.waits == [-1, -1, 1])
        #expect(pass.end(of: 0) == 2)
    }

    @Test("Halves of one buffer do not conflict")
    func parts() {
        let x = Operand(BufferID(0), count: 16)
        let pass = Pass(
            "example",
            [
                Self.travels(x[0..<8]), Self.adds(x[8..<16], x[8..<16], into: x[8..<16]),
                Self.adds(x[7..<15], x[8..<16], into: x[8..<16]),
            ])
        #expect(pass.waits == [-1, -1, 0])
    }

    @Test("A pass without the stream waits for nothing, and changed instructions are looked at again")
    func none() {
        let b = Self.buffers
        var pass = Pass("example", [Self.adds(b[0], b[1], into: b[2]), Self.adds(b[2], b[1], into: b[3])])
        #expect(pass.waits.isEmpty)
        pass.instructions.insert(Self.travels(b[2]), at: 1)
        #expect(pass.waits == [-1, -1, 1])
    }

    /// Layouts whose passes use the stream for every purpose.
    static let layouts =
        NewerLayoutTests.some + [
            Layout(tensor: 2, microBatch: 4), Layout(tensor: 4, microBatch: 2, recompute: .full),
            Layout(tensor: 4, pipeline: 2, data: 4, microBatch: 1, zero: 3, sequenceParallel: true, recompute: .full),
            Layout(data: 4, microBatch: 2, zero: 3, recompute: .full),
        ]

    static let recipes = ["nano", "nano-llama", "nano-gpt2"]

    /// Passes of a rank of each stage, of every family that allows the layout.
    static func withPasses(_ layout: Layout, _ body: (Program, Pass) throws -> Void) throws {
        for name in recipes {
            var recipe = try Recipe.load(name)
            guard (try? recipe.validate(layout)) != nil else { continue }
            recipe.layout = layout
            for stage in 0..<layout.pipeline {
                let program = try Lowering.program(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: stage))
                for pass in program.passes { try body(program, pass) }
            }
        }
    }

    @Test("No instruction touches what is still on its way", arguments: layouts)
    func lowered(layout: Layout) throws {
        var travelling = 0
        try Self.withPasses(layout) { _, pass in
            for (index, instruction) in pass.instructions.enumerated() {
                for earlier in 0..<index where pass.instructions[earlier].stream == .communication {
                    travelling += 1
                    guard Self.conflict(instruction, pass.instructions[earlier]) else { continue }
                    #expect(pass.waits[index] >= earlier, "\(pass.name), instruction \(index)")
                    #expect(pass.end(of: earlier) <= index, "\(pass.name), instruction \(index)")
                }
            }
        }
        #expect(travelling > 0)
    }

    @Test("Something is computed while something travels", arguments: layouts)
    func overlaps(layout: Layout) throws {
        var overlapped = 0
        try Self.withPasses(layout) { _, pass in
            for index in pass.instructions.indices where pass.instructions[index].stream == .communication {
                overlapped += pass.instructions[index..<pass.end(of: index)].filter { $0.stream == .compute }.count
            }
        }
        #expect(overlapped > 0)
    }

    @Test("The planner gives nobody the memory of what is still on its way", arguments: layouts)
    func memory(layout: Layout) throws {
        try Self.withPasses(layout) { program, pass in
            let plan = MemoryPlan(program)
            let lives = Self.lives(pass, program, plan)
            for (i, a) in lives.enumerated() {
                for b in lives[..<i] where a.bytes.overlaps(b.bytes) {
                    #expect(!a.life.overlaps(b.life), "\(pass.name): “\(a.name)” and “\(b.name)”")
                }
            }
        }
    }

    /// The arena's buffers of a pass, each from its first use to where its last has ended, by the streams' own rule: a
    /// collective has ended when an instruction has waited for it or for a later one, or the pass has ended.
    private static func lives(_ pass: Pass, _ program: Program, _ plan: MemoryPlan) -> [MemoryPlanTests.Place] {
        let instructions = pass.instructions
        func end(_ index: Int) -> Int {
            guard instructions[index].stream == .communication else { return index }
            for later in instructions.indices where later > index {
                for travelling in index..<later
                where instructions[travelling].stream == .communication
                    && conflict(instructions[later], instructions[travelling])
                {
                    return later
                }
            }
            return instructions.count
        }
        return MemoryPlanTests.places(pass, program, plan).map { place in
            var place = place
            let uses = instructions.indices.filter { index in
                (instructions[index].reads + instructions[index].writes).contains { $0.buffer.index == place.buffer }
            }
            place.life = place.life.lowerBound...(uses.map(end).max() ?? place.life.upperBound)
            return place
        }
    }

    private static func conflict(_ a: Instruction, _ b: Instruction) -> Bool {
        func meet(_ x: [Operand], _ y: [Operand]) -> Bool {
            x.contains { one in
                y.contains {
                    one.buffer == $0.buffer && one.offset < $0.offset + $0.count && $0.offset < one.offset + one.count
                }
            }
        }
        return meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes)
    }
}
