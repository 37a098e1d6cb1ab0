import Diagnostics
import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("The recording of a step") struct StepRecordingTests {
    static let layouts = RankClassesTests.layouts + RankClassesTests.newer

    static func clock(_ layout: Layout, perNode: Int = 4) throws -> VirtualClock {
        let profile = try RoundCluster.profile(
            nodes: 200, perNode: perNode, launchMicroseconds: 1, insideMicroseconds: 2, networkMicroseconds: 9)
        return try VirtualClock(profile, layout: layout, precision: .float32)
    }

    static func all(_ layout: Layout) throws -> TimedPrograms {
        try clock(layout).prepare(Lowering.programs(Small.recipe(layout)), RankClasses(everyRankOf: layout))
    }

    @Test("Recording changes no time") func noTimeChanges() throws {
        for layout in Self.layouts {
            let timed = try Self.all(layout)
            #expect(try timed.record().timing == timed.step(recordingSpans: true), "\(layout)")
        }
    }

    @Test("What a rank did follows without gaps, and its spans fill it") func entriesFollow() throws {
        for layout in Self.layouts where layout.ranks <= 32 {
            let recording = try Self.all(layout).record()
            for (track, rank) in recording.timing.ranks.enumerated() {
                let entries = recording.tracks[track].entries
                #expect(entries.first?.start == 0)
                #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.end == $1.start })
                #expect(entries.allSatisfy { $0.start <= $0.ready && $0.ready <= $0.end })
                let spans = entries.flatMap { entry in
                    let spans = recording.spans(of: entry, on: track)
                    #expect(
                        spans.last?.end ?? entry.end == entry.end && spans.first?.start ?? entry.start == entry.start)
                    return spans
                }
                #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.start <= $0.end && $0.end == $1.start })
                let program = recording.programs[track]
                let instructions = program.actions.reduce(0) { $0 + program.passes[$1.pass].instructions.count }
                #expect(spans.count { $0.instruction != nil } == instructions, "\(layout), rank \(rank.rank)")
            }
        }
    }

    @Test("Messages are sent, leave, arrive and are taken, in this order") func messages() throws {
        for layout in Self.layouts where layout.pipeline > 1 {
            let recording = try Self.all(layout).record()
            for message in recording.messages {
                let times = [message.sent, message.departs, message.left, message.arrives]
                #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
                let taken = recording.tracks[message.receiver].entries[try #require(message.receiveEntry)]
                #expect(taken.ready == max(taken.start, message.arrives))
                let sending = recording.tracks[message.sender].entries[message.sendEntry]
                #expect(sending.end == message.sent)
            }
            let sends = recording.programs.reduce(0) { sum, program in
                program.actions.reduce(sum) { sum, action in
                    sum
                        + program.passes[action.pass].instructions.count {
                            TimeCategory($0.operation) == .pipelineTransfer
                        }
                }
            }
            #expect(2 * recording.messages.count == sends, "\(layout)")
        }
    }

    @Test("Collectives of the communication stream follow each other") func travels() throws {
        for layout in Self.layouts {
            let recording = try Self.all(layout).record()
            for track in recording.tracks {
                #expect(track.travels.allSatisfy { $0.issued <= $0.start && $0.start <= $0.end })
                #expect(zip(track.travels, track.travels.dropFirst()).allSatisfy { $0.end <= $1.start })
                #expect(track.travels.allSatisfy { track.entries[$0.entry].end == $0.issued })
            }
        }
    }

    @Test("A part of the micro-batches is recorded alone") func fewerMicrobatches() throws {
        let timed = try Self.all(Layout(pipeline: 2, microBatch: 1))
        let recording = try timed.record(microbatches: 3)
        #expect(try recording.timing == timed.step(microbatches: 3, recordingSpans: true))
        #expect(recording.messages.count == 6)
    }
}
