import ClusterProfiles
import Diagnostics
import Foundation
import FoundationXML
import Recipes
import Testing

@testable import Estimation

@Suite("Scaling studies")
struct ScalingStudyTests {
    static let bloom = Result {
        try ScalingStudy(Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"))
    }

    @Test("Each point is the estimate on its nodes, and efficiency counts from the first that fits")
    func strong() throws {
        let curve = try Self.bloom.get().curves[0]
        let profile = try ClusterProfile.load("jean-zay-a100")
        #expect(curve.points.map(\.nodes) == [6, 12, 24, 48])
        for point in curve.points {
            let alone = try Estimate(Recipe.load("bloom-176b").filling(nodes: point.nodes, of: profile), on: profile)
            #expect(point.secondsPerStep == alone.secondsPerStep && point.days == alone.campaign.days)
            #expect(point.accelerators == 8 * point.nodes && point.data == point.nodes / 6)
        }
        let base = try #require(curve.points.first { $0.fits })
        #expect(base.efficiency == 1)
        let last = try #require(curve.points.last)
        let expected =
            last.tokensPerSecond / Double(last.accelerators) / (base.tokensPerSecond / Double(base.accelerators))
        #expect(abs(last.efficiency - expected) < 1e-12)
        #expect(last.efficiency < 1)
    }

    @Test("Weak scaling keeps each replica's samples and the whole run's, and any multiple is legal")
    func weak() throws {
        let recipe = try Recipe.load("bloom-176b")
        let study = try ScalingStudy(
            recipe, .weak, on: ClusterProfile.load("jean-zay-a100"), nodes: [6, 12, 18, 36])
        let points = study.curves[0].points
        #expect(points.map(\.data) == [1, 2, 3, 6])
        #expect(points.allSatisfy { $0.globalBatch == 256 * $0.data })
        // As many tokens in all: what remains of the days is seconds per token.
        for point in points {
            let seconds = Double(recipe.optimizer.trainSamples * 2048) / point.tokensPerSecond
            #expect(abs(point.days * 86400 / seconds - 1) < 0.25)
        }
        // More replicas cost no compute, only communication.
        #expect(points[3].secondsPerStep < 1.5 * points[0].secondsPerStep)
    }

    @Test("Nodes that no legal layout fills say why")
    func unfilled() throws {
        let recipe = try Recipe.load("bloom-176b")
        let study = try ScalingStudy(recipe, on: ClusterProfile.load("jean-zay-a100"), nodes: [60, 18, 7, 48, 48])
        #expect(study.curves[0].points.map(\.nodes) == [48])
        let unfilled = study.curves[0].unfilled
        #expect(unfilled.map(\.nodes) == [7, 18, 60])
        #expect(unfilled[0].reason.contains("48 ranks") && unfilled[0].reason.contains("56 accelerators"))
        #expect(unfilled[1].reason.contains("data degree 3") && unfilled[1].reason.contains("1, 2, 4, 8"))
        #expect(unfilled[2].reason.contains("52 nodes"))
    }

    @Test("Other engines' data degrees follow the batch, not the lanes")
    func otherStyle() throws {
        let recipe = try Recipe.load("bloom-176b", overrides: ["layout.style=deepspeed", "layout.tensor=2"])
        let study = try ScalingStudy(recipe, on: ClusterProfile.load("jean-zay-a100"))
        // A ramp of 192, 208, … samples and micro-batches of 2 allow 8 replicas at most.
        #expect(study.curves[0].points.map(\.data) == [1, 2, 4, 8])
        let flat = try ScalingStudy(recipe.withBatch(2048), on: ClusterProfile.load("jean-zay-a100"))
        #expect(flat.curves[0].points.map(\.data) == [1, 2, 4, 8, 16])
    }

    @Test("Nothing to show is an error that gives a reason", arguments: [[0], [-1, 2], [7], [53]])
    func badCounts(nodes: [Int]) throws {
        let error = #expect(throws: Diagnostic.self) {
            try ScalingStudy(Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"), nodes: nodes)
        }
        #expect(error?.code == (nodes[0] < 1 ? "scaling.nodes" : "scaling.no-point"))
        #expect(error?.location?.key == "--nodes")
    }

    @Test("A thousand numbers of nodes are refused, not estimated")
    func tooMany() throws {
        let error = #expect(throws: Diagnostic.self) {
            try ScalingStudy(Recipe.load("nano"), on: ClusterProfile.load("jean-zay-a100"), nodes: Array(1...1000))
        }
        #expect(error?.code == "scaling.nodes" && error?.expected == "at most 64")
    }

    @Test("The deadline's answer is the fewest nodes that fit and end in time")
    func deadline() throws {
        let study = try Self.bloom.get()
        let points = study.curves[0].points
        let last = try #require(points.last)
        #expect(study.curves[0].fewestNodes(days: last.days)?.nodes == 48)
        #expect(study.curves[0].fewestNodes(days: last.days - 0.1) == nil)
        // Six nodes would do for any deadline, were there memory.
        #expect(study.curves[0].fewestNodes(days: 1e6)?.nodes == points.first { $0.fits }?.nodes)
        #expect(study.deadlineLines(days: 10)[0].contains("the fastest, 48, takes"))
    }

    @Test("A faster network helps, and more on more nodes")
    func variant() throws {
        let fast = try ClusterProfile.load(
            "jean-zay-a100", overrides: ["inter_node.bandwidth_gigabytes_per_second=25"])
        let study = try ScalingStudy(
            Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"),
            variants: [.init(name: "2× network", profile: fast)])
        let gains = zip(study.curves[0].points, study.curves[1].points).map { $0.secondsPerStep / $1.secondsPerStep }
        #expect(gains.allSatisfy { $0 > 1 && $0 < 2 })
        #expect(zip(gains, gains.dropFirst()).allSatisfy { $0 < $1 })
        #expect(study.lines.contains { $0.contains("as profiled") && $0.contains("2× network") })
    }

    @Test("CSV gives back the very numbers, and quotes names that need it")
    func csv() throws {
        var study = try Self.bloom.get()
        study.curves[0].name = "a \"fast\", one"
        let lines = study.csv.split(separator: "\n")
        #expect(lines.count == 5 && study.csv.hasSuffix("\n"))
        #expect(lines[1].hasPrefix("\"a \"\"fast\"\", one\",strong,6,48,1,2048,"))
        let fields = lines[4].split(separator: ",", omittingEmptySubsequences: false).suffix(8)
        let point = study.curves[0].points[3]
        #expect(
            fields.map { Double($0) } == [
                point.secondsPerStep, point.secondsLow, point.secondsHigh, point.tokensPerSecond, point.efficiency,
                point.modelUtilisation, point.days,
                point.acceleratorHours,
            ])
    }

    @Test("The chart is well-formed, says what it shows, and is the same every time")
    func chart() throws {
        var study = try Self.bloom.get()
        study.curves[0].name = "<fast & slow>"
        let svg = study.svg
        #expect(svg == study.svg)
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        for part in ["nodes of 8 × A100", "tokens per second", "ideal", "&lt;fast &amp; slow&gt;", "role=\"img\""] {
            #expect(svg.contains(part), "\(part)")
        }
        #expect(!svg.contains("href") && !svg.contains("\"nan") && !svg.contains("\"inf"))
        // One point alone has a place too.
        let single = try ScalingStudy(Recipe.load("nano"), on: ClusterProfile.load("laptop"))
        #expect(single.svg.contains("<circle") && !single.svg.contains("\"nan"))
    }

    @Test("The lines for people fit 100 columns")
    func lines() throws {
        let study = try ScalingStudy(
            Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"), nodes: [1, 6, 18, 48, 500])
        for line in study.lines + study.deadlineLines(days: 100) { #expect(line.count <= 100, "\(line)") }
        #expect(study.lines.contains { $0.contains("too big") })
    }
}
