import Diagnostics
import Foundation
import Integrity
import Ledger
import Testing

@testable import Exports

/// A run recorded in a repository of its own, removed when the test lets go of it.
final class RecordedRun {
    let folder: String
    let ledger: Ledger
    let run: RunID

    /// A record with a checkpoint, an evaluation and three steps, the last of them not finite.
    init(outcome: RunOutcome = .finished, bare: Bool = false) throws {
        folder = NSTemporaryDirectory() + "serre-exports-\(UUID().uuidString.prefix(12))"
        ledger = try Ledger.create(at: folder)
        let start = Date(timeIntervalSince1970: 1_795_470_301)
        var manifest = RecordManifest(
            run: RunID(recipe: "nano", startedAt: start, suffix: 0x3f9a), recipe: "nano",
            serre: .init(version: "0.1.0"))
        guard !bare else {
            run = try ledger.begin(manifest, at: start).run
            return
        }
        manifest.serre.executableDigest = "sha256:" + String(repeating: "e", count: 64)
        manifest.numerics = "exact-1"
        manifest.dataDigest = "sha256:" + String(repeating: "d", count: 64)
        manifest.layout = ["tensor": 2, "data": 1]
        manifest.hosts = 2
        let shards = "[{\"file\":\"train-de.tokens\",\"sha256\":\"sha256:\(String(repeating: "1", count: 64))\"}]"
        let files = [
            RecordFile(path: "recipe.yaml", text: "name: nano\nseed: 42\n"),
            try RunEnvironment.current().recordFile(),
            RecordFile(path: "data/manifest.json", text: "{\"shards\":\(shards)}"),
        ]
        run = try ledger.begin(manifest, files: files, at: start).run
        let metrics = RecordFile.metrics(steps: 1...3, lines: Self.lines)
        _ = try ledger.append(
            RunEvent(.segment, step: 3, files: [metrics]), to: run, at: start.addingTimeInterval(30))
        let checkpoint = """
            {"step":3,"state_digest":"\(Self.state)","files":[{"name":"rank-00000.safetensors","bytes":12,\
            "sha256":"sha256:\(Self.weights)"}]}
            """
        let saved = RecordFile(path: "checkpoints/00000003.json", text: checkpoint)
        _ = try ledger.append(
            RunEvent(.checkpoint, step: 3, digest: Self.state, files: [saved]), to: run,
            at: start.addingTimeInterval(31))
        _ = try ledger.append(
            RunEvent(.end, step: 3, digest: Self.state, outcome: outcome, message: "over, \"said\" it"), to: run,
            at: start.addingTimeInterval(32))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static let state = "sha256:" + String(repeating: "5", count: 64)
    static let weights = String(repeating: "7", count: 64)
    static let numbers: [[Double]] = [[6.086387356044725, 0.1, -1.25e-300], [5.7, 1.5, 2], [.infinity, .nan, 3]]
    static let lines = numbers.enumerated().map { position, numbers in
        let bits = numbers.map { number in
            let digits = String(number.bitPattern, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined(separator: "-")
        let loss = numbers[0].isFinite ? "\(numbers[0])" : "null"
        return "{\"fingerprint\":\"\(bits)\",\"guard\":\"a, b\",\"loss\":\(loss),\"step\":\(position + 1)}"
    }

    func exported() throws -> ExportedRun { try ExportedRun(run, from: ledger) }

    /// The results of a suite with a figure over all items, one of a language and one of a source, as serre evaluate records them.
    static func suite(step: Int) -> RecordFile {
        let figures = [
            #"{"items":4,"low":0.1,"high":0.9,"metric":"acc","value":0.5}"#,
            #"{"items":2,"language":"de","metric":"acc","value":0.25}"#,
            #"{"items":4,"source":"web","metric":"acc","value":0.125}"#,
        ].joined(separator: ",")
        let model = #"{"step":\#(step),"state_digest":"sha256:0123456789abcdef"}"#
        let task = #"{"name":"words","metrics":[\#(figures)],"items":[{},{},{},{}]}"#
        let suites = #"[{"name":"plants","digest":"sha256:99","tasks":[\#(task)]}]"#
        return RecordFile(
            path: "suites/0000000\(step)/plants.json",
            text: #"{"format":"serre-evaluation","version":1,"model":\#(model),"suites":\#(suites)}"#)
    }
}

@Suite struct ExportTests {
    private func object(_ text: String) throws -> JSONTree {
        try JSONDecoder().decode(JSONTree.self, from: Data(text.utf8))
    }

    @Test func theSameRecordGivesTheSameBytes() throws {
        func all() throws -> [String] {
            let run = try RecordedRun().exported()
            return [
                try run.jsonDocument(), run.csv(), try run.slsaStatement(), try run.provDocument(),
                try run.crateMetadata(license: nil),
            ]
        }
        let (first, second) = (try all(), try all())
        // The commits name whoever runs the tests, and so does each of the two alike.
        #expect(first == second)
        #expect(Set(first).count == 5)
        for text in [first[0], first[2], first[3], first[4]] {
            #expect(text.contains("does not prove that the machine which ran it was honest"))
        }
    }

    @Test func everyJSONLineHasEveryColumn() throws {
        let run = try RecordedRun().exported()
        let lines = run.jsonLines().split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object.keys.sorted() == run.columns.sorted())
        }
        #expect(lines[1].contains("\"update_sum\":2.0,") && lines[1].hasPrefix("{\"step\":2,"))
        #expect(lines[2].contains("\"loss\":null,\"gradient_norm\":null,\"update_sum\":3.0,"))
    }

    @Test func csvReadsBackToTheSameBits() throws {
        let rows = try RecordedRun().exported().csv().split(separator: "\n").map(String.init)
        #expect(rows.count == 4)
        let names = rows[0].split(separator: ",").map(String.init)
        #expect(names.prefix(6) == ["step", "samples", "tokens", "loss", "gradient_norm", "update_sum"])
        for (row, numbers) in zip(rows.dropFirst(), RecordedRun.numbers) {
            let cells = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let read = cells[3..<6].map { Double($0) }
            #expect(
                read.map { $0?.isNaN == true ? nil : $0?.bitPattern } == numbers.map { $0.isNaN ? nil : $0.bitPattern })
            #expect(cells[1] == "", "what was not recorded is empty")
            #expect(row.hasSuffix(",\"a, b\""), "a comma is quoted: \(row)")
        }
    }

    @Test func jsonHoldsTheWholeRecord() throws {
        let recorded = try RecordedRun()
        let run = try recorded.exported()
        let whole = try object(run.jsonDocument())
        #expect(whole["run"]?.text == recorded.run.text)
        #expect(whole["recipe"]?.text == "name: nano\nseed: 42\n")
        #expect(whole["manifest"]?["layout"]?["tensor"] == .integer(2))
        #expect(whole["events"]?.elements.map { $0["kind"]?.text } == ["start", "segment", "checkpoint", "end"])
        #expect(whole["events"]?.elements.last?["message"]?.text == "over, \"said\" it")
        #expect(whole["steps"]?.elements.count == 3)
        #expect(whole["steps"]?.elements[0]["loss"] == .number(6.086387356044725))
        #expect(whole["started"]?.text == "2026-11-23T21:45:01Z" && whole["ended"]?.text == "2026-11-23T21:45:33Z")
        let files = try #require(whole["files"]?.elements)
        #expect(files.count == run.record.files.count)
        for file in files {
            let path = try #require(file["path"]?.text)
            let content = try #require(try recorded.ledger.file(recorded.run, path))
            #expect(file["sha256"]?.text == SHA256.digest(of: content).hex)
        }
        #expect(whole["commit"]?.text == run.record.summary.tip)
    }

    @Test func slsaNamesWhatWentInAndWhatCameOut() throws {
        let statement = try object(RecordedRun().exported().slsaStatement())
        #expect(statement["_type"]?.text == "https://in-toto.io/Statement/v1")
        #expect(statement["predicateType"]?.text == "https://slsa.dev/provenance/v1")
        let subjects = try #require(statement["subject"]?.elements)
        #expect(
            subjects.map { $0["name"]?.text } == ["checkpoint 3/rank-00000.safetensors", "training state after step 3"])
        #expect(subjects[0]["digest"]?["sha256"]?.text == RecordedRun.weights)
        #expect(subjects[1]["digest"]?["serreState"]?.text == String(RecordedRun.state.dropFirst(7)))
        let definition = statement["predicate"]?["buildDefinition"]
        let inputs = try #require(definition?["resolvedDependencies"]?.elements)
        #expect(
            inputs.map { $0["name"]?.text } == [
                "code", "recipe.yaml", "data/manifest.json", "data/train-de.tokens", "serre",
            ])
        for digest in inputs.flatMap({ $0["digest"]?.members ?? [] }) {
            #expect(digest.value.text?.allSatisfy(\.isHexDigit) == true, "digests are bare hexadecimal digits")
        }
        #expect(definition?["internalParameters"]?["layout"]?["tensor"] == .integer(2))
        let metadata = statement["predicate"]?["runDetails"]?["metadata"]
        #expect(metadata?["startedOn"]?.text == "2026-11-23T21:45:01Z")
        #expect(metadata?["finishedOn"]?.text == "2026-11-23T21:45:33Z")
    }

    @Test func provRelationsPointToWhatIsThere() throws {
        let document = try object(RecordedRun().exported().provDocument())
        var ids = Set<String>()
        for kind in ["entity", "activity", "agent"] {
            for member in document[kind]?.members ?? [] { ids.insert(member.key) }
        }
        #expect(ids.contains("run:checkpoint-3") && ids.contains("run:recipe") && ids.contains("run:record"))
        var checked = 0
        for kind in ["used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith", "hadMember", "actedOnBehalfOf"] {
            let relations = try #require(document[kind]?.members, "\(kind)")
            for attribute in relations.flatMap(\.value.members) {
                #expect(ids.contains(attribute.value.text ?? ""), "\(kind) \(attribute.key)")
                checked += 1
            }
        }
        #expect(checked > 20)
        #expect(document["activity"]?.members.first?.value["prov:startTime"]?.text == "2026-11-23T21:45:01Z")
    }

    @Test func aCrateHoldsWhatItDescribes() throws {
        let recorded = try RecordedRun()
        let path = recorded.folder + "/crate"
        let run = try recorded.exported()
        try run.writeROCrate(to: path, license: "https://spdx.org/licenses/CC-BY-4.0", replace: false)
        let text = try String(contentsOfFile: path + "/ro-crate-metadata.json", encoding: .utf8)
        let graph = try #require(try object(text)["@graph"]?.elements)
        let ids = graph.compactMap { $0["@id"]?.text }
        #expect(Set(ids).count == ids.count, "an id is given once")
        for entity in graph where entity["@type"]?.text == "File" {
            let id = try #require(entity["@id"]?.text)
            let content = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(id)"))
            #expect(entity["sha256"]?.text == SHA256.digest(of: [UInt8](content)).hex)
            #expect(entity["contentSize"]?.text == "\(content.count)")
        }
        let root = try #require(graph.first { $0["@id"]?.text == "./" })
        #expect(root["license"]?["@id"]?.text == "https://spdx.org/licenses/CC-BY-4.0")
        #expect(root["conformsTo"]?["@id"]?.text == "https://w3id.org/ro/wfrun/process/0.5")
        let action = try #require(graph.first { $0["@type"]?.text == "CreateAction" })
        #expect(action["actionStatus"]?.text == "http://schema.org/CompletedActionStatus")
        for part in ["object", "result"].flatMap({ action[$0]?.elements ?? [] }) + (root["hasPart"]?.elements ?? []) {
            #expect(ids.contains(part["@id"]?.text ?? ""), "\(part)")
        }
        let again = #expect(throws: Diagnostic.self) { try run.writeROCrate(to: path, license: nil, replace: false) }
        #expect(again?.exitStatus == 2)
        try run.writeROCrate(to: path, license: nil, replace: true)
        let replaced = try String(contentsOfFile: path + "/ro-crate-metadata.json", encoding: .utf8)
        #expect(replaced.contains("No licence is stated"))
    }

    @Test func aRunThatFailedSaysSo() throws {
        let text = try RecordedRun(outcome: .failed).exported().crateMetadata(license: nil)
        let action = try #require(try object(text)["@graph"]?.elements.first { $0["@type"]?.text == "CreateAction" })
        #expect(action["actionStatus"]?.text == "http://schema.org/FailedActionStatus")
        #expect(action["error"]?.text == "over, \"said\" it")
        let interrupted = try RecordedRun(outcome: .interrupted).exported().crateMetadata(license: nil)
        #expect(!interrupted.contains("actionStatus"))
    }

    @Test func aRecordOfAStartAloneIsExportedToo() throws {
        let run = try RecordedRun(bare: true).exported()
        let statement = try object(run.slsaStatement())
        #expect(statement["subject"]?.elements.map { $0["digest"]?["gitCommit"]?.text } == [run.record.summary.tip])
        #expect(run.csv().split(separator: "\n").count == 1)
        #expect(try object(run.provDocument())["activity"] != nil)
        #expect(try object(run.crateMetadata(license: nil))["@graph"] != nil)
        #expect(try object(run.jsonDocument())["steps"] == .array([]))
    }
}
