import Integrity
import Numerics
import Programs
import Recipes
import Testing

@testable import Training

@Suite("State digest")
struct StateDigestTests {
    private let run: BareRun

    init() throws {
        var run = try BareRun(TestData.recipe("nano"), corpus: TestData.corpus())
        try run.run(steps: 1)
        self.run = run
    }

    @Test(
        "one changed bit in any tensor changes it, and the parameter's own digest says where",
        arguments: StateTensor.allCases)
    func localised(tensor: StateTensor) throws {
        let before = try run.digest()
        let specs = ModelParameters(run.executor.recipe.model).all
        for (index, spec) in specs.enumerated() {
            let pieces = run.executor.ownedPieces.filter { $0.modelIndex == index }
            let piece = try #require(pieces.last)
            let place = piece.memory(of: tensor) + (piece.elements.count - 1)
            let old = place.pointee
            place.pointee = Float(bitPattern: old.bitPattern ^ 1)
            let after = try run.digest()
            place.pointee = old
            #expect(after.root != before.root, "\(spec.name)")
            let changed = zip(before.parameters, after.parameters).filter { $0.0.digest != $0.1.digest }.map {
                $0.0.name
            }
            #expect(changed == [spec.name])
        }
        #expect(try run.digest().root == before.root)
    }

    @Test("the sign of a zero counts")
    func signedZero() throws {
        let before = try run.digest()
        let piece = try #require(run.executor.ownedPieces.first)
        let old = piece.firstMoment[0]
        piece.firstMoment[0] = 0
        let zero = try run.digest().root
        piece.firstMoment[0] = -0.0
        #expect(try run.digest().root != zero)
        piece.firstMoment[0] = old
        #expect(try run.digest().root == before.root)
    }

    @Test("step and samples count, each on its own")
    func counters() throws {
        let digests = try [(1, 16), (2, 16), (1, 17), (16, 1)].map {
            try StateDigest(of: run.executor, step: $0.0, samples: $0.1)
        }
        #expect(Set(digests.map(\.root)).count == 4)
        // The parameters' own digests are of the tensors alone.
        #expect(digests.allSatisfy { $0.parameters.map(\.digest) == digests[0].parameters.map(\.digest) })
    }

    @Test("is what its definition says, computed from the whole tensors")
    func definition() throws {
        let recipe = run.executor.recipe
        let whole = StateTensor.allCases.map(run.executor.wholeTensors)
        func integer(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(value >> (8 * $0) & 255) } }
        let parameters = ModelParameters(recipe.model).all.enumerated().map { index, spec in
            let segment = spec.count / (spec.sharding == .rows ? recipe.segments : 1)
            var leaves: [Digest] = []
            for start in stride(from: 0, to: spec.count, by: segment) {
                for block in stride(from: start, to: start + segment, by: 4096) {
                    let elements = block..<min(block + 4096, start + segment)
                    let bytes = whole.flatMap { tensor in
                        tensor[index][elements].flatMap {
                            (0..<4).map { [bits = $0.bitPattern] in UInt8(bits >> (8 * $0) & 255) }
                        }
                    }
                    leaves.append(SHA256.digest(of: [0] + bytes))
                }
            }
            let head = [2] + Array(spec.name.utf8) + [0] + integer(spec.rows) + integer(spec.columns)
            return SHA256.digest(of: head + merkleRoot(leaves).bytes)
        }
        let root = SHA256.digest(of: [3] + integer(1) + integer(16) + merkleRoot(parameters).bytes)
        #expect(try run.digest().root == root)
        #expect(try run.digest().parameters.map(\.digest) == parameters)
    }

    @Test("the initial state is the same on every layout, and another for another seed")
    func initialState() throws {
        func digest(_ layout: Layout, seed: UInt64 = 42) throws -> Digest {
            var recipe = try TestData.recipe("nano").on(layout)
            recipe.seed = seed
            return try BareRun(recipe, corpus: TestData.corpus()).digest().root
        }
        let one = try digest(Layout(microBatch: 4, zero: 0))
        for layout in [
            Layout(tensor: 4, microBatch: 4), Layout(tensor: 2, pipeline: 4, data: 8), Layout(pipeline: 3, data: 2),
        ] {
            #expect(try digest(layout) == one, "\(layout)")
        }
        #expect(try digest(Layout(microBatch: 4), seed: 43) != one)
        // Both halves of the seed count.
        #expect(try digest(Layout(microBatch: 4), seed: 42 | 1 << 40) != one)
    }
}
