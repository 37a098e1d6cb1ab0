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
    private var tailsOfStages: [StageTailKey: TailCosts] = [:]

    /// The ranks of one replica, one per stage.
    private struct Line {
        var clock: VirtualClock
        var ranks: [Int]
        var places: [Int]
    }

    private struct Probe {
        /// Forgotten once all times are known.
        var probe: LayoutProbe?
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
        for index in probes.indices { probes[index].probe = nil }
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

    private mutating func layers(_ layout: Layout) -> [[Int]] {
        if let known = splits[layout.interleave] { return known }
        var recipe = recipe
        recipe.layout = layout
        let split = (0..<layout.pipeline).map { stage in
            (layout.style == .serre
                ? recipe.chunkLayers(stage: stage) ?? [] : recipe.otherStylesChunkLayers(stage: stage)).map(\.count)
        }
        splits[layout.interleave] = split
        return split
    }

    private mutating func held(_ layout: Layout) -> [[Int]] {
        // What a pipeline can hold it holds after two rounds.
        let all = microbatches(layout)
        let microbatches = layout.schedule == .gpipe ? all : min(all, 2 * layout.pipeline)
        let key = FlightKey(schedule: layout.schedule, interleave: layout.interleave, microbatches: microbatches)
        if let known = flights[key] { return known }
        let held = (0..<layout.pipeline).map {
            Schedule.inFlight(
                layout.schedule, stage: $0, stages: layout.pipeline, microbatches: microbatches,
                chunks: layout.interleave)
        }
        flights[key] = held
        return held
    }

    /// Of one replica, in a step of the whole batch.
    func microbatches(_ layout: Layout) -> Int { recipe.batch.global / (layout.data * layout.microBatch) }

    // MARK: Time

    /// The least time of a step of a layout.
    mutating func bound(_ layout: Layout) throws(Diagnostic) -> StepBound {
        let line = try line(layout)
        let probe = try probe(layout)
        let layers = layers(layout)
        let tails = try tails(layout, layers, line)
        var chunks: [[ChunkCosts]] = []
        chunks.reserveCapacity(layout.pipeline)
        for stage in 0..<layout.pipeline {
            let times = times(probe, line.places[stage], at: line.ranks[stage], line.clock)
            chunks.append(
                (0..<layout.interleave).map { chunk in
                    times.costs(
                        .init(stage: stage, of: layout.pipeline, chunk: chunk, of: layout.interleave),
                        layers: layers[stage][chunk])
                })
        }
        let microbatches = microbatches(layout)
        let rounds = layout.style == .serre && layout.stridesLanes ? max(1, recipe.lanes / layout.data) : 0
        return StepBound(
            schedule: layout.schedule, microbatches: microbatches,
            microbatchesPerRound: rounds > 0 ? microbatches / rounds : 0, chunks: chunks, tails: tails)
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
        let probe = try LayoutProbe(recipe, layout, on: profile)
        probes.append(Probe(probe: probe, memory: probe.memory))
        probeNumbers[key] = probes.count - 1
        return probes.count - 1
    }

    private mutating func times(_ probe: Int, _ place: Int, at rank: Int, _ clock: VirtualClock) -> ProbeTimes {
        if let known = probes[probe].times[place] { return known }
        guard let times = probes[probe].probe?.times(at: rank, clock) else {
            preconditionFailure("a layout that was not bounded before its shape was closed")
        }
        probes[probe].times[place] = times
        return times
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
                kind: LayoutProbe.Kind(stage: stage, of: layout.pipeline, chunk: 0, of: 1),
                layers: layers[stage].reduce(0, +), place: line.places[stage], zero: layout.zero,
                sequenceParallel: layout.sequenceParallel)
            if tailsOfStages[same] == nil {
                tailsOfStages[same] = try LayoutProbe.tail(
                    recipe, layout, same.kind, layers: same.layers, at: line.ranks[stage], line.clock)
            }
            found.append(tailsOfStages[same] ?? TailCosts())
        }
        tails[key] = found
        return found
    }
}
