import Diagnostics
import Foundation
import Testing

@testable import Evaluation

@Suite("Examples before items")
struct ShotsTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "/shots-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static let questions = (1...6).map { #"{"question":"Q\#($0)?","choices":["no","yes \#($0)"],"answer":1}"# }

    /// The items of a task of choices with some keys more.
    private func task(_ keys: String, items: [String] = questions, examples: [String] = []) throws(Diagnostic)
        -> SuiteTask
    {
        let lines =
            ["kind: multiple_choice", "context: \"{question}\"", "label: \"{answer}\"", "file: i.jsonl"]
            + keys.split(separator: "\n").map(String.init)
        write("name: s\ntasks:\n  - name: t\n" + lines.map { "    \($0)\n" }.joined(), to: "s.yaml")
        write(items.joined(separator: "\n"), to: "i.jsonl")
        write(examples.joined(separator: "\n"), to: "e.jsonl")
        return try Suite(path: folder + "/s.yaml").tasks[0]
    }

    private func write(_ text: String, to name: String) {
        _ = FileManager.default.createFile(atPath: folder + "/" + name, contents: Data(text.utf8))
    }

    private func contexts(_ task: SuiteTask) -> [String] {
        task.items.map { item in
            if case .choice(let context, _, _, _) = item.content { context } else { "" }
        }
    }

    @Test("are other items with their answers, the same ones every time, others for another seed")
    func own() throws {
        let task = try task("shots: 2")
        #expect(task.shots == 2)
        for (place, context) in contexts(task).enumerated() {
            let parts = context.components(separatedBy: "\n\n")
            #expect(parts.count == 3 && parts.last == "Q\(place + 1)?")
            #expect(Set(parts).count == 3)
            for example in parts.dropLast() {
                let number = try #require(example.dropFirst().first.map(String.init))
                #expect(example == "Q\(number)? yes \(number)" && number != "\(place + 1)")
            }
        }
        #expect(try contexts(self.task("shots: 2")) == contexts(task))
        #expect(try contexts(self.task("shots: 2\nshots_seed: 0")) == contexts(task))
        #expect(try contexts(self.task("shots: 2\nshots_seed: 1")) != contexts(task))
        #expect(try contexts(self.task("shots: 0")) == (1...6).map { "Q\($0)?" })
        // All others, in some order.
        let all = contexts(try self.task("shots: 5"))[0].components(separatedBy: "\n\n")
        #expect(Set(all.dropLast().map { $0.prefix(2) }) == ["Q2", "Q3", "Q4", "Q5", "Q6"])
    }

    @Test("are the first ones of their file, or drawn from it; what is the item itself is passed over")
    func file() throws {
        let shown = "Q2? yes 2\n\nQ3? yes 3\n\n"
        let some = Array(Self.questions[1...])
        let first = try contexts(task("shots: 2\nexamples: e.jsonl", examples: some))
        #expect(first[0] == shown + "Q1?" && first[4] == shown + "Q5?")
        #expect(first[1] == "Q3? yes 3\n\nQ4? yes 4\n\nQ2?")
        let drawn = try contexts(task("shots: 2\nexamples: e.jsonl\nshots_seed: 3", examples: some))
        #expect(Set(drawn.map { $0.dropLast(3) }).count > 2)
        // Its content counts for the suite's digest.
        let digests = try [some, some.reversed()].map { examples in
            _ = try task("shots: 2\nexamples: e.jsonl", examples: examples)
            return try Suite(path: folder + "/s.yaml").digest
        }
        #expect(digests[0] != digests[1])
    }

    @Test("are of the item's language")
    func languages() throws {
        let items = ["de", "fr", "de", "fr", "de", "fr"].enumerated().map { number, language in
            #"{"question":"\#(language)\#(number)","choices":["a","b"],"answer":0,"language":"\#(language)"}"#
        }
        for context in try contexts(task("shots: 2", items: items)) {
            #expect(Set(context.components(separatedBy: "\n\n").map { $0.prefix(2) }).count == 1)
        }
    }

    @Test("that cannot be shown are refused")
    func refusals() {
        func code(_ keys: String) -> String? { diagnostic { () throws(Diagnostic) in _ = try task(keys) }?.code }
        #expect(code("shots: 6") == "suite.shots")
        #expect(code("shots: 1\nlimit: 1") == "suite.shots")
        #expect(code("examples: e.jsonl") == "suite.shots" && code("shots_seed: 1") == "suite.shots")
        #expect(code("shots: -1") != nil && code("shots: 101") != nil && code("shot: 1") == "suite.unknown-key")
        #expect(code("shots: 1\nexamples: no.jsonl") == "suite.unreadable")
        #expect(code("shots: 1\nshots_seed: -1") != nil)
    }

    @Test("stand before last words and questions, too, as lm-evaluation-harness puts them")
    func otherKinds() throws {
        write("{\"text\":\"The sun is warm\"}\n{\"text\":\"The ice is cold\"}\n", to: "w.jsonl")
        write("{\"q\":\"1+1=\\n\",\"a\":[\"2\",\"two\"]}\n{\"q\":\"2+2=\\n\",\"a\":[\"4\"]}\n", to: "a.jsonl")
        write(
            """
            name: s
            tasks:
              - {name: w, kind: last_word, file: w.jsonl, shots: 1}
              - {name: a, kind: generation, file: a.jsonl, shots: 1, context: "{q}", target: "{a}"}
            """, to: "s.yaml")
        let suite = try Suite(path: folder + "/s.yaml")
        #expect(
            suite.tasks[0].items[1].content
                == .lastWord(context: "The sun is warm\n\nThe ice is", word: " cold"))
        #expect(
            suite.tasks[1].items[1].content == .answer(context: "1+1=\n2\n\n2+2=\n", references: ["4"]))
        #expect(try HarnessTask(suite.tasks[1], of: suite, folder: folder)?.items.contains("1+1=") == true)
    }
}
