import ClusterProfiles
import Foundation
import FoundationXML
import Programs
import Recipes
import Simulation
import Testing

@testable import Observation

@Suite("Pictures of a pipeline") struct PipelinePictureTests {
    /// The names of an SVG's elements; fails for what is not well-formed XML.
    private static func elements(_ svg: String) throws -> [String] {
        final class Reader: NSObject, XMLParserDelegate {
            var names: [String] = []
            func parser(
                _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
                attributes: [String: String] = [:]
            ) { names.append(name) }
        }
        let reader = Reader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        try #require(parser.parse(), "not well-formed: \(parser.parserError.map { "\($0)" } ?? "")")
        return reader.names
    }

    @Test("Every layout has a picture that is XML and stands by itself", arguments: Recordings.layouts)
    func wellFormed(layout: Layout) throws {
        let recording = try Recordings.nano(layout)
        let svg = PipelinePicture(recording, title: "a <b> & \"c\"", caption: ["one", "two"]).svg
        let names = try Self.elements(svg)
        #expect(names.first == "svg" && names.contains("title") && names.contains("desc"))
        #expect(!svg.contains("href") && !svg.contains("url("))
        for stage in 0..<layout.pipeline { #expect(svg.contains(">stage \(stage)<")) }
        #expect(PipelinePicture(recording, title: "a <b> & \"c\"", caption: ["one", "two"]).svg == svg)
    }

    @Test("A forward and a backward for each micro-batch and stage, none over another") func bars() throws {
        let recording = try Recordings.nano(Layout(pipeline: 4, microBatch: 2))
        for track in recording.tracks.indices {
            let bars = PipelineBars(recording, track: track, least: 0).bars
            for kind in [PipelineBars.Kind.forward, .backward] {
                let own = bars.filter { $0.kind == kind && $0.microbatch != nil }
                #expect(own.map(\.microbatch) == Array(0..<8))
                #expect(zip(own, own.dropFirst()).allSatisfy { $0.end <= $1.start })
            }
            #expect(bars.allSatisfy { $0.start < $0.end && $0.end <= recording.timing.seconds })
        }
    }

    @Test("A step of thousands of passes has a picture of no more bars than there are pixels") func coarse() throws {
        let recording = try StepRecording(Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"))
        let svg = PipelinePicture(recording, title: "bloom").svg
        let bars = try Self.elements(svg).count { $0 == "rect" }
        #expect(bars < 12 * 900 && svg.utf8.count < 1_000_000)
    }

    @Test("The axis has round times", arguments: [(2.5, 6), (97, 10), (0.0004, 9), (1, 6), (0, 1)])
    func ticks(seconds: Double, count: Int) {
        let frame = PipelinePicture.Frame(stages: 1, captions: 0, seconds: seconds)
        let (times, decimals) = frame.ticks
        #expect(times.count <= 11 && times.count >= min(count, 3), "\(times)")
        #expect(times.allSatisfy { $0 <= seconds * (1 + 1e-9) })
        let scale = (0..<decimals).reduce(1.0) { scale, _ in 10 * scale }
        #expect(times.allSatisfy { abs($0 * scale - ($0 * scale).rounded()) < 1e-6 })
    }
}
