import Testing

extension EndToEnd {
    /// A recipe from a few answers or flags.
    @Suite struct New {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func aNewRecipeTrains() throws {
            let made = try folder.serre(line: "new petit --parameters 300K --sequence-length 32 --tokens 3K")
            #expect(made.status == 0 && made.errors.contains("serre train petit.yaml --dry-run"), "\(made)")
            #expect(
                try folder.text("petit.yaml").contains("seed: 42") && folder.text("petit.yaml").contains("# of the"))
            let trained = try folder.serre(line: "train petit.yaml --steps 1 --json --no-ledger")
            #expect(trained.status == 0, "\(trained)")
            let again = try folder.serre(line: "new petit")
            #expect(again.status == 2 && again.errors.contains("--replace"), "\(again)")
        }

        @Test func answersAreAsked() throws {
            let outcome = try folder.shell(
                "printf '\\n2M\\n1M\\n' | '\(try Executable.serre())' new grand --ask -o g.yaml")
            #expect(outcome.status == 0 && outcome.errors.contains("About how many parameters? [1M]"), "\(outcome)")
            #expect(try folder.text("g.yaml").contains("name: grand"))
        }

        @Test func badInput() throws {
            for (line, says) in [
                ("new a/b", "without slashes"), ("new a --parameters many", "such as 124M"),
                ("new a --corpus nowhere", "nowhere"), ("new a --family bloon", "bloom"),
                ("new a --batch 0", "--batch"),
                ("new a --parameters 1e20", "such as 124M"),
                ("new a --batch 9223372036854775807", "--batch must be"), ("new a --learning-rate inf", "above 0"),
                ("new a --sequence-length 1152921504606846976", "--sequence-length must be"),
                ("new a --batch 1024 --tokens 100K", "less than two steps"),
                ("new a --tokens 1e15 --sequence-length 8", "more samples than a run can have"),
            ] {
                let outcome = try folder.serre(line: line)
                #expect(outcome.status == 2 && outcome.errors.contains(says), "\(line): \(outcome)")
            }
            #expect(!folder.exists("a.yaml"))
        }
    }
}
