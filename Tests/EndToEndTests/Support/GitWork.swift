import Foundation
import Testing

extension TestFolder {
    /// Runs git in the folder `repository`; fails when git does.
    @discardableResult
    func git(_ arguments: String..., at repository: String) throws -> String {
        let identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
        let outcome = try run(["git"] + identity + arguments, at: repository, environment: ["GIT_OPTIONAL_LOCKS": "0"])
        try #require(outcome.status == 0, "git \(arguments): \(outcome)")
        return outcome.output
    }

    /// Makes a repository with one commit: `model.py` and `notes/plan.md`.
    func makeRepository(_ name: String) throws {
        try write("print('first')\n", to: name + "/model.py")
        try write("plan\n", to: name + "/notes/plan.md")
        try git("init", "-q", "-b", "work", at: name)
        try git("add", ".", at: name)
        try git("commit", "-q", "-m", "Start", at: name)
    }
}
