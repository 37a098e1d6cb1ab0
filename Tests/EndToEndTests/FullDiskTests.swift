import Testing

extension EndToEnd {
    /// A disk that fills up while a run saves costs the run what came after its last checkpoint, and nothing else.
    @Suite(.enabled(if: TestFolder.canMount, "needs root and the right to mount a small file system"))
    struct FullDisk {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        /// `left`: what stays free beside the ballast, in KiB; none, too little for a checkpoint, almost enough.
        @Test(arguments: [0, 300, 2400]) func theEarlierCheckpointStays(left: Int) throws {
            let corpus = Executable.sourceRoot + "/fixtures/corpus"
            #expect(try folder.serre("corpus", "build", corpus, "-o", "text").status == 0)
            let outcome = try folder.shell(
                """
                mkdir small
                mount -t tmpfs -o size=12m none small
                "$SERRE" train nano --corpus text --output small --steps 2 --json >first.json 2>first.err
                free=$(df --output=avail -k small | tail -n 1)
                head -c $(((free - LEFT) * 1024)) /dev/zero >small/ballast
                ls small/*/checkpoints >before
                status=0
                "$SERRE" train --resume --output small --json >second.json 2>second.err || status=$?
                echo $status >status
                ls small/*/checkpoints >after
                rm small/ballast
                "$SERRE" train --resume --output small --json >third.json 2>third.err
                ls small/*/checkpoints >last
                """, mounting: true, environment: ["LEFT": "\(left)"])
            #expect(outcome.status == 0, "\(outcome)\n\((try? folder.text("third.err")) ?? "")")
            #expect(try folder.text("status") == "1\n")
            let sentence = try Outcome(status: 1, output: "", errors: folder.text("second.err")).sentence()
            #expect(sentence.contains("No space left on device"), "\(sentence)")
            #expect(sentence.contains("small/") || sentence.contains("cannot record the file"), "\(sentence)")
            #expect(try folder.text("before") == "step-00000002\n")
            #expect(try folder.text("after") == "step-00000002\n", "nothing half-written is left")
            #expect(try folder.text("last") == "step-00000002\nstep-00000010\n")
            let straight = try folder.serre(line: "train nano --corpus text --json --no-ledger").digest()
            #expect(try Outcome(status: 0, output: folder.text("third.json"), errors: "").digest() == straight)
        }

        @Test func aRunThatCannotBeginLeavesNothing() throws {
            let corpus = Executable.sourceRoot + "/fixtures/corpus"
            #expect(try folder.serre("corpus", "build", corpus, "-o", "text").status == 0)
            let outcome = try folder.shell(
                """
                mkdir small
                mount -t tmpfs -o size=64k none small
                head -c 1000000 /dev/zero >small/ballast 2>/dev/null || true
                status=0
                "$SERRE" train nano --corpus text --output small --json || status=$?
                ls small >names
                exit $status
                """, mounting: true)
            #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome)")
            #expect(try outcome.sentence().contains("No space left on device"))
            #expect(try folder.text("names") == "ballast\n")
        }
    }
}
