/// A JSON text as a tree whose objects keep their order: a tokeniser's file has hundreds of thousands of entries.
enum JSONNode: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// A number as it is written.
    case number(String)
    case text(String)
    case list([JSONNode])
    case object([Member])

    struct Member: Sendable, Equatable {
        var key: String
        var value: JSONNode
    }

    /// The value as a message shows it.
    var described: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let value): value
        case .text(let value): "“\(value.count > 120 ? value.prefix(120) + "…" : value)”"
        case .list: "a list"
        case .object: "an object"
        }
    }
}
