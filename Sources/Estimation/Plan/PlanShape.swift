import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

/// All that layouts with the same three degrees share: where their ranks sit, and what is known about their stages.
struct PlanShape: Sendable {
    let recipe: Recipe
    let degrees: LayoutSpace.Degrees
    let profile: ClusterProfile
    /// Where ranks of a line of stages sit, and of a ring.
    private var lines: [Bool: Line] = [:]
    /// Numbers of the places in them.
    private var placeNumbers: [RankPlace: Int] = [:]
    /// Layers of each stage's chunks, by chunks per stage.
    private var splits: [Int: [[Int]]] = [:]
    /// Micro-batches in flight of each stage's chunks.
    private var flights: [FlightKey: [[Int]]] = [:]
    private var probes: [Probe] = []
    private var probeNumbers: [ProbeKey: Int] = [:]
    private var tails: [TailKey: [TailCosts]] = [:]
    private var scale: MemoryScale?
    private var wholeChunks: [WholeChunkKey: ChunkCosts] = [:]
    private var tailsOfStages: [StageTailKey: TailCosts] = [:]

    /// The ranks of one replica, one per stage.
    private struct Line {
        var clock: VirtualClock
        var ranks: [Int]
        var places: [Int]
    }

    private struct Probe {
        /// Forgotten once all times are known.
        var programs: LayoutProbe?
        var memory: StageMemory
        /// By place.
        var times: [Int: ProbeTimes] = [:]
    }

    private struct FlightKey: Hashable {
        var schedule: Layout.Schedule
        var interleave, microbatches: Int
    }

    private struct ProbeKey: Hashable {
        var microBatch, zero: Int
        var recompute: Layout.Recompute
        var sequenceParallel: Bool
    }

    private struct TailKey: Hashable {
        var interleave, zero: Int
        var sequenceParallel: Bool
    }

    private struct WholeChunkKey: Hashable {
        var probe, layers, place: Int
        var kind: LayoutProbe.Kind
    }

    /// Stages of the same kind with as many layers at the same place end alike.
    private struct StageTailKey: Hashable {
        var kind: LayoutProbe.Kind
        var layers, place, zero: Int
        var sequenceParallel: Bool
    }

    init(_ recipe: Recipe, _ degrees: LayoutSpace.Degrees, on profile: ClusterProfile) {
        self.recipe = recipe
        self.degrees = degrees
        self.profile = profile
    }

    /// Forgets the programs by which layouts were bounded: no others can be.
    mutating func close() {
        for index in probes.indices { probes[index].programs = nil }
    }

    // MARK: Memory

    /// The least bytes that the fullest rank of a layout holds.
    ///
    /// - Parameter growing: what it holds at least with any larger micro-batch, too.
    mutating func bytes(_ layout: Layout, growing: Bool = false) throws(Diagnostic) -> Double {
        let memory = probes[try probe(layout)].memory
        let layers = layers(layout)
        let held = held(layout)
        var most = 0.0
        for stage in 0..<layout.pipeline {
            let chunks = (0..<layout.interleave).lazy.map { chunk in
                StageMemory.Chunk(
                    kind: .init(stage: stage, of: layout.pipeline, chunk: chunk, of: layout.interleave),
                    layers: layers[stage][chunk], inFlight: held[stage][chunk])
            }
            most = max(most, memory.bytes(chunks, growing: growing))
        }
        return most
    }

    /// The least bytes of parameters, gradients and optimiser state that the fullest rank holds, whatever micro-batch,
    /// recomputation and split of the sequence.
    mutating func stateBytes(_ layout: Layout) throws(Diagnostic) -> Double {
        let memory = probes[try probe(layout)].memory
        let layers = layers(layout)
        var most = 0.0
        for stage in 0..<layout.pipeline {
            let held = layers[stage].reduce(0, +)
            most = max(most, memory.stateBytes(Self.ending(stage, layout), layers: held))
        }
        return most
    }

    private mutating func layers(_ layout: Layout) -> [[Int]] {
        if let known = splits[layout.interleave] { return known }
        var recipe = recipe
        recipe.layout = layout
        let split = StageHoldings.layers(recipe)
        splits[layout.interleave] = split
        return split
    }

    private mutating func held(_ layout: Layout) -> [[Int]] {
        // What a pipeline can hold it holds after two rounds.
        let all = microbatches(layout)
        let microbatches = layout.schedule == .gpipe ? all : min(all, 2 * layout.pipeline)
        let key = FlightKey(schedule: layout.schedule, interleave: layout.interleave, microbatches: microbatches)
        if let known = flights[key] { return known }
        let held = StageHoldings.inFlight(layout, microbatches: microbatches)
        flights[key] = held
        return held
    }

    /// Of one replica, in a step of the whole batch.
    func microbatches(_ layout: Layout) -> Int { recipe.batch.global / (layout.data * layout.microBatch) }

    // MARK: Time

    /// The least time of a step of a layout.
    ///
    /// - Parameter closely: looks at the end of the step with all layers and not with one, and where the streams of
    ///   neighbouring layers overlap at all layers of a chunk.
    mutating func bound(_ layout: Layout, closely: Bool = false) throws(Diagnostic) -> StepBound {
        let line = try line(layout)
        let probe = try probe(layout)
        let layers = layers(layout)
        var chunks: [[ChunkCosts]] = []
        chunks.reserveCapacity(layout.pipeline)
        var tails: [TailCosts] = closely ? try self.tails(layout, layers, line) : []
        for stage in 0..<layout.pipeline {
            var costs: [ChunkCosts] = []
            costs.reserveCapacity(layout.interleave)
            for chunk in 0..<layout.interleave {
                let kind = LayoutProbe.Kind(
                    stage: stage, of: layout.pipeline, chunk: chunk, of: layout.interleave)
                if closely, layout.stridesLanes {
                    costs.append(try whole(layout, probe, kind, layers: layers[stage][chunk], line, stage))
                } else {
                    costs.append(times(probe, kind, line, stage).costs(layers: layers[stage][chunk]))
                }
            }
            chunks.append(costs)
            if !closely { tails.append(times(probe, Self.ending(stage, layout), line, stage).tail) }
        }
        let microbatches = microbatches(layout)
        let rounds = layout.style == .serre && layout.stridesLanes ? max(1, recipe.lanes / layout.data) : 0
        return StepBound(
            schedule: layout.schedule, microbatches: microbatches,
            microbatchesPerRound: rounds > 0 ? microbatches / rounds : 0, chunks: chunks, tails: tails)
    }

    /// What a stage's end is like, whatever its chunks.
    private static func ending(_ stage: Int, _ layout: Layout) -> LayoutProbe.Kind {
        LayoutProbe.Kind(stage: stage, of: layout.pipeline, chunk: 0, of: 1)
    }

    private mutating func line(_ layout: Layout) throws(Diagnostic) -> Line {
        let isRing = layout.interleave > 1
        if let known = lines[isRing] { return known }
        let clock = try VirtualClock(profile, layout: layout, precision: recipe.precision)
        let ranks = (0..<layout.pipeline).map { Coordinate(tensor: 0, data: 0, pipeline: $0).rank(in: layout) }
        var places: [Int] = []
        for rank in ranks {
            let place = clock.place(of: rank)
            if placeNumbers[place] == nil { placeNumbers[place] = placeNumbers.count }
            places.append(placeNumbers[place] ?? 0)
        }
        let line = Line(clock: clock, ranks: ranks, places: places)
        lines[isRing] = line
        return line
    }

    private mutating func probe(_ layout: Layout) throws(Diagnostic) -> Int {
        let key = ProbeKey(
            microBatch: layout.microBatch, zero: layout.zero, recompute: layout.recompute,
            sequenceParallel: layout.sequenceParallel)
        if let known = probeNumbers[key] { return known }
        let programs = try LayoutProbe(recipe, layout)
        let scale = scale ?? MemoryScale(programs.middle, layout, on: profile)
        self.scale = scale
        probes.append(Probe(programs: programs, memory: StageMemory(programs, layout, scale)))
        probeNumbers[key] = probes.count - 1
        return probes.count - 1
    }

    private mutating func times(
        _ probe: Int, _ kind: LayoutProbe.Kind, _ line: Line, _ stage: Int
    ) -> ProbeTimes.Chunk {
        let (place, rank) = (line.places[stage], line.ranks[stage])
        if let known = probes[probe].times[place]?[kind] { return known }
        guard let programs = probes[probe].programs else {
            preconditionFailure("a layout that was not bounded before its shape was closed")
        }
        var times = probes[probe].times[place] ?? programs.times(at: rank, line.clock)
        programs.add(kind, to: &times, at: rank, line.clock)
        probes[probe].times[place] = times
        guard let chunk = times[kind] else { preconditionFailure("a kind that was just added") }
        return chunk
    }

    /// A chunk with all its layers.
    private mutating func whole(
        _ layout: Layout, _ probe: Int, _ kind: LayoutProbe.Kind, layers: Int, _ line: Line, _ stage: Int
    ) throws(Diagnostic) -> ChunkCosts {
        let key = WholeChunkKey(probe: probe, layers: layers, place: line.places[stage], kind: kind)
        if let known = wholeChunks[key] { return known }
        let chunk = ChunkCosts(
            try LayoutProbe.costs(recipe, layout, kind, layers: layers, at: line.ranks[stage], line.clock))
        wholeChunks[key] = chunk
        return chunk
    }

    private mutating func tails(
        _ layout: Layout, _ layers: [[Int]], _ line: Line
    ) throws(Diagnostic) -> [TailCosts] {
        let key = TailKey(
            interleave: layout.interleave, zero: layout.zero, sequenceParallel: layout.sequenceParallel)
        if let known = tails[key] { return known }
        var found: [TailCosts] = []
        for stage in 0..<layout.pipeline {
            let same = StageTailKey(
                kind: Self.ending(stage, layout), layers: layers[stage].reduce(0, +), place: line.places[stage],
                zero: layout.zero,
                sequenceParallel: layout.sequenceParallel)
            if tailsOfStages[same] == nil {
                tailsOfStages[same] = TailCosts(
                    try LayoutProbe.costs(
                        recipe, layout, same.kind, layers: same.layers, at: line.ranks[stage], line.clock))
            }
            found.append(tailsOfStages[same] ?? TailCosts())
        }
        tails[key] = found
        return found
    }
}
