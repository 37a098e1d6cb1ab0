import ClusterProfiles
import Recipes
import Synchronization

/// What the shipped rows that were measured on one cluster cover, by engine.
enum MeasuredSteps {
    /// The rows of one engine.
    struct Coverage: Equatable, Sendable {
        var style: EngineStyle
        var rows: Int
        /// Of the largest run among them.
        var acceleratorsMost: Int
    }

    private static let known = Mutex<[String: [Coverage]]>([:])

    /// Of the cluster whose profile has this name, in the order of the engines; an installation without the shipped rows has
    /// none.
    static func coverage(of profile: String) -> [Coverage] {
        if let found = known.withLock({ $0[profile] }) { return found }
        let found = read(profile)
        known.withLock { $0[profile] = found }
        return found
    }

    private static func read(_ profile: String) -> [Coverage] {
        guard let shipped = try? MeasuredRow.shipped() else { return [] }
        let here = shipped.filter { row in
            (try? MeasuredCluster.profile(of: row)) == profile && row.secondsPerStep != nil
        }
        let layouts = here.compactMap { (try? MeasuredRun($0, among: shipped))?.layouts.first }
        return EngineStyle.allCases.compactMap { style in
            let own = layouts.filter { $0.style == style }
            return own.map(\.ranks).max().map { Coverage(style: style, rows: own.count, acceleratorsMost: $0) }
        }
    }
}

/// That an estimate is of more accelerators than any step that was measured on its cluster: nothing says how far off it is
/// there, and its interval is that of smaller runs.
public struct Extrapolation: Sendable, Equatable, Encodable {
    /// Of the estimate.
    public var accelerators: Int
    /// Of the largest run that was measured.
    public var measuredAcceleratorsMost: Int
    /// The engine of the measured runs: the estimate's own where there are any of it, else any.
    public var measuredEngine: String?

    enum CodingKeys: String, CodingKey {
        case accelerators
        case measuredAcceleratorsMost = "measured_accelerators_max"
        case measuredEngine = "measured_engine"
    }

    /// `nil` within what was measured, and on a cluster where no shipped row was.
    init?(_ style: EngineStyle, accelerators: Int, on profile: ClusterProfile) {
        let coverage = MeasuredSteps.coverage(of: profile.name)
        let own = coverage.first { $0.style == style }
        guard let most = own?.acceleratorsMost ?? coverage.map(\.acceleratorsMost).max(), accelerators > most else {
            return nil
        }
        self.accelerators = accelerators
        measuredAcceleratorsMost = most
        measuredEngine = own?.style.rawValue
    }

    /// The remark for people, as a clause.
    var text: String {
        let engine = measuredEngine.flatMap(EngineStyle.init(rawValue:)).map { " of \($0.title)" } ?? ""
        return "extrapolates: measured rows\(engine) on this cluster reach "
            + "\(Lines.number(Double(measuredAcceleratorsMost))) accelerators"
    }
}

extension Estimate {
    /// `nil` within what was measured.
    public var extrapolation: Extrapolation? {
        Extrapolation(recipe.layout.style, accelerators: recipe.layout.ranks, on: profile)
    }
}
