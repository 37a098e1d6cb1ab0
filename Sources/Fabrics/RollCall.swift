import Diagnostics
import Foundation

/// Asks all processes what they do and wait for, when this one has waited too long.
///
/// Questions and answers are MPI messages of their own tags, which every loop that waits for MPI looks at now and then
/// (``tend()``). A process that is stopped, cut off or busy with something else does not answer in time: it is the silent one.
final class RollCall {
    /// The MPI tags beside ``MPIWire``'s.
    private static let questionTag: Int32 = 3
    private static let answerTag: Int32 = 4
    private static let largestAnswer = 16_384
    /// How long an answer may take: a process that waits itself looks for questions every few milliseconds.
    private static let patience = Duration.seconds(2)
    /// How often a waiting loop looks for questions.
    private static let period = Duration.milliseconds(20)

    private unowned let world: MPIWorld
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: RollCall.largestAnswer, alignment: 16)
    private var nextLook = ContinuousClock.now
    /// What has been sent, which must stay in place; a process that does not read keeps it.
    private var sent: [(request: MPIRequest, payload: Payload)] = []
    /// The lowest process that has asked this one.
    private var lowestAsker: Int?
    /// What this process says of itself.
    var account: () -> String = { "it has no step at hand" }

    init(world: MPIWorld) { self.world = world }

    deinit { memory.deallocate() }

    /// Answers those who have asked; a call costs little more than a look at the clock.
    func tend() throws(Diagnostic) {
        let now = ContinuousClock.now
        guard now >= nextLook else { return }
        nextLook = now + Self.period
        while let (host, _) = try world.receiveFromAny(memory, tag: Self.questionTag) {
            lowestAsker = min(host, lowestAsker ?? host)
            try send(account(), to: host, tag: Self.answerTag)
        }
        var left: [(request: MPIRequest, payload: Payload)] = []
        for (request, payload) in sent {
            var request = request
            if try !request.hasEnded() { left.append((request, payload)) }
        }
        sent = left
    }

    /// Every process's account in order, this one's among them; `nil` for those that did not answer.
    func ask() throws(Diagnostic) -> [String?] {
        var answers = [String?](repeating: nil, count: world.size)
        answers[world.rank] = account()
        for host in 0..<world.size where host != world.rank { try send("?", to: host, tag: Self.questionTag) }
        let end = ContinuousClock.now + Self.patience
        var pause = Pause()
        while answers.contains(nil), ContinuousClock.now < end {
            try tend()
            while let (host, count) = try world.receiveFromAny(memory, tag: Self.answerTag) {
                answers[host] = String(decoding: memory[..<count], as: UTF8.self)
            }
            pause.next()
        }
        try leaveTheWordToLower()
        return answers
    }

    /// Where two processes have waited too long at about the same time, the lower one speaks, and ends the run for all; if it
    /// does not, the other one will.
    private func leaveTheWordToLower() throws(Diagnostic) {
        guard let lowestAsker, lowestAsker < world.rank else { return }
        let end = ContinuousClock.now + Self.patience
        var pause = Pause()
        while ContinuousClock.now < end {
            try tend()
            pause.next()
        }
    }

    private func send(_ text: String, to host: Int, tag: Int32) throws(Diagnostic) {
        let payload = Array(text.utf8.prefix(Self.largestAnswer)).withUnsafeBytes { Payload(copying: $0) }
        var request = try world.send(UnsafeRawBufferPointer(payload.memory), to: host, tag: tag)
        if try !request.hasEnded() { sent.append((request, payload)) }
    }
}

/// The sentence about a run in which a process has waited too long, made of what all processes say of themselves.
struct HangReport {
    /// Which process has waited, for how long, and the duties of all.
    var host: Int
    var waited: Duration
    var answers: [String?]
    /// What a process has to do in the run: `rank 3`.
    var duty: (Int) -> String
    /// Why a process may be silent, as far as this machine knows: `it is stopped`.
    var state: (Int) -> String?

    var diagnostic: Diagnostic {
        let silent = answers.indices.filter { answers[$0] == nil }
        let seconds = Double(Int(waited / .milliseconds(100))) / 10
        let whom =
            silent.isEmpty
            ? "all processes answer, and each waits"
            : silent.map { named($0) + " \(silence($0))" }.joined(separator: ", ")
        let accounts = answers.enumerated().compactMap { host, answer in answer.map { "\(named(host)): \($0)" } }
        return Diagnostic(
            "fabric.hang",
            "the run stands still: process \(host) has waited \(seconds) s for others, longer than the watchdog allows; \(whom)",
            found: accounts.joined(separator: "; "),
            remedy: "end it and start again from the last checkpoint", kind: .failure)
    }

    private func named(_ host: Int) -> String { "process \(host) (\(duty(host)))" }

    private func silence(_ host: Int) -> String {
        "does not answer" + (state(host).map { ": \($0)" } ?? " (stopped, cut off or at work without an end)")
    }
}
