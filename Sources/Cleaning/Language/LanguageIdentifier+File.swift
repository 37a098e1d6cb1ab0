import CLanguageData
import Diagnostics
import Foundation
import Integrity

/// The file of a language model, version 1, little endian:
/// magic `SERRELID`, u32 version, u32 tags *L*, u32 features *F*; *L* language tags of 8 bytes, padded with zeros, sorted;
/// *F* feature hashes (u32, ascending); *F* rows of *L* weights (i8); the SHA-256 of all before it.
extension LanguageIdentifier {
    static let magic = Array("SERRELID".utf8)
    static let version: UInt32 = 1
    static let languagesMax = 1024
    static let featuresMax = 65_535

    /// The model that is part of the program; trained by `scripts/train-language-model`.
    ///
    /// It is read once: all who ask share one copy of its tables, which then stay in the caches.
    public static func shipped() throws(Diagnostic) -> LanguageIdentifier { try own.get() }

    private static let own = Result { () throws(Diagnostic) -> LanguageIdentifier in
        var count = 0
        guard let bytes = serre_language_model(&count) else { throw damaged("no model", file: nil) }
        return try LanguageIdentifier(bytes: Array(UnsafeBufferPointer(start: bytes, count: count)), file: nil)
    }

    /// Reads a model's file.
    ///
    /// - Throws: `cleaning.language-model` if it can't be read, is damaged or of another version.
    public init(path: String) throws(Diagnostic) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Self.damaged("it can't be read", file: path)
        }
        try self.init(bytes: Array(data), file: path)
    }

    init(bytes: [UInt8], file: String?) throws(Diagnostic) {
        let digestStart = bytes.count - 32
        guard digestStart >= 20, bytes.starts(with: Self.magic) else {
            throw Self.damaged("it's no language model", file: file)
        }
        let number = { (place: Int) in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
        }
        guard number(8) == Self.version else {
            throw Self.damaged("its version is \(number(8)), not \(Self.version)", file: file)
        }
        let languageCount = Int(number(12))
        let featureCount = Int(number(16))
        guard (1...Self.languagesMax).contains(languageCount), (0...Self.featuresMax).contains(featureCount),
            digestStart == 20 + 8 * languageCount + featureCount * (4 + languageCount),
            SHA256.digest(of: bytes[..<digestStart]).bytes == Array(bytes[digestStart...])
        else { throw Self.damaged("its length or digest is wrong", file: file) }
        let tags = (0..<languageCount).map { language in
            String(decoding: bytes[(20 + 8 * language)..<(28 + 8 * language)].prefix { $0 != 0 }, as: UTF8.self)
        }
        let hashStart = 20 + 8 * languageCount
        let hashes = (0..<featureCount).map { number(hashStart + 4 * $0) }
        guard tags == tags.sorted(), Set(tags).count == tags.count, zip(hashes, hashes.dropFirst()).allSatisfy(<) else {
            throw Self.damaged("its languages or features aren't in order", file: file)
        }
        self.tags = tags
        let primaries = tags.map { primaryLanguage(of: $0) }
        let languages = Set(primaries).sorted()
        self.languages = languages
        languageOfTag = primaries.map { languages.firstIndex(of: $0) ?? 0 }
        features = FeatureIndex(hashes)
        vectorsPerRow = (languageCount + 15) / 16
        weights = Self.rows(bytes[(hashStart + 4 * featureCount)..<digestStart], languageCount, vectorsPerRow)
    }

    private static func rows(_ bytes: ArraySlice<UInt8>, _ languages: Int, _ vectors: Int) -> [SIMD16<Int8>] {
        var rows = [SIMD16<Int8>](repeating: .zero, count: bytes.count / languages * vectors)
        for (place, byte) in bytes.enumerated() {
            let (row, language) = place.quotientAndRemainder(dividingBy: languages)
            rows[row * vectors + language / 16][language % 16] = Int8(bitPattern: byte)
        }
        return rows
    }

    private static func damaged(_ what: String, file: String?) -> Diagnostic {
        Diagnostic(
            "cleaning.language-model", "the language model cannot be used: \(what)", at: .init(file: file),
            remedy: "train it again with scripts/train-language-model")
    }
}
