import Diagnostics
import Foundation
import Testing

@testable import Evaluation

@Suite("Suites")
struct SuiteTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "/suite-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// Reads a suite of one task, from the lines of the task and the files beside it.
    private func suite(_ task: String, _ files: [String: String] = [:]) throws(Diagnostic) -> Suite {
        let lines = task.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        write("name: s\ntasks:\n  - name: t\n\(lines)\n", to: "s.yaml")
        for (name, text) in files { write(text, to: name) }
        return try Suite(path: folder + "/s.yaml")
    }

    private func write(_ text: String, to name: String) {
        _ = FileManager.default.createFile(atPath: folder + "/" + name, contents: Data(text.utf8))
    }

    @Test("those that come with Serre are whole", arguments: ["greenhouse", "memory"])
    func shipped(name: String) throws {
        let suite = try Suite(path: "\(TestModel.repository)/suites/\(name).yaml")
        #expect(suite.name == name && !suite.summary.isEmpty && suite.source != nil)
        if name == "greenhouse" {
            #expect(Set(suite.tasks.flatMap(\.languages)) == ["ar", "de", "en", "es", "fr", "pt", "ru", "zh"])
            #expect(suite.tasks.reduce(0) { $0 + ($1.itemCount ?? 0) } == 74)
        }
    }

    @Test("public datasets are read as they are")
    func forms() throws {
        let arc =
            #"{"id":"Q1","question":{"stem":"Why?","choices":[]},"choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"B"}"#
        let item = try suite("kind: multiple_choice\nform: arc\nfile: a.jsonl", ["a.jsonl": arc]).tasks[0].items[0]
        #expect(item.id == "Q1")
        #expect(
            item.content
                == .choice(context: "Question: Why?\nAnswer:", choices: ["a", "b"], delimiter: " ", answer: 1))

        let copa = #"{"premise":"Il piovve. ","question":"effect","choice1":"La terra","choice2":"Il sole","label":0}"#
        #expect(
            try suite("kind: multiple_choice\nform: xcopa\nfiles:\n  it: c.jsonl", ["c.jsonl": copa]).tasks[0].items[0]
                .content
                == .choice(
                    context: "Il piovve quindi", choices: ["la terra", "il sole"], delimiter: " ", answer: 0))

        let swag =
            #"{"activity_label":"Gardening","ctx_a":"He digs. [step] Then","ctx_b":"HE","endings":["rests [x] a.","goes  on."],"label":"1"}"#
        #expect(
            try suite("kind: multiple_choice\nform: hellaswag\nfile: h.jsonl", ["h.jsonl": swag]).tasks[0].items[0]
                .content
                == .choice(
                    context: "Gardening: He digs. Then He", choices: ["rests a.", "goes on."], delimiter: " ", answer: 1
                ))

        let lambada = #"{"text":"Sie suchte den Schlüssel"}"#
        #expect(
            try suite("kind: last_word\nform: lambada\nfile: l.jsonl", ["l.jsonl": lambada]).tasks[0].items[0].content
                == .lastWord(context: "Sie suchte den", word: " Schlüssel"))

        let pairs = "id,sent_more,sent_less,bias_type\n1,\"Her \"\"mop\"\", his\",x,gender\n"
        let pair = try suite("kind: paired_sentences\nform: crows_pairs\nfiles:\n  en: p.csv", ["p.csv": pairs]).tasks[
            0
        ]
        .items[0]
        #expect(pair.content == .pair(more: "Her \"mop\", his", less: "x"))
        #expect(pair.source == "gender" && pair.language == "en")

        let squad =
            #"{"data":[{"paragraphs":[{"context":"C.","qas":[{"id":"q","question":"Q?","answers":[{"text":"A","answer_start":0}]}]}]}]}"#
        #expect(
            try suite("kind: generation\nform: squad\nfile: s.json", ["s.json": squad]).tasks[0].items[0].content
                == .answer(context: "C.\nQuestion: Q?\nAnswer:", references: ["A"]))

        let story =
            "InputStoryid\tInputSentence1\tInputSentence2\tInputSentence3\tInputSentence4\t"
            + "RandomFifthSentenceQuiz1\tRandomFifthSentenceQuiz2\tAnswerRightEnding\nx\ta.\tb.\tc.\td.\te.\tf.\t2\n"
        #expect(
            try suite("kind: multiple_choice\nform: xstorycloze\nfile: x.tsv", ["x.tsv": story]).tasks[0].items[0]
                .content
                == .choice(context: "a. b. c. d.", choices: ["e.", "f."], delimiter: " ", answer: 1))

        let flores = try suite("kind: text\nfiles:\n  ita_Latn: ita_Latn.devtest", ["ita_Latn.devtest": "Uno.\nDue.\n"])
        #expect(flores.tasks[0].items.map(\.language) == ["ita_Latn", "ita_Latn"])
    }

    /// (the task's lines, the file's text, the code, words of the sentence)
    static let bad: [(task: String, items: String, code: String, words: [String])] = [
        (
            "kind: multiple_choise\nfile: i.jsonl", "{}", "suite.unknown-value",
            ["s.yaml:4", "did you mean multiple_choice?"]
        ),
        ("kind: text\nfil: i.jsonl", "{}", "suite.unknown-key", ["did you mean file?"]),
        ("kind: text\nchoices: x\nfile: i.jsonl", "{}", "suite.unknown-key", ["text has no choices"]),
        ("kind: text\nfile: no.jsonl", "", "suite.unreadable", ["no.jsonl"]),
        ("kind: text\nfile: i.jsonl\nfiles:\n  en: i.jsonl", "", "suite.files", ["found both"]),
        ("kind: text\nfiles: {}", "", "suite.files", ["found no file"]),
        ("kind: text\nfile: i.jsonl", "", "suite.empty", ["i.jsonl", "no item"]),
        ("kind: text\nfile: i.jsonl", "\n  \n", "suite.empty", ["i.jsonl"]),
        ("kind: text\nfile: i.jsonl", "{\"text\": \"a\"}\n[1]\n", "suite.malformed", ["i.jsonl:2", "JSON object"]),
        ("kind: text\nfile: i.jsonl", "{\"txt\": \"a\"}", "suite.missing-field", ["i.jsonl:1", "did you mean txt?"]),
        ("kind: text\nfile: i.jsonl", "{\"text\": \"\"}", "suite.empty-field", ["i.jsonl:1"]),
        ("kind: text\nfile: i.jsonl", "{\"text\": [\"a\"]}", "suite.wrong-field", ["found a list"]),
        ("kind: text\nfile: i.jsonl\ntext: \"{text\"", "{\"text\": \"a\"}", "suite.template", ["braces"]),
        (
            "kind: text\nfile: i.jsonl\nid: \"{id}\"", "{\"text\":\"a\",\"id\":1}\n{\"text\":\"b\",\"id\":1}",
            "suite.duplicate-item", ["i.jsonl:2"]
        ),
        ("kind: text\nform: arc\nfile: i.jsonl", "{}", "suite.form", ["expected multiple_choice"]),
        ("kind: text\nfile: i.xml", "", "suite.format", ["add format:"]),
        (choice, choiceItem(label: "2"), "suite.label", ["i.jsonl:1", "label", "0, 1", "\"2\""]),
        (choice, choiceItem(label: "-1"), "suite.label", ["\"-1\""]),
        (choice, "{\"context\":\"c\",\"choices\":[\"a\"],\"label\":0}", "suite.choices", ["at least 2"]),
        (choice, "{\"context\":\"c\",\"choices\":[\"a\",\"\"],\"label\":0}", "suite.empty-field", ["i.jsonl:1"]),
        (choice, "{\"context\":\"c\",\"choices\":[\"a\",2],\"label\":0}", "suite.wrong-field", ["found 2"]),
        (choice, "{\"context\":\"c\",\"choices\":[\"a\",\"b\"]}", "suite.missing-field", ["label"]),
        (choice + "\nlabels: [x]", choiceItem(label: "x"), "suite.labels", ["expected 2, found 1"]),
        ("kind: last_word\nform: lambada\nfile: i.jsonl", "{\"text\":\"Wort\"}", "suite.last-word", ["i.jsonl:1"]),
        (
            "kind: last_word\nform: lambada\nfile: i.jsonl", "{\"text\":\"zwei Worte \"}", "suite.last-word",
            ["i.jsonl:1"]
        ),
        (
            "kind: multiple_choice\nform: copa\nfile: i.jsonl",
            "{\"premise\":\"x.\",\"question\":\"why\",\"choice1\":\"a\",\"choice2\":\"b\",\"label\":0}",
            "suite.wrong-field", ["cause or effect", "found why"]
        ),
        (
            "kind: paired_sentences\nform: crows_pairs\nfile: i.csv\nformat: csv", "sent_more,sent_less\na,b,c\n",
            "suite.malformed", ["i.csv:2", "expected 2, found 3"]
        ),
    ]

    private static let choice = "kind: multiple_choice\nfile: i.jsonl"
    private static func choiceItem(label: String) -> String {
        "{\"context\":\"c\",\"choices\":[\"a\",\"b\"],\"label\":\"\(label)\"}"
    }

    @Test("what is wrong is named with its file and line", arguments: bad)
    func refusals(task: String, items: String, code: String, words: [String]) {
        let found = diagnostic { () throws(Diagnostic) in
            let name = task.contains("i.csv") ? "i.csv" : task.contains("i.xml") ? "i.xml" : "i.jsonl"
            _ = try suite(task, [name: items])
        }
        #expect(found?.code == code, "\(found?.description ?? "nothing")")
        for word in words { #expect(found?.description.contains(word) == true, "\(found?.description ?? "")") }
    }

    @Test("the digest is of the suite and of all items")
    func digest() throws {
        let one = try suite("kind: text\nfile: i.jsonl", ["i.jsonl": "{\"text\":\"a\"}"]).digest
        #expect(try suite("kind: text\nfile: i.jsonl").digest == one)
        #expect(try suite("kind: text\nfile: i.jsonl", ["i.jsonl": "{\"text\":\"b\"}"]).digest != one)
        #expect(try suite("kind: text\nlimit: 1\nfile: i.jsonl", ["i.jsonl": "{\"text\":\"a\"}"]).digest != one)
    }

    @Test("a suite needs a name that can be a file's, and tasks of different names")
    func names() {
        for (text, code) in [
            ("name: ../x\ntasks: []", "suite.name"), ("name: s\ntasks: []", "suite.empty"),
            ("name: s", "suite.missing-key"),
            (
                "name: s\ntasks:\n  - {name: t, kind: text, file: held-out}\n  - {name: t, kind: text, file: held-out}",
                "suite.duplicate-task"
            ),
        ] {
            write(text, to: "n.yaml")
            #expect(diagnostic { () throws(Diagnostic) in _ = try Suite(path: folder + "/n.yaml") }?.code == code)
        }
    }
}
