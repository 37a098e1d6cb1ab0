/// One problem, told to the person who can fix it: what is wrong, where, what was expected, what to do.
///
/// Every module throws this type for bad input and failed operations; `serre` prints it as one sentence and exits
/// with ``exitStatus``. Preconditions are for programmer errors only.
public struct Diagnostic: Error, Sendable, Equatable {
    /// A stable dotted identifier, such as `recipe.unknown-key`, for tests and scripts.
    public var code: String
    /// What is wrong, as a clause without a final full stop.
    public var message: String
    /// Where: file, line and key, as far as they are known.
    public var location: Location?
    /// What would have been right, if it can be said briefly.
    public var expected: String?
    /// What was found instead.
    public var found: String?
    /// What to do now.
    public var remedy: String?
    /// Whether the input was bad (exit status 2) or the run failed (exit status 1).
    public var kind: Kind

    public enum Kind: Sendable, Equatable {
        /// The user's arguments or files are wrong: exit status 2.
        case badInput
        /// The work itself failed: exit status 1.
        case failure
    }

    /// A place in a file: the path, the line counted from 1, and the dotted key.
    public struct Location: Sendable, Equatable {
        public var file: String?
        public var line: Int?
        public var key: String?

        public init(file: String? = nil, line: Int? = nil, key: String? = nil) {
            self.file = file
            self.line = line
            self.key = key
        }
    }

    public init(
        _ code: String, _ message: String, at location: Location? = nil, expected: String? = nil,
        found: String? = nil, remedy: String? = nil, kind: Kind = .badInput
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.expected = expected
        self.found = found
        self.remedy = remedy
        self.kind = kind
    }

    /// The exit status of the process that stops for this reason.
    public var exitStatus: Int32 { kind == .badInput ? 2 : 1 }
}

extension Diagnostic: CustomStringConvertible {
    /// The one sentence that users read: `file:line: key: message: expected …, found …; remedy`.
    public var description: String {
        var text = ""
        if let file = location?.file {
            text += file
            if let line = location?.line { text += ":\(line)" }
            text += ": "
        }
        if let key = location?.key { text += "\(key): " }
        text += message
        switch (expected, found) {
        case (let expected?, let found?): text += ": expected \(expected), found \(found)"
        case (let expected?, nil): text += ": expected \(expected)"
        case (nil, let found?): text += ": found \(found)"
        case (nil, nil): break
        }
        if let remedy { text += "; \(remedy)" }
        return text
    }
}
