/// A document's number in the order in which a corpus meets its documents: the smaller one of two duplicates stays.
public typealias DocumentNumber = Int
