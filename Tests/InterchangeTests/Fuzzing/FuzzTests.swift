import Diagnostics
import Foundation
import Testing

@testable import Interchange

/// 100,000 damaged safetensors files, the same ones every time: each is refused by name or is really well-formed.
@Suite("Malformed safetensors")
struct FuzzTests {
    private static let rounds = 100_000

    @Test("no mutant crashes, hangs or is taken for what it is not", .timeLimit(.minutes(2)))
    func mutants() throws {
        let reference = try HeaderModel(file: bytes(ofFile: ReadingTests.reference))
        let models = [reference, .two, .metadataOnly]
        for model in models { #expect(try read(model.file) != nil) }
        var (accepted, changed) = (0, 0)
        let before = residentBytes()
        var codes = Set<String>()
        for round in 0..<Self.rounds {
            // Each round has a seed of its own, so that one failure can be looked at alone.
            var mutator = Mutator(seed: UInt64(round))
            let model = models[round % models.count]
            let file = mutator.mutant(of: model)
            if file != model.file { changed += 1 }
            do throws(Diagnostic) {
                guard let header = try read(file) else { continue }
                accepted += 1
                let objection = WellFormedness.objection(to: header, in: file)
                #expect(objection == nil, "round \(round)")
            } catch {
                codes.insert(error.code)
                guard error.location?.file == Self.path, error.code.hasPrefix("safetensors."), error.exitStatus == 2
                else {
                    Issue.record("round \(round): \(error)")
                    continue
                }
            }
        }
        // The mutants must try both answers and every refusal.
        #expect(changed > Self.rounds * 9 / 10)
        #expect(accepted > Self.rounds / 20 && accepted < Self.rounds / 2, "\(accepted) were accepted")
        #expect(
            codes.map { $0.dropFirst("safetensors.".count) }.sorted() == [
                "duplicate", "header", "header-size", "hole", "missing-key", "offsets", "overlap", "shape", "truncated",
                "type", "unknown-key",
            ])
        #expect(residentBytes() - before < 200_000_000)
    }

    @Test("the independent check notices every kind of damage")
    func control() throws {
        let file = HeaderModel.two.file
        let header = try #require(try read(file))
        #expect(WellFormedness.objection(to: header, in: file) == nil)
        let wrong: [[UInt8]] = [
            file.dropLast() + [], file + [0], HeaderModel.metadataOnly.file,
            HeaderModel.two.changing { $0.tensors[0].shape[0] = "3" }.file,
            HeaderModel.two.changing { $0.tensors[1].offsets[0] = "7" }.file,
        ]
        for other in wrong { #expect(WellFormedness.objection(to: header, in: other) != nil) }
        var twice = header
        twice.entries.append(header.entries[0])
        #expect(WellFormedness.objection(to: twice, in: file) != nil)
    }

    @Test("endless lists and nesting end at a bound")
    func bounds() throws {
        let zeros = Array(repeating: "0", count: 2_000_000).joined(separator: ",")
        let nested = String(repeating: "{\"a\":", count: 1_000_000)
        for json in ["{\"w\":{\"shape\":[\(zeros)]", nested, "{\"w\":" + nested, "{\"__metadata__\":" + nested] {
            let error = #expect(throws: Diagnostic.self) { try read(fileBytes(json)) }
            #expect(error?.code.hasPrefix("safetensors.") == true)
        }
    }

    private static let path = "mutant.safetensors"

    private func read(_ file: [UInt8]) throws(Diagnostic) -> SafetensorsHeader? {
        var result: Result<SafetensorsHeader, Diagnostic>?
        file.withUnsafeBytes { bytes in
            do throws(Diagnostic) {
                result = .success(try SafetensorsHeader.read(file: bytes, path: Self.path).header)
            } catch {
                result = .failure(error)
            }
        }
        return try result?.get()
    }
}
