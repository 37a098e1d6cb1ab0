/// The message of a record's commit: a first line for people, free text, and trailers.
struct RecordMessage: Equatable {
    var run: String
    var format = RecordFormat.version
    var kind: EventKind
    var step: Int?
    var digest: String?
    var outcome: RunOutcome?
    /// First line and free text, without the `serre run <id>: ` in front.
    var text: String
    var progress: RunProgress

    /// The message of the event that follows a commit with progress `before`.
    init(_ event: RunEvent, of run: RunID, after before: RunProgress) {
        self.run = run.text
        kind = event.kind
        step = event.step
        digest = event.digest
        outcome = event.outcome
        text = event.message
        progress = before.advanced(by: event)
    }

    /// Reads a commit message; `nil` when it has no `Serre-Run`, `Serre-Event` and `Serre-Format` trailers.
    init?(parsing message: String) {
        var lines = message.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while lines.last?.isEmpty == true { lines.removeLast() }
        let cut = lines.lastIndex(where: \.isEmpty) ?? lines.startIndex
        var trailers = [Substring: Substring]()
        for line in lines[cut...] {
            guard let colon = line.firstIndex(of: ":"), line.hasPrefix("Serre-") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            if trailers[line[..<colon]] == nil { trailers[line[..<colon]] = value }
        }
        guard let run = trailers["Serre-Run"], let kind = trailers["Serre-Event"],
            let format = trailers["Serre-Format"].flatMap({ Int($0) })
        else { return nil }
        self.run = String(run)
        self.kind = EventKind(name: String(kind))
        self.format = format
        step = trailers["Serre-Step"].flatMap { Int($0) }
        digest = trailers["Serre-Digest"].map(String.init)
        outcome = trailers["Serre-Outcome"].flatMap { RunOutcome(rawValue: String($0)) }
        progress = RunProgress(
            recipe: trailers["Serre-Recipe"].map(String.init) ?? "",
            state: trailers["Serre-State"].flatMap { RunState(rawValue: String($0)) } ?? .unreadable,
            step: trailers["Serre-Last-Step"].flatMap { Int($0) } ?? 0,
            digest: trailers["Serre-Last-Digest"].map(String.init),
            planned: trailers["Serre-Steps-Planned"].flatMap { Int($0) })
        var body = lines[..<cut].joined(separator: "\n")
        let opening = "serre run \(run): "
        if body.hasPrefix(opening) { body.removeFirst(opening.count) }
        while body.last == "\n" { body.removeLast() }
        text = body
    }

    /// The whole message, as committed.
    var rendered: String {
        var trailers = [("Serre-Run", run), ("Serre-Event", kind.name), ("Serre-Format", String(format))]
        if let step { trailers.append(("Serre-Step", String(step))) }
        if let digest { trailers.append(("Serre-Digest", digest)) }
        if let outcome { trailers.append(("Serre-Outcome", outcome.rawValue)) }
        trailers.append(("Serre-Recipe", progress.recipe))
        trailers.append(("Serre-State", progress.state.rawValue))
        trailers.append(("Serre-Last-Step", String(progress.step)))
        if let digest = progress.digest { trailers.append(("Serre-Last-Digest", digest)) }
        if let planned = progress.planned { trailers.append(("Serre-Steps-Planned", String(planned))) }
        let lines = trailers.map { key, value in "\(key): \(Self.oneLine(value))\n" }
        let message = "serre run \(run): \(Self.paragraphs(text))\n\n" + lines.joined()
        // libgit2 takes the message as a C string, which a zero byte would cut before the trailers.
        return message.replacing("\0", with: " ")
    }

    /// Free text whose first line stands alone: git shows the first paragraph as the title.
    private static func paragraphs(_ text: String) -> String {
        var lines = text.split(whereSeparator: \.isNewline)
        guard lines.count > 1 else { return lines.first.map(String.init) ?? "" }
        let title = lines.removeFirst()
        return "\(title)\n\n" + lines.joined(separator: "\n")
    }

    /// A value that cannot end its trailer and begin another.
    private static func oneLine(_ value: String) -> String {
        value.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

/// How far a run has come: what every commit repeats, so that the tip alone sums up the run.
struct RunProgress: Equatable {
    var recipe: String
    var state: RunState
    var step: Int
    var digest: String?
    /// How many steps the recipe asks for, if that is known.
    var planned: Int?

    /// The progress after one more event.
    func advanced(by event: RunEvent) -> RunProgress {
        guard event.kind.tellsProgress else { return self }
        // A checkpoint that was written while training went on is told late, and takes nothing back.
        if event.kind == .checkpoint, let told = event.step, told < step { return self }
        var result = self
        result.state = event.outcome.map(RunState.init) ?? .running
        if let step = event.step {
            // A digest belongs to its step: going to another step without one leaves none.
            if step != result.step { result.digest = nil }
            result.step = step
        }
        if let digest = event.digest { result.digest = digest }
        if event.kind == .resume, let planned = event.stepsPlanned { result.planned = planned }
        return result
    }
}
