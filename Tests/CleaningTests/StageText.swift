import Cleaning

/// Sends text through one stage.
func apply(_ stage: some CleaningStage, _ text: String) -> (outcome: StageOutcome, text: String) {
    var bytes = Array(text.utf8)
    let outcome = stage.apply(to: &bytes)
    return (outcome, String(decoding: bytes, as: UTF8.self))
}

extension StageOutcome {
    var isDropped: Bool {
        if case .dropped = self { true } else { false }
    }

    /// The reason or measure.
    var words: String? {
        switch self {
        case .kept(let measure): measure
        case .changed(let detail): detail
        case .dropped(let reason): reason
        }
    }
}

/// `count` different words of letters, none of which repeats.
func differentWords(_ count: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz").map { String($0) }
    var words: [String] = []
    for number in 0..<count {
        let first: String = letters[number / 676 % 26]
        let second: String = letters[number / 26 % 26]
        words.append(first + second + letters[number % 26])
    }
    return words.joined(separator: " ")
}
