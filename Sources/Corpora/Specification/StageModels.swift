/// Models that several stages share, loaded once for a build.
struct StageModels: Sendable {}
