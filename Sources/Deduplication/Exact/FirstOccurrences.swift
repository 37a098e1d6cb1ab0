/// Remembers which document had each key first.
///
/// ```swift
/// var first = FirstOccurrences()
/// if let original = first.insert(key, document: number) { /* number repeats original */ }
/// ```
///
/// 32 bytes a place, at most three quarters of the places taken and at least three eighths: 43 to 86 bytes per distinct
/// document. For more documents than memory holds, split the keys by their top bits and make one pass for each part.
public struct FirstOccurrences: Sendable {
    private struct Place {
        var key: DocumentKey
        /// The document's number, or −1 in a free place.
        var document: DocumentNumber
    }

    private var places: [Place]
    /// The distinct keys so far.
    public private(set) var count = 0

    public init() { places = Self.freePlaces(64) }

    private static func freePlaces(_ count: Int) -> [Place] {
        [Place](repeating: Place(key: DocumentKey(high: 0, low: 0), document: -1), count: count)
    }

    /// Gives the document that had this key first, or `nil` if this one is the first, which is then remembered.
    ///
    /// Numbers are not negative; documents come in the order of their numbers where the smallest number is to stay.
    public mutating func insert(_ key: DocumentKey, document: DocumentNumber) -> DocumentNumber? {
        precondition(document >= 0, "document numbers are not negative")
        if (count + 1) * 4 > places.count * 3 { grow() }
        let place = place(of: key)
        if places[place].document >= 0 { return places[place].document }
        places[place] = Place(key: key, document: document)
        count += 1
        return nil
    }

    private func place(of key: DocumentKey) -> Int {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: key.low) & mask
        while places[place].document >= 0 && places[place].key != key { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = places
        places = Self.freePlaces(old.count * 2)
        for entry in old where entry.document >= 0 { places[place(of: entry.key)] = entry }
    }
}
