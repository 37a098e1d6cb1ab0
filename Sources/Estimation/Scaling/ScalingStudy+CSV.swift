extension ScalingStudy {
    /// All points at full precision, one per line below a heading, a field empty where its figure is unknown; numbers as the shortest text that reads back the same.
    public var csv: String {
        let heading =
            "curve,scaling,nodes,accelerators,data,global_batch,fits,seconds_per_step,seconds_low,seconds_high,tokens_per_second,efficiency,mfu,days,"
            + "accelerator_hours"
        let rows = curves.flatMap { curve in
            curve.points.map { point in
                [
                    Self.quoted(curve.name), kind.rawValue, "\(point.nodes)", "\(point.accelerators)", "\(point.data)",
                    "\(point.globalBatch)", "\(point.fits)", "\(point.secondsPerStep)",
                    point.secondsLow.map { "\($0)" } ?? "", point.secondsHigh.map { "\($0)" } ?? "",
                    "\(point.tokensPerSecond)",
                    "\(point.efficiency)", "\(point.modelUtilisation)", "\(point.days)", "\(point.acceleratorHours)",
                ].joined(separator: ",")
            }
        }
        return ([heading] + rows).map { $0 + "\n" }.joined()
    }

    /// A field as RFC 4180 wants it.
    private static func quoted(_ field: String) -> String {
        guard field.contains(where: { ",\"\r\n".contains($0) }) else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
