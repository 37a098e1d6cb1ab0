/// A length of time as users write it: `20h`, `90m`, `1h30m`, `45s`, `2d`, or as Slurm does, `1:59:00` and `1-12:00:00`.
struct DurationText {
    let seconds: Int

    /// Longer ones are refused, so that nothing computed from them overflows.
    private static let largest = 366 * 86_400

    init?(_ text: String) {
        guard let seconds = Self.units(text) ?? Self.clock(text), seconds <= Self.largest else { return nil }
        self.seconds = seconds
    }

    /// Numbers with their units, the longer ones first, each at most once.
    private static func units(_ text: String) -> Int? {
        var units: [(name: Character, seconds: Int)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
        var (total, digits) = (0, "")
        for character in text {
            if let place = units.firstIndex(where: { $0.name == character }) {
                guard let count = number(digits) else { return nil }
                total += count * units[place].seconds
                units.removeFirst(place + 1)
                digits = ""
            } else {
                digits.append(character)
            }
        }
        return text.isEmpty || !digits.isEmpty ? nil : total
    }

    /// `h:mm:ss`, with days and a hyphen before it or not.
    private static func clock(_ text: String) -> Int? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, let days = parts.count == 2 ? number(parts[0]) : 0 else { return nil }
        let fields = parts[parts.count - 1].split(separator: ":", omittingEmptySubsequences: false)
        let numbers = fields.compactMap(number)
        guard fields.count == 3, numbers.count == 3, fields[1].count == 2, fields[2].count == 2, numbers[1] < 60,
            numbers[2] < 60
        else { return nil }
        return days * 86_400 + numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
    }

    /// Up to nine plain digits.
    private static func number(_ digits: some StringProtocol) -> Int? {
        guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int(digits)
    }
}
