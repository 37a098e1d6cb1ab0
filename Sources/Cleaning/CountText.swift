/// A count with its noun, for details and reasons: `1 line`, `2 lines`.
package func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
