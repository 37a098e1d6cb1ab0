import Foundation
import Testing

extension EndToEnd {
    /// `serre watch` beside real runs: what it serves, and what it says of runs that go on, are killed, or end.
    @Suite struct Watch {
        let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            try folder.makeRepository("repo")
        }

        /// A server of the latest run, and where it listens.
        private func watch(_ line: String = "watch --port 0 --json") throws -> (running: Running, url: String) {
            let running = try folder.start(line, at: "repo")
            try running.wait(forLines: 1)
            let said = try #require(
                try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any])
            return (running, try #require(said["url"] as? String))
        }

        private func ask(_ url: String) throws -> (status: String, body: String) {
            let outcome = try folder.run(["python3", "-c", Self.client, url])
            let end = try #require(outcome.output.lastIndex(of: "\n"))
            return (String(outcome.output[outcome.output.index(after: end)...]), String(outcome.output[..<end]))
        }

        /// Asks for a path just as it is written; prints what comes, and the status on a line of its own.
        private static let client = """
            import http.client, sys
            host, path = sys.argv[1].removeprefix("http://").split("/", 1)
            connection = http.client.HTTPConnection(host, timeout=10)
            connection.request("GET", "/" + path)
            reply = connection.getresponse()
            sys.stdout.buffer.write(reply.read() + b"\\n%d" % reply.status)
            """

        /// The run as the server has it now.
        private func run(_ url: String) throws -> [String: Any] {
            let body = try ask(url + "news.json").body
            let all = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
            return try #require((all["runs"] as? [[String: Any]])?.first)
        }

        private func end(_ running: Running) {
            running.send(SIGTERM)
            #expect(running.finish().status == 0)
        }

        @Test func aRunIsFollowedUntilItIsKilled() throws {
            let options = "--set optimizer.train_samples=800000 --set checkpoint.every_steps=20 --output ../runs --json"
            let training = try folder.start("train nano \(options)", at: "repo")
            try training.wait(forLines: 25)
            let (running, url) = try watch()
            let before = try run(url)
            #expect(before["state"] as? String == "live" && before["reason"] == nil)
            // Steps are there before the record has them: a segment has 100, and a checkpoint's commit comes every 20.
            try training.wait(forLines: 40)
            var steps = 0
            try running.wait(until: "more steps") {
                steps = (try? run(url))?["steps_done"] as? Int ?? 0
                return steps > before["steps_done"] as? Int ?? 0 && steps % 20 != 0
            }
            // A page that a browser has open takes over what is new.
            if let browser = Report.browser {
                let options = [
                    "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom",
                ]
                try running.wait(until: "news in the browser") {
                    let page = (try? folder.run([browser] + options + [url], seconds: 60))?.output ?? ""
                    return page.contains("data-revision=") && page.contains("state live")
                }
            }
            training.send(SIGKILL)
            _ = training.finish()
            try running.wait(until: "the death") { (try? run(url))?["state"] as? String == "dead" }
            #expect((try run(url)["reason"] as? String)?.hasSuffix("is gone") == true)
            let metrics = try ask(url + "metrics").body
            #expect(metrics.contains("state=\"dead\"} 1"))
            if FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool") {
                try folder.write(metrics, to: "metrics.txt")
                let check = try folder.run(["sh", "-c", "/usr/bin/promtool check metrics < metrics.txt"])
                #expect(check.status == 0 && check.errors.isEmpty, "\(check)")
            }
            end(running)
        }

        @Test func aRunThatIsOverIsServedAndNothingElse() throws {
            let trained = try folder.serre(
                line: "train nano --steps 4 --cluster jean-zay-a100 --output ../runs --json", at: "repo")
            #expect(trained.status == 0)
            _ = try folder.serre(line: "train --resume --output ../runs --data 2", at: "repo")
            let (running, url) = try watch()
            let run = try run(url)
            #expect(run["state"] as? String == "finished" && run["steps_done"] as? Int == 10)
            // Virtual time is recorded as it was printed.
            let first = try #require(try trained.objects().first?["virtual_seconds"] as? Double)
            let csv = try folder.serre(line: "runs export latest --format csv", at: "repo").lines
            let column = try #require(csv[0].split(separator: ",").firstIndex(of: "virtual_seconds"))
            #expect(Double(csv[1].split(separator: ",", omittingEmptySubsequences: false)[column]) == first)
            #expect(run["operations_per_token"] is Double)
            let resume = (run["events"] as? [[String: Any]])?.first { $0["kind"] as? String == "resume" }
            #expect((resume?["changed"] as? String)?.contains("data 1 → 2") == true)
            for path in ["../../../../etc/passwd", "runs", "%2e%2e/x"] {
                #expect(try ask(url + path).status == "404")
            }
            #expect(running.errors.contains("404 to 127.0.0.1 for GET /../../../../etc/passwd"))
            // The port is taken now.
            let port = try #require(URL(string: url)?.port)
            let second = try folder.serre(line: "watch --port \(port)", at: "repo")
            #expect(second.status == 2)
            #expect(try second.sentence().contains("port \(port) of 127.0.0.1 is in use"))
            end(running)
        }

        @Test func whatCannotBeWatchedIsSaid() throws {
            #expect(try folder.serre(line: "train nano --steps 2 --output ../runs", at: "repo").status == 0)
            let id = try folder.serre(line: "runs list --json", at: "repo").objects()[0]["run"] as? String ?? ""
            let misspelt = id.dropLast() + (id.hasSuffix("x") ? "y" : "x")
            let unknown = try folder.serre(line: "watch \(misspelt)", at: "repo")
            #expect(unknown.status == 2)
            #expect(try unknown.sentence().contains("did you mean \(id)?"))
            #expect(try folder.serre(line: "watch --port 70000", at: "repo").status == 2)
            let nowhere = try folder.serre(line: "watch --address 192.0.2.1 --port 0", at: "repo")
            #expect(nowhere.status == 2)
            #expect(try nowhere.sentence().contains("192.0.2.1 is no address of this machine"))
        }
    }
}
