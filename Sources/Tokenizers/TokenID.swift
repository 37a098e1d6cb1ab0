/// A token's number in a vocabulary.
public typealias TokenID = Int32
