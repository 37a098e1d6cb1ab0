import Diagnostics
import Fabrics
import Programs

/// Waiting for other hosts: for how long, and what is said of it.
extension Executor {
    /// Tells the fabric for how long this process waits and what to answer when another asks.
    func watch() {
        guard let watchdog else { return fabric.watch(nil) }
        fabric.watch(
            WaitWatch(collectivePatience: watchdog.collectivePatience(slowest: stepTimes.slowest)) {
                [weak self] in self?.account ?? "its run has ended"
            })
    }

    /// Waits until something arrives, when no local rank can run, but not beyond the first rank's deadline.
    func wait() throws(Diagnostic) {
        do throws(Diagnostic) {
            try fabric.idle(patience: patience())
        } catch {
            guard error.code == "fabric.deadlock" else { throw error }
            var told = error
            told.found = [account, error.found].compactMap { $0 }.joined(separator: "; ")
            throw told
        }
    }

    /// The time until the first deadline of a waiting rank.
    private func patience() -> Duration? {
        guard var watchdog else { return nil }
        // The clock's times are those of a step's schedule, in which an evaluation has other places.
        if isEvaluating { watchdog.expected = nil }
        let now = ContinuousClock.now
        var least: Duration?
        for rank in ranks {
            guard let wait = rank.wait else { continue }
            let since = rank.waitsSince ?? now
            rank.waitsSince = since
            let deadline = watchdog.deadline(
                rank: rank.rank, action: wait.action, instruction: wait.instruction, slowest: stepTimes.slowest)
            let left = max(.zero, deadline - (now - since))
            least = min(least ?? left, left)
        }
        return least
    }

    /// What the local ranks wait for, in words; of many ranks the first few.
    var account: String {
        let waits = ranks.compactMap(\.wait)
        let stretch = (isEvaluating ? "the evaluation after " : "") + "step \(stepAtHand)"
        guard !waits.isEmpty else { return "it has done \(stretch) and waits for nobody" }
        let shown = waits.prefix(Self.ranksTold).map { "rank \($0.rank) \(words($0))" }.joined(separator: ", ")
        let rest = waits.count - Self.ranksTold
        return "\(stretch), \(shown)" + (rest > 0 ? " and \(rest) more" : "")
    }

    private static let ranksTold = 4

    private func words(_ wait: RankWait) -> String {
        guard let from = wait.from else { return "is at \(wait.place)" }
        let host = fabric.hosts > 1 ? " on process \(fabric.host(of: from))" : ""
        return "waits for rank \(from)\(host) at \(wait.place): \(wait.message)"
    }
}

/// Where a rank stands in its schedule, and whose message it needs to go on.
struct RankWait {
    var rank: Int
    /// The rank whose message is missing; `nil` when the rank waits for none.
    var from: Int?
    /// The action and the instruction of its pass.
    var action: Int
    var instruction: Int
    /// The place in words, and the message's purpose.
    var place: String
    var message: String
}

extension RankExecutor {
    /// Where this rank stands; `nil` when its actions are done.
    var wait: RankWait? {
        guard action < actions.count else { return nil }
        let current = actions[action]
        let pass = program.passes[current.pass]
        let isHeld =
            issued.first.map { instruction >= pass.instructions.count || $0 <= pass.waits[instruction] } ?? false
        let index = isHeld ? issued[0] : min(instruction, pass.instructions.count - 1)
        let it = pass.instructions[index]
        let place =
            "pass \(pass.name), micro-batch \(current.microbatch), instruction \(index) (\(it.operation.label(tokens: it.reads.first?.count ?? 0)))"
        return RankWait(
            rank: rank, from: isHeld ? travelling?.awaited : awaited(it), action: action, instruction: index,
            place: place, message: Tag.words(it))
    }

    /// Whose message an instruction of the compute stream needs next.
    private func awaited(_ instruction: Instruction) -> Int? {
        if case .receive(let transfer) = instruction.operation {
            return transfer.peer.rank(of: coordinate, in: layout)
        }
        return switch pending {
        case .collective(let collective)?: collective.awaited
        case .gather(let gather)?: gather.awaited
        case nil: nil
        }
    }
}
