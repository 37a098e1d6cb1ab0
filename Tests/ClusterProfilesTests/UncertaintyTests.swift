import Diagnostics
import Testing

@testable import ClusterProfiles

@Suite("Uncertainty of a profile") struct UncertaintyTests {
    private static let overrides = ["uncertainty.step_time_low=0.9", "uncertainty.step_time_high=1.25"]

    @Test("An interval is the estimate times the factors; without the section there is none")
    func interval() throws {
        #expect(try ClusterProfile.load("laptop").uncertainty == nil)
        #expect(try ClusterProfile.load("laptop").stepTimeInterval(seconds: 1, ranks: 1) == nil)
        let profile = try ClusterProfile.load("jean-zay-a100", overrides: Self.overrides)
        #expect(profile.stepTimeInterval(seconds: 100, ranks: 384) == 90...125)
        #expect(profile.stepTimeInterval(seconds: 100, ranks: 8) == 90...125)
        #expect(try ClusterProfile.parse(profile.yaml) == profile)
    }

    @Test("Runs within a node may have factors of their own")
    func oneNode() throws {
        let profile = try ClusterProfile.load(
            "jean-zay-a100",
            overrides: Self.overrides + [
                "uncertainty.one_node_step_time_low=0.97", "uncertainty.one_node_step_time_high=1.02",
            ])
        #expect(profile.stepTimeInterval(seconds: 100, ranks: 8) == 97...102)
        #expect(profile.stepTimeInterval(seconds: 100, ranks: 9) == 90...125)
        #expect(try ClusterProfile.parse(profile.yaml) == profile)
    }

    @Test("Factors that turn the interval round are refused")
    func bounds() {
        for bad in ["uncertainty.step_time_low=1.1", "uncertainty.step_time_high=0.9"] {
            let error = #expect(throws: Diagnostic.self) {
                try ClusterProfile.load("jean-zay-a100", overrides: Self.overrides + [bad])
            }
            #expect(error?.code == "profile.out-of-range")
        }
    }
}
