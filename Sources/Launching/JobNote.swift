/// What one start of a job wrote of itself: `jobs/ID.RESTART`, lines of a time in seconds since 1970, a word and more.
///
/// The words: `begin NODES ARRAY TASK`, `started ATTEMPT on NODE`, `failed ATTEMPT rank R on NODE status S`, `avoid NODE REASON`,
/// `note …`, and one of `end STATUS …`, `again STATUS` and `leave …`; in its place the next job writes `cut off` where a job did not come
/// to that.
public struct JobNote: Sendable, Equatable {
    public let job: Int
    /// How often the job had been started before.
    public let restart: Int
    /// Seconds since 1970; `nil` for a file that holds no beginning.
    public private(set) var began: Int?
    public private(set) var nodes: String?
    /// The array that the job is an element of, and its number in it.
    public private(set) var array: (job: Int, task: Int)?
    /// When rank 0 began, the last time; `nil` if it never did.
    public private(set) var started: Int?
    /// The first rank that failed, in words.
    public private(set) var firstFailure: String?
    public private(set) var ended: Int?
    /// How it ended, in words: `end 0 saved`; `nil` while it runs, and if it was cut off.
    public private(set) var outcome: String?

    /// `nil` for a name that is not of this form.
    init?(name: String, text: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let job = Int(parts[0]), let restart = Int(parts[1]) else { return nil }
        (self.job, self.restart) = (job, restart)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            // A damaged line must not be reckoned with.
            guard words.count >= 2, let time = Int(words[0]), (0...1 << 40).contains(time) else { continue }
            read(time, words[1], Array(words.dropFirst(2)))
        }
    }

    private mutating func read(_ time: Int, _ word: String, _ rest: [String]) {
        switch word {
        case "begin":
            began = time
            nodes = rest.first
            if rest.count == 3, let job = Int(rest[1]), let task = Int(rest[2]) { array = (job, task) }
        case "started": started = time
        case "failed": firstFailure = firstFailure ?? rest.dropFirst().joined(separator: " ")
        case "end", "again", "leave", "cut":
            ended = time
            outcome = ([word] + rest).joined(separator: " ")
        default: break
        }
    }

    public static func == (a: JobNote, b: JobNote) -> Bool {
        a.job == b.job && a.restart == b.restart && a.began == b.began && a.nodes == b.nodes
            && a.array?.job == b.array?.job && a.array?.task == b.array?.task && a.started == b.started
            && a.firstFailure == b.firstFailure && a.ended == b.ended && a.outcome == b.outcome
    }
}
