import Foundation
import Testing

extension EndToEnd {
    /// Four hosts in network namespaces with TCP between them; scripts/hosts-test limits their links and takes one down too.
    @Suite struct Hosts {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func check(_ name: String, seconds: Double = 240) throws -> Outcome {
            try folder.run(
                [Executable.sourceRoot + "/scripts/hosts-test", "--built", name],
                environment: ["SERRE": try Executable.serre()], seconds: seconds)
        }

        @Test(.enabled(if: TestFolder.canMakeHosts, "needs root, ip, tc and network namespaces"))
        func theDigestIsThatOfOneProcess() throws {
            let outcome = try check("digest")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.hasPrefix("digest     one process "))
        }
    }
}

extension TestFolder {
    /// Whether network namespaces can be made and their links limited.
    static let canMakeHosts: Bool = {
        guard geteuid() == 0, let folder = try? TestFolder() else { return false }
        let script =
            "for p in ip tc unshare mpirun; do command -v $p >/dev/null; done; ip netns add serre-try; ip netns del serre-try"
        return (try? folder.run(["sh", "-euc", script]))?.status == 0
    }()
}
