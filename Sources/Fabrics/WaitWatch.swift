/// How long a process may wait for others, and what it says of itself when one of them asks.
public struct WaitWatch {
    /// How long the host-level collectives wait: between steps others may save, evaluate or write the record.
    public var collectivePatience: Duration
    /// What this process does and waits for now, in words.
    public var account: () -> String

    public init(collectivePatience: Duration, account: @escaping () -> String) {
        self.collectivePatience = collectivePatience
        self.account = account
    }
}
