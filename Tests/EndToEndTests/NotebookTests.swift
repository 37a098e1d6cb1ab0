import Testing

extension EndToEnd {
    @Suite struct Notebooks {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func notebooks(_ mode: String) throws -> Outcome {
            try folder.serre(line: "notebook \(mode) a.md")
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

        @Test func whatIsLeftOpenStaysAsItIs() throws {
            let text = """
                ```console
                $ echo "took $((RANDOM + 1)) ms in $PWD" >&2; echo 3.14; pwd; seq 3; exit 3
                took * ms in . (glob)
                3.1 (≈ 0.05)
                .
                ...
                3
                [3]
                ```
                """
            try folder.write(text, to: "a.md")
            #expect(try notebooks("check").status == 0)
            #expect(try notebooks("update").status == 0)
            #expect(try folder.text("a.md") == text)
        }

        @Test func aBlockWhoseProgramIsMissingIsSkippedAloud() throws {
            let text = "```console needs=no-such-program\n$ false\n```\n```console\n$ true\n```\n"
            try folder.write(text, to: "a.md")
            let outcome = try notebooks("check")
            #expect(outcome.status == 0 && outcome.errors.contains("a.md:2: skipped, for want of no-such-program"))
            #expect(
                outcome.output == "1 command of 1 notebook: 1 block skipped for want of no-such-program, as recorded\n")
            #expect(try notebooks("check --require no-such-program").status == 1)
            #expect(try notebooks("update").status == 0)
            #expect(try folder.text("a.md") == text)
        }

        @Test func figuresAreKeptAndCompared() throws {
            try folder.write("```console\n$ echo one >figures/one.svg\n```\n", to: "notes/a.md")
            #expect(try folder.serre(line: "notebook check notes").output.contains("figures/one.svg is not what a.md"))
            #expect(try folder.serre(line: "notebook update notes").status == 0)
            #expect(try folder.serre(line: "notebook check notes").status == 0)
            try folder.write("two", to: "notes/figures/two.svg")
            let outcome = try folder.serre(line: "notebook check notes")
            #expect(outcome.status == 1 && outcome.output.contains("no block writes notes/figures/two.svg"))
        }

        @Test(arguments: ["echo '$ touch hacked'", "printf '> x\\n'", "printf '```\\n'"])
        func outputThatWouldBeReadAsCommandsIsRefused(command: String) throws {
            let text = "- list\n\n  ```console\n  $ \(command)\n  old\n  ```\n"
            try folder.write(text, to: "a.md")
            let outcome = try notebooks("update")
            #expect(outcome.status == 2 && outcome.errors.contains("a.md:4"), "\(outcome)")
            #expect(try folder.text("a.md") == text)
        }

        @Test func outputIsIndentedAsItsBlock() throws {
            try folder.write("- list\n  ```console\n  $ printf 'a\\n\\n b\\n'\n  ```\n", to: "a.md")
            #expect(try notebooks("update").status == 0)
            #expect(try folder.text("a.md").hasSuffix("b\\n'\n  a\n\n   b\n  ```\n"))
            #expect(try notebooks("check").status == 0)
        }

        @Test func whatACommandLeavesRunningIsEnded() throws {
            try folder.write(
                "```console\n$ (sleep 300 >/dev/null 2>&1 &) ; sleep 301 & echo x\n$ timeout 0.1 sleep 9\n```\n",
                to: "a.md")
            let began = ContinuousClock.now
            #expect(try notebooks("update").status == 0)
            #expect(ContinuousClock.now - began < .seconds(60))
            #expect(try folder.text("a.md").contains("echo x\nx\n$ timeout 0.1 sleep 9\n[124]\n```"))
        }

        @Test func aPipelineThatIsCutShortSaysNothing() throws {
            try folder.write("```console\n$ for i in 1 2 3; do seq 200000 | sed p | head -n 1; done\n```\n", to: "a.md")
            #expect(try notebooks("update").status == 0)
            #expect(try folder.text("a.md").contains("done\n1\n1\n1\n```"))
        }

        @Test func aCommandThatTakesTooLongIsEnded() throws {
            try folder.write("```console timeout=1\n$ sleep 30; echo never\n```\n", to: "a.md")
            #expect(try notebooks("update").status == 0)
            #expect(try folder.text("a.md").contains("echo never\n[took longer than 1 s]\n```"))
        }

        @Test(arguments: ["```console\noutput first\n```", "```console\n$ true", "```console run=1\n$ true\n```"])
        func aMalformedNotebookIsStatusTwo(text: String) throws {
            try folder.write(text, to: "a.md")
            let outcome = try notebooks("check")
            #expect(outcome.status == 2 && outcome.errors.contains("a.md"), "\(outcome)")
        }
    }
}
