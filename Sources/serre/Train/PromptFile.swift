import Diagnostics
import Foundation

/// A file of prompts: JSONL with the key `prompt` where its name says so, else a prompt on each line.
enum PromptFile {
    /// The prompts in order; empty lines are none.
    ///
    /// Throws `generate.prompts` when the file cannot be read, holds no prompt or has a line of another form.
    static func read(_ path: String) throws(Diagnostic) -> [String] {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else {
            throw Diagnostic(
                "generate.prompts", "the file of prompts cannot be read as text", at: .init(file: path),
                remedy: "check that it exists and is UTF-8")
        }
        var prompts: [String] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
        for (index, line) in lines.enumerated() where !line.isEmpty {
            prompts.append(
                path.hasSuffix(".jsonl") ? try prompt(line, .init(file: path, line: index + 1)) : String(line))
        }
        guard !prompts.isEmpty else {
            throw Diagnostic(
                "generate.prompts", "there is no prompt in the file", at: .init(file: path), expected: "at least 1")
        }
        return prompts
    }

    private static func prompt(_ line: Substring, _ place: Diagnostic.Location) throws(Diagnostic) -> String {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
        guard let members = object as? [String: Any], let prompt = members["prompt"] as? String else {
            throw Diagnostic(
                "generate.prompts", "the line is no prompt", at: place, expected: #"such as {"prompt": "Le serveur"}"#)
        }
        return prompt
    }
}
