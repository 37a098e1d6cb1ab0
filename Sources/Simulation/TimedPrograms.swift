import Diagnostics
import Programs
import Recipes

/// Programs whose passes have been charged on a cluster, ready to be played on the virtual clock.
public struct TimedPrograms: Sendable {
    let layout: Layout
    let programs: [Program]
    let ranks: [Int]
    /// For each rank of the layout, the simulated rank that stands for it.
    let standIns: [Int]
    let passes: [[TimedPass]]
    let sizes: [Int]
    /// For each simulated rank, the simulated ranks that its neighbours in the ring of stages are, or -1 if it is alone.
    let next, previous: [Int]
    /// For each simulated rank and group, the meeting place, or -1 where the group is one simulated rank.
    let places: [[Int]]
    /// Simulated members of each meeting place.
    let attendance: [Int]

    init(_ clock: VirtualClock, _ programs: [Program], _ classes: RankClasses) {
        precondition(programs.count == classes.representatives.count, "one program for each representative")
        self.programs = programs
        ranks = classes.representatives
        standIns = classes.standIns
        sizes = classes.sizes
        let layout = clock.layout
        self.layout = layout
        func neighbour(_ peer: Peer, _ program: Program) -> Int {
            guard layout.pipeline > 1 else { return -1 }
            return classes.standIns[peer.rank(of: program.coordinate, in: layout)]
        }
        next = programs.map { neighbour(.nextStage, $0) }
        previous = programs.map { neighbour(.previousStage, $0) }
        let meetings = Meetings(programs.map(\.coordinate), classes, layout)
        places = meetings.places
        attendance = meetings.attendance
        passes = zip(programs, classes.representatives).enumerated().map { index, entry in
            let (program, rank) = entry
            let place = TimedPass.Place(
                rank: rank, views: clock.views, meets: meetings.places[index].map { $0 >= 0 },
                slowdown: clock.straggler?.factor(at: program.coordinate) ?? 1)
            return program.passes.map { TimedPass($0, of: program, at: place, clock.costs) }
        }
    }

    /// Plays one step; see ``VirtualClock/step(_:_:microbatches:recordingSpans:)``.
    public func step(microbatches: Int? = nil, recordingSpans: Bool = false) throws(Diagnostic) -> StepTiming {
        var run = ClockRun(self, microbatches: microbatches ?? .max, recordingSpans: recordingSpans)
        try run.play()
        return run.timing
    }
}

extension TimedPrograms {
    /// The most steps of passes that are recorded: some 50 bytes each.
    public static let recordedStepsMost = 8_000_000

    /// Steps of passes that a recording of a step keeps.
    func recordedSteps(microbatches: Int? = nil) -> Int {
        zip(programs, passes).reduce(0) { sum, rank in
            rank.0.actions.reduce(sum) {
                $1.microbatch < microbatches ?? .max ? $0 + rank.1[$1.pass].steps.count : $0
            }
        }
    }

    /// Whether a whole step is short enough to be recorded.
    public var canBeRecorded: Bool { recordedSteps() <= Self.recordedStepsMost }

    /// Plays one step and keeps what every simulated rank did when, and what it waited for. The times are those of
    /// ``step(microbatches:recordingSpans:)``.
    ///
    /// - Parameter microbatches: plays only the first so many of each replica's micro-batches; all if `nil`.
    /// - Throws: `clock.too-long` for more than ``recordedStepsMost`` steps of passes, and `clock.stuck`.
    public func record(microbatches: Int? = nil) throws(Diagnostic) -> StepRecording {
        let count = recordedSteps(microbatches: microbatches)
        guard count <= Self.recordedStepsMost else {
            throw Self.tooLong(
                programs.count, expected: "at most \(Self.recordedStepsMost) waits and stretches of work",
                found: "\(count)")
        }
        var run = ClockRun(self, microbatches: microbatches ?? .max, recordingSpans: true)
        run.recorder = StepRecorder(ranks: programs.count)
        try run.play()
        return StepRecording(self, run)
    }

    static func tooLong(_ ranks: Int, expected: String, found: String) -> Diagnostic {
        Diagnostic(
            "clock.too-long", "a step of \(ranks) ranks that differ is too long to be recorded", expected: expected,
            found: found, remedy: "choose a layout whose tensor ranks share a node, or a smaller batch")
    }
}

/// Where the simulated members of each group meet.
struct Meetings {
    private(set) var places: [[Int]]
    private(set) var attendance: [Int] = []

    init(_ coordinates: [Coordinate], _ classes: RankClasses, _ layout: Layout) {
        places = coordinates.map { _ in Array(repeating: -1, count: Group.allCases.count) }
        for group in Group.allCases where group != .tied || layout.pipeline > 1 {
            for (index, coordinate) in coordinates.enumerated() where places[index][group.index] < 0 {
                guard group != .tied || coordinate.pipeline == 0 else { continue }
                var members = group.members(of: coordinate, in: layout).map { classes.standIns[$0] }
                members.sort()
                members = members.enumerated().filter { $0 == 0 || members[$0 - 1] != $1 }.map { $1 }
                guard members.count > 1 else { continue }
                for member in members { places[member][group.index] = attendance.count }
                attendance.append(members.count)
            }
        }
    }
}
