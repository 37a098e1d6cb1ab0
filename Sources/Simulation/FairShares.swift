/// Max-min fair shares of links that flows use at the same time.
///
/// All flows grow alike until a link is full; its flows keep what they have, and the others go on (progressive filling,
/// Bertsekas and Gallager 1992, section 6.5). The result depends on no order.
enum FairShares {
    /// The rate of each flow, where every link has capacity 1.
    ///
    /// - Parameter flows: for each flow the links that it uses, by number; one that uses none gets infinity.
    static func rates(_ flows: [[Int]], links: Int) -> [Double] {
        var rates = flows.map { $0.isEmpty ? Double.infinity : 0 }
        var open = flows.indices.filter { !flows[$0].isEmpty }
        var left = Array(repeating: 1.0, count: links)
        while !open.isEmpty {
            var users = Array(repeating: 0, count: links)
            for flow in open { for link in flows[flow] { users[link] += 1 } }
            var step = Double.infinity
            for link in 0..<links where users[link] > 0 { step = min(step, left[link] / Double(users[link])) }
            var full = Array(repeating: false, count: links)
            for link in 0..<links where users[link] > 0 {
                full[link] = left[link] / Double(users[link]) <= step * (1 + 1e-12)
                left[link] = max(0, left[link] - step * Double(users[link]))
            }
            for flow in open { rates[flow] += step }
            open = open.filter { flow in !flows[flow].contains { full[$0] } }
        }
        return rates
    }
}
