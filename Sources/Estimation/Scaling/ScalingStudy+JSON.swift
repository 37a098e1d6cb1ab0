extension ScalingStudy: Encodable {
    enum CodingKeys: String, CodingKey { case recipe, scaling, curves }

    /// The keys of `serre scaling --json`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(recipe.name, forKey: .recipe)
        try container.encode(kind.rawValue, forKey: .scaling)
        try container.encode(curves, forKey: .curves)
    }
}

extension ScalingCurve: Encodable {
    enum CodingKeys: String, CodingKey { case name, cluster, points, unfilled }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(profile.name, forKey: .cluster)
        try container.encode(points, forKey: .points)
        try container.encode(unfilled, forKey: .unfilled)
    }
}
