import Foundation
import Testing

/// A timestamp authority of openssl's own, with a certificate made for one test.
struct TimestampAuthority {
    /// Whether the program openssl is there.
    static let isAvailable: Bool = (try? run(["version"], at: "/"))?.status == 0

    /// The folder with its keys; `ca.pem` is the root certificate.
    let folder: String
    var root: String { folder + "/ca.pem" }

    init(in folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.configuration.write(toFile: folder + "/tsa.cnf", atomically: true, encoding: .utf8)
        try "01\n".write(toFile: folder + "/serial", atomically: true, encoding: .utf8)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            ["req", "-x509"] + key + ["-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test root"])
        try openssl(["req"] + key + ["-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/O=Serre tests/CN=Test clock"])
        try openssl([
            "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "tsa.pem", "-extfile", "tsa.cnf", "-extensions", "clock",
        ])
    }

    /// The answer to a query.
    func answer(_ query: [UInt8]) throws -> [UInt8] {
        try Data(query).write(to: URL(fileURLWithPath: folder + "/query.tsq"))
        try openssl(["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "answer.tsr"])
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/answer.tsr")))
    }

    /// What openssl itself says of an answer to a query over `data`.
    func accepts(_ answer: [UInt8], of data: [UInt8]) throws -> Bool {
        try Data(answer).write(to: URL(fileURLWithPath: folder + "/checked.tsr"))
        try Data(data).write(to: URL(fileURLWithPath: folder + "/checked.data"))
        let arguments = ["ts", "-verify", "-data", "checked.data", "-in", "checked.tsr", "-CAfile", "ca.pem"]
        return try Self.run(arguments, at: folder).status == 0
    }

    @discardableResult
    func openssl(_ arguments: [String]) throws -> String {
        let (status, text) = try Self.run(arguments, at: folder)
        try #require(status == 0, "openssl \(arguments) said: \(text)")
        return text
    }

    private static func run(_ arguments: [String], at folder: String) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    private static let configuration = """
        [tsa]
        default_tsa = clock_service
        [clock_service]
        serial = serial
        signer_cert = tsa.pem
        signer_key = tsa.key
        signer_digest = sha256
        default_policy = 1.2.3.4.1
        digests = sha256
        certs = ca.pem
        tsa_name = yes
        ess_cert_id_alg = sha256
        [clock]
        extendedKeyUsage = critical,timeStamping

        """
}
