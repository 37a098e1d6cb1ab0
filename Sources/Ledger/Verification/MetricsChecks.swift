import Foundation

/// The metrics of a record: the steps follow each other, files are named after what they hold, and printed numbers are
/// those of the fingerprints' exact bits.
struct MetricsChecks {
    private let walk: RecordWalk
    private(set) var problems: [VerificationProblem] = []
    /// The step that must come next; `nil` where nothing says so.
    private var next: Int?
    /// After an incident the run may go on from an earlier step.
    private var mayGoBack = false
    /// Digests of the state that lines tell, by step.
    private var digests: [Int: String] = [:]
    private var hasMetrics = false

    /// A line of a metrics file, as far as it is compared.
    private struct Line: Decodable {
        var step: Int
        var loss: Double?
        var gradientNorm: Double?
        var fingerprint: String?
        var digest: String?

        private enum CodingKeys: String, CodingKey {
            case step, loss, fingerprint, digest
            case gradientNorm = "gradient_norm"
        }
    }

    init(_ walk: RecordWalk) { self.walk = walk }

    private mutating func note(_ object: String, _ expected: String, _ found: String) {
        problems.append(VerificationProblem(object, expected: expected, found: found, remedy: RecordChecks.remedy))
    }

    mutating func check() {
        let hadIncident = walk.commits.contains { $0.message?.kind == .incident }
        next = walk.isComplete ? 1 : nil
        for commit in walk.commits {
            for file in commit.written where file.path.hasPrefix(RecordFormat.Path.metrics) {
                hasMetrics = true
                guard let bytes = walk.contents[file.blob] else {
                    next = nil
                    continue
                }
                check(file, bytes, hadIncident)
            }
            guard let message = commit.message else { continue }
            if message.kind == .incident { mayGoBack = true }
            if message.kind == .resume { next = message.step.map { $0 + 1 } }
            checkEvent(commit, message)
        }
    }

    private mutating func check(_ file: RecordWalk.File, _ bytes: [UInt8], _ hadIncident: Bool) {
        let lines = bytes.split(separator: 10)
        var steps: [Int] = []
        for (number, text) in lines.enumerated() {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else {
                note("\(file.path):\(number + 1)", "a line of metrics", "something else")
                continue
            }
            if let last = steps.last, line.step != last + 1, !(hadIncident && line.step <= last) {
                note("\(file.path):\(number + 1)", "step \(last + 1)", "step \(line.step)")
            }
            steps.append(line.step)
            if let digest = line.digest { digests[line.step] = digest }
            checkBits(line, "\(file.path):\(number + 1)")
        }
        guard let first = steps.first, let last = steps.last else {
            return note(file.path, "metrics of at least one step", "no line of them")
        }
        let name = RecordFile.metrics(steps: min(first, last)...max(first, last), lines: []).path
        // Older records lack the folder of each thousand steps.
        let older = RecordFormat.Path.metrics + (name.split(separator: "/").last ?? "")
        if ![name, older].contains(file.path) {
            note(file.path, "the file's name says its steps: \(name)", file.path)
        }
        if let next, first != next, !(mayGoBack && first < next) {
            note(file.path, "step \(next) first, which follows the steps before", "step \(first)")
        }
        next = last + 1
        mayGoBack = false
    }

    /// A fingerprint begins with the bits of loss and gradient norm.
    private mutating func checkBits(_ line: Line, _ place: String) {
        guard let fingerprint = line.fingerprint else { return }
        let parts = fingerprint.split(separator: "-", omittingEmptySubsequences: false)
        let bits = parts.map { $0.utf8.count == 16 ? UInt64($0, radix: 16) : nil }
        guard bits.count >= 2, let loss = bits[0], let norm = bits[1], bits.allSatisfy({ $0 != nil }) else {
            return note(place, "a fingerprint of 16 hexadecimal digits each", fingerprint)
        }
        for (name, printed, bits) in [("loss", line.loss, loss), ("gradient_norm", line.gradientNorm, norm)] {
            let exact = Double(bitPattern: bits)
            if printed != (exact.isFinite ? exact : nil) {
                note(place, "\(name) \(exact), as the fingerprint says", printed.map { "\($0)" } ?? "null")
            }
        }
    }

    private mutating func checkEvent(_ commit: RecordWalk.Commit, _ message: RecordMessage) {
        if message.kind == .segment || message.kind == .end, let step = message.step, let told = digests[step],
            let digest = message.digest, told != digest
        {
            note(commit.title, "the digest of the metrics: \(told)", digest)
        }
        guard message.kind == .end, message.outcome != .failed, hasMetrics, let next, let step = message.step,
            step != next - 1, !(mayGoBack && step < next)
        else { return }
        note(commit.title, "an end after the last step of the metrics, \(next - 1)", "step \(step)")
    }
}
