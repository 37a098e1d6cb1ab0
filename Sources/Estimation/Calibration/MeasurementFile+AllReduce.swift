import Diagnostics

/// The log of nccl-tests' all_reduce_perf (and its kin for other accelerators, which print the same table).
extension MeasurementFile {
    /// A row for each size: size, count, type, redop, root, time in µs, algbw and busbw in GB/s, out of place first.
    ///
    /// The ranks and their nodes are those that the log lists; without a list, the ranks follow from busbw ÷ algbw, which
    /// is 2(n − 1)/n, and are taken to be on one node.
    func allReduces(_ lines: [String]) throws(Diagnostic) -> [MeasuredTime] {
        let listed = Self.listed(lines)
        var found: [MeasuredTime] = []
        for (index, line) in lines.enumerated() {
            guard !line.drop(while: \.isWhitespace).hasPrefix("#") else { continue }
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            // Other programs' remarks (launchers, the library's own log) stand between; a row begins with two counts.
            guard words.count > 1, let bytes = Int(words[0]), let count = Int(words[1]) else { continue }
            let row = try Row(words, bytes: bytes, count: count, at: .init(file: path, line: index + 1))
            // Nothing is sent for no bytes.
            guard bytes > 0 else { continue }
            let ranks = listed.ranks ?? row.ranks
            guard let ranks, ranks > 1 else {
                throw Diagnostic(
                    "calibrate.malformed", "the log does not say how many ranks there were",
                    at: .init(file: path, line: index + 1),
                    expected: "lines such as \"#  Rank  0 Group  0 Pid …\" above the table")
            }
            found.append(
                MeasuredTime(
                    .allReduce(bytes: bytes, ranks: ranks, nodes: listed.nodes), seconds: row.microseconds * 1e-6,
                    label: "all-reduce of \(bytes) bytes over \(ranks) ranks", file: path, line: index + 1))
        }
        guard !found.isEmpty else {
            throw Diagnostic(
                "calibrate.malformed", "the log has no row of a size", at: .init(file: path, line: lines.count),
                expected: "size, count, type, redop, root, time, algbw, busbw",
                remedy: "the test may have ended before its first row; run it again")
        }
        return found
    }

    /// The ranks and nodes that the log's heading names.
    private static func listed(_ lines: [String]) -> (ranks: Int?, nodes: Int) {
        var ranks = 0
        var hosts: [String] = []
        for line in lines {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count > 3, words[0] == "#", words[1] == "Rank" else { continue }
            ranks += 1
            if let on = words.firstIndex(of: "on"), on + 1 < words.count, !hosts.contains(words[on + 1]) {
                hosts.append(words[on + 1])
            }
        }
        return (ranks > 0 ? ranks : nil, max(1, hosts.count))
    }

    private struct Row {
        var microseconds: Double
        /// From the two bandwidths; `nil` where they are too coarse.
        var ranks: Int?

        init(_ words: [String], bytes: Int, count: Int, at place: Diagnostic.Location) throws(Diagnostic) {
            guard words.count >= 8 else {
                throw Diagnostic(
                    "calibrate.malformed", "the row breaks off", at: place,
                    expected: "size, count, type, redop, root, time, algbw, busbw", found: "\(words.count) columns")
            }
            guard words[3] != "none" else {
                throw Diagnostic(
                    "calibrate.malformed", "the log is of another collective", at: place,
                    expected: "the output of all_reduce_perf", found: "redop none")
            }
            guard bytes >= 0, count >= 0, let time = Double(words[5]), time > 0, time < 1e12,
                let algorithm = Double(words[6]), let bus = Double(words[7]), algorithm >= 0, bus >= 0
            else {
                throw Diagnostic(
                    "calibrate.wrong-value", "time and bandwidths must be positive numbers", at: place,
                    expected: "time in µs, algbw and busbw in GB/s",
                    found: words[5...7].joined(separator: " "))
            }
            // Bandwidths have two decimals; where that is enough, they must be those of size and time.
            let expected = Double(bytes) / time * 1e-3
            guard expected < 1 || abs(algorithm / expected - 1) < 0.05 else {
                throw Diagnostic(
                    "calibrate.wrong-value", "algbw is not size over time", at: place,
                    expected: "\((expected * 100).rounded() / 100)", found: words[6], remedy: "the row is damaged")
            }
            microseconds = time
            let ratio = algorithm > 1 ? bus / algorithm : 0
            ranks = ratio >= 1 && ratio < 2 ? Int((2 / (2 - ratio)).rounded()) : nil
        }
    }
}
