import Foundation

/// A run's reference as its file holds it, read to the letter: git also takes capitals and other line ends.
struct ReferenceFile {
    /// The commit that the reference names; `nil` when it names none.
    var commit: String?
    /// What is wrong with the file.
    var problem: VerificationProblem?

    /// Reads the reference of a run; `nil` when the repository has none.
    init?(_ run: String, in commonFolder: String) {
        let name = RecordFormat.referencePrefix + run
        var text: [UInt8]
        var place = commonFolder + name
        if let data = FileManager.default.contents(atPath: place) {
            text = Array(data)
            if text.last == 10 { text.removeLast() } else { text.append(UInt8(ascii: "?")) }
        } else {
            place = commonFolder + "packed-refs"
            let ending = Array((" " + name).utf8)
            let lines = (FileManager.default.contents(atPath: place) ?? Data()).split(separator: 10)
            guard let line = lines.first(where: { $0.suffix(ending.count).elementsEqual(ending) }) else { return nil }
            text = Array(line.dropLast(ending.count))
        }
        let isStrict = text.count == 40 && text.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        if isStrict {
            commit = String(decoding: text, as: UTF8.self)
            return
        }
        let lenient = text.prefix(40).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        if lenient.count == 40 { commit = lenient.map { String($0, radix: 16) }.joined() }
        problem = VerificationProblem(
            "reference \(name)", expected: "40 hexadecimal digits in lower case and a line feed",
            found: "\(place): \(Self.printable(text))",
            remedy: "point it to the newest whole commit again, or fetch the run: serre runs fetch")
    }

    private static func printable(_ text: [UInt8]) -> String {
        let shown = text.prefix(60).map { (33...126).contains($0) ? $0 : UInt8(ascii: "?") }
        return "“\(String(decoding: shown, as: UTF8.self))”"
    }
}
