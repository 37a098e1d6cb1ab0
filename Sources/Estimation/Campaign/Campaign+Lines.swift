import ClusterProfiles
import Tables

extension Campaign {
    /// The whole run for people: what it takes, where its time goes, and the factors behind energy and carbon.
    func lines(on profile: ClusterProfile) -> [String] {
        Lines.pairs(runRows + timeRows(profile) + billRows) + [""] + factorLines
    }

    private var runRows: [(String, String)] {
        let days = Lines.duration(seconds) + between(interval?.days, scale: seconds >= 2 * 86400 ? 1 : nil)
        var rows = [
            ("whole run", "\(Lines.number(Double(steps))) steps, \(days)"),
            ("held", "\(Lines.significant(acceleratorHours)) accelerator-hours\(between(interval?.acceleratorHours))"),
        ]
        let unused = heldAccelerators - accelerators
        if unused > 0 {
            rows.append(
                (
                    "",
                    "whole nodes are charged: \(Lines.number(Double(unused))) of their "
                        + "\(Lines.number(Double(heldAccelerators))) accelerators are not used"
                ))
        }
        if spareNodes > 0 {
            let nodes = "\(spareNodes) node\(spareNodes == 1 ? "" : "s")"
            rows.append(("spare", "\(nodes), \(Lines.significant(spareAcceleratorHours)) accelerator-hours more"))
        }
        return rows
    }

    private func timeRows(_ profile: ClusterProfile) -> [(String, String)] {
        func share(_ seconds: Double) -> String { Lines.percent(time.reserved > 0 ? seconds / time.reserved : 0) }
        var rows = [
            (
                "time",
                "steps \(share(time.steps)), evaluation \(share(time.evaluation)), saving "
                    + "\(share(time.checkpoint)), starts \(share(time.start)), lost \(share(time.lost)), down "
                    + share(time.down)
            )
        ]
        if let slowNodeCost { rows.append(("slow node", "adds \(Lines.percent(slowNodeCost)) to a step")) }
        rows.append(("checkpoint", checkpointText))
        let jobs = "\(Lines.number(time.jobs)) job\(time.jobs == 1 ? "" : "s")"
        let limit = profile.slurm.map { " of at most \(Lines.plain($0.timeLimitHours.value)) h" } ?? ""
        rows.append(("jobs", "\(jobs)\(limit); \(Lines.duration(time.queue)) of waiting"))
        if let expectedFailures, let goodput {
            rows.append(
                (
                    "failures",
                    "\(Lines.significant(expectedFailures)) expected; goodput \(Lines.percent(goodput))"
                        + between(interval?.goodput, scale: 100)
                ))
        } else {
            rows += Self.unknown(
                "failures", "none are counted: the profile has no reliability section",
                keys: ClusterProfile.Reliability.keys)
        }
        return rows
    }

    /// What is not known for want of a section of the profile, and the keys that would say it.
    private static func unknown(_ name: String, _ meaning: String, keys: [String]) -> [(String, String)] {
        let text = "unknown, \(meaning); --set-profile takes its keys, all of them: \(keys.joined(separator: ", "))"
        return TextTable.wrapped(text, width: 86).enumerated().map { ($0 == 0 ? name : "", $1) }
    }

    private var checkpointText: String {
        let size = "\(Lines.bytes(checkpoint.bytes)) in \(Lines.significant(checkpoint.writeSeconds)) s"
        let often =
            checkpoint.intervalSeconds.map { "every \(checkpoint.everySteps) steps (\(Lines.interval($0)))" }
            ?? "only at the end"
        let best = checkpoint.optimalSeconds.map { "; optimal every \(Lines.interval($0))" } ?? ""
        return "\(size) \(often)\(best)"
    }

    private var billRows: [(String, String)] {
        let rated = assumesRatedPower ? " at rated power" : ""
        let energy = (
            "energy",
            "\(Lines.significant(energyKilowattHours / 1e3)) MWh\(rated)"
                + "\(between(interval?.energyKilowattHours, scale: 1e-3)), "
                + "\(Lines.significant(idleKilowattHours / 1e3)) of it idle"
        )
        let carbon = (
            "carbon",
            "\(Lines.significant(carbon.total)) t CO₂e: \(Lines.significant(carbon.dynamic)) dynamic, "
                + "\(Lines.significant(carbon.idle)) idle, \(Lines.significant(carbon.embodied)) embodied"
        )
        let costs: [(String, String)] =
            cost.map { [("cost", "\(Lines.number($0.amount)) \($0.currency)\(between(interval?.cost))")] }
            ?? Self.unknown(
                "cost", "the profile has no price", keys: ["site.price_per_accelerator_hour", "site.currency"])
        let power =
            assumesRatedPower
            ? Self.unknown(
                "power", "so accelerators draw their rated power all the time: the profile has no power section",
                keys: ClusterProfile.Power.keys) : []
        return [energy] + power + [carbon] + costs
    }

    /// The factors of carbon and power, as a table of at most 100 columns.
    private var factorLines: [String] {
        let shown = factors.filter { $0.id.hasPrefix("site.") || $0.id == "accelerator.tdp_watts" }
        return Lines.table(
            [["factor", "value", "for", "year"]]
                + shown.map { factor in
                    [
                        factor.id, Lines.plain(factor.value) + (factor.unit.isEmpty ? "" : " \(factor.unit)"),
                        Lines.clipped(factor.scope ?? "–", 30), factor.year.map { "\($0)" } ?? "–",
                    ]
                })
    }

    /// " (low–high)", each times `scale`; nothing where nothing is left to chance or where the scale is `nil`.
    private func between(_ range: ClosedRange<Double>?, scale: Double? = 1) -> String {
        guard let range, let scale else { return "" }
        return " (\(Lines.significant(range.lowerBound * scale))–\(Lines.significant(range.upperBound * scale)))"
    }
}
