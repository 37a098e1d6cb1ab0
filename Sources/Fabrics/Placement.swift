import Diagnostics

/// Which host holds which ranks: contiguous blocks of 0..<ranks, in host order.
public struct Placement: Sendable, Equatable {
    /// Ranks on each host.
    public let counts: [Int]
    private let starts: [Int]

    /// Spreads `ranks` as evenly as possible over `hosts`; earlier hosts take one more where it does not divide.
    ///
    /// More hosts than ranks are refused: a process would have nothing to do.
    public init(ranks: Int, hosts: Int) throws(Diagnostic) {
        guard hosts >= 1, ranks >= hosts else {
            throw Diagnostic(
                "fabric.too-many-processes",
                "\(hosts) processes were started for a layout of \(ranks) rank\(ranks == 1 ? "" : "s")",
                expected: "at most \(ranks) process\(ranks == 1 ? "" : "es")", found: "\(hosts)",
                remedy: "start fewer processes, or raise the tensor, pipeline or data degree")
        }
        self.init(counts: (0..<hosts).map { ranks / hosts + ($0 < ranks % hosts ? 1 : 0) })
    }

    /// Gives each of `hosts` an explicit number of ranks, at least one each, which together make `ranks`.
    public init(ranks: Int, hosts: Int, counts: [Int]) throws(Diagnostic) {
        guard counts.count == hosts, counts.allSatisfy({ (1...ranks).contains($0) }),
            counts.reduce(0, { $0 &+ $1 }) == ranks
        else {
            throw Diagnostic(
                "fabric.rank-counts", "the ranks per process do not fit",
                expected: "\(hosts) count\(hosts == 1 ? "" : "s") of at least 1 that add up to \(ranks)",
                found: counts.map(String.init).joined(separator: ","))
        }
        self.init(counts: counts)
    }

    private init(counts: [Int]) {
        self.counts = counts
        var starts = [0]
        for count in counts { starts.append((starts.last ?? 0) + count) }
        self.starts = starts
    }

    /// The number of ranks on all hosts.
    public var ranks: Int { starts[counts.count] }
    /// The number of hosts.
    public var hosts: Int { counts.count }
    /// The ranks that `host` holds.
    public func ranks(on host: Int) -> Range<Int> { starts[host]..<starts[host + 1] }

    /// What `host` holds, in words: `rank 3` or `ranks 0 to 3`.
    func duty(of host: Int) -> String {
        let held = ranks(on: host)
        return held.count == 1 ? "rank \(held.lowerBound)" : "ranks \(held.lowerBound) to \(held.upperBound - 1)"
    }

    /// The host that holds `rank`.
    public func host(of rank: Int) -> Int {
        precondition(rank >= 0 && rank < ranks, "rank \(rank) is not one of \(ranks)")
        var low = 0
        var high = counts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= rank { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
