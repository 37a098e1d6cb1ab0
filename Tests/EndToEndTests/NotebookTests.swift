import Testing

extension EndToEnd {
    @Suite struct Notebooks {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func notebooks(_ mode: String) throws -> Outcome {
            let script = Executable.sourceRoot + "/scripts/notebooks"
            return try folder.run([script, mode, folder("a.md")])
        }

        @Test func aChangedOutputIsFoundAndRewrittenAndNothingElseIs() throws {
            let text =
                "# A\n\n```console\n$ serre --version\n9.9.9\n$ serre fly 2>/dev/null\n```\n\n```sh\nrm -rf x\n```\nend"
            try folder.write(text, to: "a.md")
            let checked = try notebooks("check")
            #expect(checked.status == 1)
            #expect(checked.output.contains("-9.9.9") && checked.output.contains("+[2]"), "\(checked)")
            #expect(try folder.text("a.md") == text)
            #expect(try notebooks("update").status == 0)
            let updated = try folder.text("a.md")
            #expect(updated.hasPrefix("# A\n\n```console\n$ serre --version\n"))
            #expect(updated.hasSuffix("$ serre fly 2>/dev/null\n[2]\n```\n\n```sh\nrm -rf x\n```\nend"))
            #expect(try notebooks("check").status == 0)
        }

        @Test(arguments: ["```console\noutput first\n```", "```console\n$ true", "```console run=1\n$ true\n```"])
        func aMalformedNotebookIsStatusTwo(text: String) throws {
            try folder.write(text, to: "a.md")
            let outcome = try notebooks("check")
            #expect(outcome.status == 2 && outcome.errors.contains("a.md"), "\(outcome)")
        }
    }
}
