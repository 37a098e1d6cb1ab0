import Foundation

/// The texts of a unit's documents, one after another in a mapped file; their sizes are in the records.
struct UnitTexts {
    private let data: Data

    /// `nil` where there is no such file.
    init?(_ path: String) {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) else { return nil }
        self.data = data
    }

    /// The size of the file.
    var count: Int { data.count }

    /// A piece of the file; `nil` where the file ends before.
    func bytes(_ position: Int, _ count: Int) -> [UInt8]? {
        guard position >= 0, count >= 0, count <= data.count - position else { return nil }
        return data.withUnsafeBytes { Array($0[position..<position + count]) }
    }
}
