import ArgumentParser
import Diagnostics
import Foundation
import Ledger
import Pages
import Watching

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Serve a live page of one run, or of several over each other, to browsers; metrics to Prometheus.",
        discussion: """
            Examples:
              serre watch
              serre watch 3f9a 81c2 --port 8080
              serre watch latest --port 0 --json

            The page has curves of loss, gradient norm, learning rate and speed, validation by language, how long is left, \
            energy, checkpoints, incidents and restarts, and says whether the run is live, stale, dead or over. It asks \
            for what is new every two seconds. Of a run on this machine every step is there at once, of others what their \
            record has. Ctrl-C ends it; the run does not notice.

            Prometheus finds the newest figures under /metrics. Only this machine can open the page, unless --address says \
            otherwise; from elsewhere use ssh -L 8400:localhost:8400.
            """)
    @Argument(help: "Run ids, parts of them, or latest.", completion: .recordedRun)
    var runs = ["latest"]
    @Option(help: "The port to serve on; 0 takes any that is free.")
    var port = 8400
    @Option(help: "The address to serve on; 0.0.0.0 lets everybody in who can reach this machine.")
    var address = "127.0.0.1"
    @OptionGroup var place: LedgerPlace
    @Flag(help: "Print one JSON object with the address, the port and the runs, once the page is there.")
    var json = false

    func validate() throws {
        if runs.isEmpty { throw ValidationError("Name at least one run, or latest.") }
        if !(0...65535).contains(port) { throw ValidationError("--port must be 0 to 65535.") }
    }

    func run() throws {
        let ledger = try place.open()
        let followers = try RunChoice.ids(runs, in: ledger).map { (id) throws(Diagnostic) in
            try RunFollower(id, in: ledger, yardstick: RunYardstick.read)
        }
        let content = WatchContent(followers.map(\.page))
        let server = try WatchServer(content, address: address, port: port) { Console.note($0) }
        defer { server.close() }
        let stop = StopSignals()
        try announce(server, followers)
        while !stop.wait(seconds: 1) {
            let changes = followers.map { $0.refresh() }
            guard changes.contains(where: { $0 != nil }) else { continue }
            content.publish(
                followers.map(\.page), changes: zip(changes, followers).map { $0 ?? $1.page.stepCount })
        }
    }

    private func announce(_ server: WatchServer, _ followers: [RunFollower]) throws(Diagnostic) {
        let names = followers.map { $0.page.id }
        let shown = address.contains(":") ? "[\(address)]" : address
        let url = "http://\(shown):\(server.port)/"
        if !WatchServer.isLoopback(address) {
            Console.warn("everybody who can reach \(shown):\(server.port) can read this page: there is no password")
        }
        if json { return try Console.printJSON(Started(url: url, port: server.port, runs: names)) }
        Console.note("Watching \(names.joined(separator: ", ")); Ctrl-C ends it.")
        Console.print(url)
    }

    /// What `--json` prints.
    private struct Started: Encodable {
        var url: String
        var port: Int
        var runs: [String]
    }
}
