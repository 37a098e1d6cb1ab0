import Recipes
import Testing

@testable import Programs

/// Defects within one rank's program.
@Suite("Data flow") struct DataFlowTests {
    static func problems(
        _ layout: Layout, rank: Int, _ defect: (inout Program) throws -> Void
    ) throws -> [Checker.Problem] {
        try CheckerTests.problems(layout, rank: rank, defect)
    }

    /// Removes the first instruction of a pass that `matches`.
    static func remove(
        from program: inout Program, _ pass: String, _ matches: (Programs.Operation) -> Bool
    ) throws {
        let index = try program.pass(pass)
        let place = try #require(program.passes[index].instructions.firstIndex { matches($0.operation) })
        program.passes[index].instructions.remove(at: place)
    }

    // MARK: Reads before writes

    @Test("A read before a write", arguments: 0..<4)
    func readBeforeWrite(rank: Int) throws {
        let problems = try Self.problems(CheckerTests.layout, rank: rank) { program in
            try Self.remove(from: &program, "forward") { if case .gelu = $0 { true } else { false } }
        }
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.kind == .readBeforeWrite && $0.rank == rank })
        #expect(problems.first?.detail.contains("activated") == true)
    }

    @Test("A part of a buffer that is read before it is written") func partlyWritten() throws {
        let problems = try Self.problems(Layout(microBatch: 4), rank: 0) { program in
            let pass = try program.pass("forward")
            let place = try #require(
                program.passes[pass].instructions.firstIndex { if case .gelu = $0.operation { true } else { false } })
            program.passes[pass].instructions[place].writes[0].count -= 1
        }
        #expect(problems.first?.kind == .readBeforeWrite)
    }

    @Test("A backward without its receive uses a gradient that never came") func missingReceive() throws {
        let stages = Layout(pipeline: 2, microBatch: 16)
        let problems = try Self.problems(stages, rank: 0) { program in
            let receive = try program.pass("receive gradient")
            program.actions.removeAll { $0.pass == receive }
        }
        #expect(problems.contains { $0.kind == .readBeforeWrite && $0.rank == 0 })
        #expect(problems.contains { $0.kind == .unmatchedSend && $0.rank == 1 })
    }

    @Test("A workspace buffer does not outlive its pass") func passBuffersEnd() throws {
        let problems = try Self.problems(Layout(microBatch: 4), rank: 0) { program in
            let pass = try program.pass("backward")
            let loss = try #require(program.buffer(named: "loss"))
            let count = program.buffers[loss.index].count
            let x = Operand(loss, count: count)
            program.passes[pass].instructions.insert(
                Instruction(.add(count: count), reads: [x, x], writes: [x]), at: 0)
        }
        #expect(problems.first?.kind == .readBeforeWrite)
        #expect(problems.first?.detail.contains("loss") == true)
    }

    @Test("A forward that overwrites a micro-batch still in flight") func tooFewCopies() throws {
        let gpipe = Layout(microBatch: 4, schedule: .gpipe)
        let problems = try Self.problems(gpipe, rank: 0) { program in
            for i in program.buffers.indices where program.buffers[i].lifetime == .microbatch {
                program.buffers[i].copies = 3
            }
        }
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.kind == .readBeforeWrite && $0.detail.contains("of micro-batch 0") })
    }

    @Test("ZeRO-1 without the gather of updated parameters") func missingGather() throws {
        let sharded = Layout(data: 2, microBatch: 4, zero: 1)
        var programs = try Nano.programs(sharded)
        for i in programs.indices {
            let pass = try programs[i].pass("optimizer step")
            for place in try programs[i].collectives(in: pass, { $0.kind == .allGather }).reversed() {
                programs[i].passes[pass].instructions.remove(at: place)
            }
        }
        let problems = Checker.problems(in: programs, layout: sharded)
        #expect(problems.map(\.kind) == [.readBeforeWrite, .readBeforeWrite])
        #expect(problems.map(\.rank) == [0, 1])
        #expect(problems[0].detail.contains("parameters"))
    }

    @Test("After a reduce-scatter only the own chunk may be read") func scatteredRest() throws {
        let sharded = Layout(data: 2, microBatch: 4, zero: 1)
        var programs = try Nano.programs(sharded)
        for i in programs.indices {
            let pass = try programs[i].pass("reduce gradients")
            let x = Operand(BufferID(1), count: programs[i].shard.count)
            programs[i].passes[pass].instructions.append(
                Instruction(.add(count: x.count), reads: [x, x], writes: [x]))
        }
        let problems = Checker.problems(in: programs, layout: sharded)
        #expect(Set(problems.map(\.rank)) == [0, 1])
        #expect(problems.allSatisfy { $0.kind == .readBeforeWrite && $0.detail.contains("gradients") })
    }

    // MARK: Order

    @Test("Backwards out of order, left out, or twice", arguments: ["swapped", "missing", "twice", "last missing"])
    func backwardOrder(defect: String) throws {
        let gpipe = Layout(microBatch: 4, schedule: .gpipe)
        let problems = try Self.problems(gpipe, rank: 0) { program in
            let backward = try program.pass("backward")
            let places = program.actions.indices.filter { program.actions[$0].pass == backward }
            switch defect {
            case "swapped": program.actions.swapAt(places[1], places[2])
            case "missing": program.actions.remove(at: places[1])
            case "twice": program.actions.insert(program.actions[places[1]], at: places[1])
            default: program.actions.remove(at: places[places.count - 1])
            }
        }
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.kind == .backwardOrder && $0.rank == 0 })
    }

    // MARK: References

    @Test("An operand beyond its buffer", arguments: [-1, 1])
    func outOfBounds(shift: Int) throws {
        let problems = try Self.problems(CheckerTests.layout, rank: 2) { program in
            let pass = try program.pass("forward")
            let place = try #require(
                program.passes[pass].instructions.firstIndex { if case .gelu = $0.operation { true } else { false } })
            program.passes[pass].instructions[place].writes[0].offset += shift
        }
        #expect(problems.contains { $0.kind == .outOfBounds && $0.rank == 2 })
    }

    @Test("Buffers and passes that do not exist are named, and nothing traps") func missingReferences() throws {
        let buffer = try Self.problems(CheckerTests.layout, rank: 1) { program in
            program.passes[0].instructions[0].writes[0].buffer = BufferID(program.buffers.count)
        }
        #expect(buffer.map(\.kind) == [.outOfBounds])
        #expect(buffer.map(\.rank) == [1])
        let pass = try Self.problems(CheckerTests.layout, rank: 3) { program in
            program.actions[0].pass = program.passes.count
        }
        #expect(pass.map(\.kind) == [.outOfBounds])
        #expect(pass.map(\.rank) == [3])
        let negative = try Self.problems(CheckerTests.layout, rank: 3) { program in
            program.passes[0].instructions[0].writes[0].count = -1
        }
        #expect(negative.contains { $0.kind == .outOfBounds && $0.rank == 3 })
    }
}

@Suite("Element sets") struct ElementSetTests {
    @Test("Insertions and removals agree with a set of integers")
    func againstIntegers() {
        var state: UInt32 = 1
        func next(_ bound: Int) -> Int {
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int(state >> 8) % bound
        }
        var set = ElementSet()
        var integers: Set<Int> = []
        for _ in 0..<2000 {
            let begin = next(40)
            let range = begin..<(begin + next(9))
            if next(5) < 3 {
                set.insert(range)
                integers.formUnion(range)
            } else {
                set.remove(range)
                integers.subtract(range)
            }
            #expect(Set(set.intervals.flatMap { $0 }) == integers)
            #expect(zip(set.intervals, set.intervals.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
            let begin2 = next(40)
            let asked = begin2..<(begin2 + next(6))
            #expect(set.covers(asked) == asked.allSatisfy(integers.contains))
        }
    }
}
