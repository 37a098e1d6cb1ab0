import Foundation
import Testing

extension EndToEnd {
    /// `serre runs export` and `timestamp` on a run that was trained.
    @Suite struct RecordExport {
        let folder: TestFolder
        let run: String

        init() throws {
            folder = try TestFolder()
            try folder.makeRepository("repo")
            let outcome = try folder.serre(line: "train nano --steps 3 --json --output ../runs", at: "repo")
            run = try #require(try outcome.objects().last?["run"] as? String, "\(outcome)")
        }

        @Test func everyFormatIsWrittenAsItIsPrinted() throws {
            for format in ["json", "csv", "prov", "slsa"] {
                let printed = try folder.serre(line: "runs export latest --format \(format)", at: "repo")
                #expect(printed.status == 0 && printed.errors.isEmpty, "\(printed)")
                let written = try folder.serre(line: "runs export \(run) --format \(format) -o ../x", at: "repo")
                #expect(written.status == 0 && written.output.isEmpty, "\(written)")
                #expect(try folder.text("x") == printed.output)
                if format != "csv" {
                    #expect(try JSONSerialization.jsonObject(with: folder.data("x")) is [String: Any])
                }
            }
            let steps = try folder.serre(line: "runs export --format csv", at: "repo").lines
            #expect(steps.count == 4 && steps[1].contains("40185875ed540000-3ff37b0490e5d752-3ffd09c10c2c6c18"))
        }

        @Test func aCrateIsAFolder() throws {
            let wrong = try folder.serre(line: "runs export --format ro-crate", at: "repo")
            #expect(wrong.status == 2 && wrong.errors.contains("name it with -o"))
            #expect(try folder.serre(line: "runs export --format ro-crate -o ../crate", at: "repo").status == 0)
            #expect(folder.names(in: "crate").contains("ro-crate-metadata.json"))
            let again = try folder.serre(line: "runs export --format ro-crate -o ../crate", at: "repo")
            #expect(again.status == 2)
            #expect(
                try folder.serre(line: "runs export --format ro-crate -o ../crate --replace", at: "repo").status == 0)
        }

        @Test func tensorBoardGetsAFolderPerRun() throws {
            let wrong = try folder.serre(line: "runs export --format tensorboard", at: "repo")
            #expect(wrong.status == 2 && wrong.errors.contains("name it with -o"))
            // Again over what is there: as while a run goes on.
            for _ in 0..<2 {
                let outcome = try folder.serre(line: "runs export --format tensorboard -o ../tb", at: "repo")
                #expect(outcome.status == 0 && outcome.lines.count == 1, "\(outcome)")
                #expect(folder.names(in: "tb") == [run])
                #expect(folder.names(in: "tb/\(run)").count == 1)
            }
            let blocked = try folder.serre(line: "runs export --format tensorboard -o .git/HEAD", at: "repo")
            #expect(blocked.status == 1)
            #expect(try blocked.sentence().contains("cannot make the folder for TensorBoard"))
        }

        /// The public validators, where scripts/validate-exports --install has made their environment.
        @Test(.enabled(if: Self.validators != nil, "needs scripts/validate-exports --install"))
        func publicValidatorsAcceptIt() throws {
            let place = try #require(Self.validators)
            for format in ["prov", "slsa"] {
                _ = try folder.serre(line: "runs export --format \(format) -o ../\(format).json", at: "repo")
            }
            _ = try folder.serre(line: "runs export --format json -o ../run.json", at: "repo")
            _ = try folder.serre(line: "runs export --format csv -o ../steps.csv", at: "repo")
            _ = try folder.serre(line: "runs export --format ro-crate -o ../crate", at: "repo")
            _ = try folder.serre(line: "runs export --format tensorboard -o ../tensorboard", at: "repo")
            _ = try folder.serre(line: "card model -o ../README.md", at: "repo")
            let outcome = try folder.run([place.python, place.script, folder.path], seconds: 120)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("Process Run Crate, required: valid"), "\(outcome)")
            #expect(outcome.output.contains("TensorBoard server: valid 3 points"), "\(outcome)")
            #expect(outcome.output.contains("Model card: valid"), "\(outcome)")
        }

        private static let validators: (python: String, script: String)? = {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().path
            let (ready, script) = (root + "/.cache/exports-3/ready", root + "/scripts/validate_exports.py")
            guard FileManager.default.fileExists(atPath: ready) else { return nil }
            return (root + "/.cache/exports-3/bin/python", script)
        }()

        /// An authority of openssl's own, asked over HTTP on this machine.
        @Test(.enabled(if: Self.hasAuthority, "needs openssl, curl and python3"))
        func anAuthorityStampsARecord() throws {
            try folder.write(Self.authority, to: "authority/tsa.cnf")
            try folder.write(Self.server, to: "authority/server.py")
            let made = try folder.shell(
                """
                cd authority
                echo 01 >serial
                new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
                openssl req -x509 $new -keyout ca.key -out ca.pem -days 2 -subj '/CN=Test root'
                openssl req $new -keyout tsa.key -out tsa.csr -subj '/CN=Test clock'
                openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out tsa.pem \
                    -extfile tsa.cnf -extensions clock
                """)
            try #require(made.status == 0, "\(made)")
            let server = try Running(["python3", "-u", "server.py"], in: folder, at: "authority", seconds: 60)
            defer { server.send(SIGKILL) }
            try server.wait(forLines: 1)
            let port = server.output.split(separator: "\n")[0]
            let asked = try folder.serre(line: "runs timestamp --tsa http://127.0.0.1:\(port)/", at: "repo")
            #expect(asked.status == 0 && asked.output.contains("\(run) was stamped 20"), "\(asked)")
            let line = "runs timestamp --check --authorities ../authority/ca.pem"
            let checked = try folder.serre(line: line + " --json", at: "repo").objects(1)[0]
            #expect(checked["signature_checked"] as? Bool == true && checked["problem"] == nil)
            #expect(try folder.serre(line: line, at: "repo").output.contains("/CN=Test clock\n  valid\n"))
            let stranger = try folder.serre(
                line: "runs timestamp --check --authorities ../authority/tsa.pem", at: "repo")
            #expect(stranger.status == 1 && stranger.output.contains("not signed by an authority"), "\(stranger)")
            try folder.git("fsck", "--strict", "--no-dangling", at: "repo")
            // Offline: a query out, an answer in.
            _ = try folder.serre(line: "runs timestamp --query -o ../authority/query.tsq", at: "repo")
            let reply = "ts -reply -config tsa.cnf -queryfile query.tsq -out answer.tsr"
            _ = try folder.run(["openssl"] + reply.split(separator: " ").map(String.init), at: "authority")
            let added = try folder.serre(line: "runs timestamp --response ../authority/answer.tsr", at: "repo")
            #expect(added.status == 0, "\(added)")
            #expect(try folder.serre(line: line + " --json", at: "repo").objects(2).count == 2)
        }

        @Test func anAuthorityThatIsNotThereIsSaidToBe() throws {
            let outcome = try folder.serre(line: "runs timestamp --tsa http://127.0.0.1:9/", at: "repo")
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(try outcome.sentence().contains("--query"))
            let none = try folder.serre(line: "runs timestamp --check", at: "repo")
            #expect(none.status == 0 && none.errors.contains("no timestamp"))
            #expect(try folder.serre(line: "runs timestamp", at: "repo").status == 2)
        }

        private static let hasAuthority: Bool = {
            guard let folder = try? TestFolder() else { return false }
            let found = try? folder.run(["sh", "-c", "command -v openssl && command -v curl && command -v python3"])
            return found?.status == 0
        }()

        private static let authority = """
            [tsa]
            default_tsa = clock_service
            [clock_service]
            serial = serial
            signer_cert = tsa.pem
            signer_key = tsa.key
            signer_digest = sha256
            default_policy = 1.2.3.4.1
            digests = sha256
            certs = ca.pem
            ess_cert_id_alg = sha256
            [clock]
            extendedKeyUsage = critical,timeStamping

            """

        private static let server = """
            import http.server, subprocess

            class Authority(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    assert self.headers["Content-Type"] == "application/timestamp-query"
                    open("asked.tsq", "wb").write(self.rfile.read(int(self.headers["Content-Length"])))
                    command = "openssl ts -reply -config tsa.cnf -queryfile asked.tsq -out sent.tsr"
                    subprocess.run(command.split(), check=True)
                    self.send_response(200)
                    self.send_header("Content-Type", "application/timestamp-reply")
                    self.end_headers()
                    self.wfile.write(open("sent.tsr", "rb").read())

            server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
            print(server.server_port)
            server.serve_forever()

            """
    }
}
