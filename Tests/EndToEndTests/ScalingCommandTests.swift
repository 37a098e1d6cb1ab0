import Testing

extension EndToEnd {
    @Suite struct ScalingCommand {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func filesAndJSONHoldTheSamePoints() throws {
            let line =
                "scaling bloom-176b --cluster jean-zay-a100 --nodes 24,48,50 --csv points.csv --svg chart.svg --json"
            let outcome = try folder.serre(line: line)
            try #require(outcome.status == 0, "\(outcome)")
            let study = try outcome.objects(1)[0]
            let curve = try #require((study["curves"] as? [[String: Any]])?.first)
            let points = try #require(curve["points"] as? [[String: Any]])
            let unfilled = try #require(curve["unfilled"] as? [[String: Any]])
            #expect(points.map { $0["nodes"] as? Int } == [24, 48])
            #expect(unfilled.map { $0["nodes"] as? Int } == [50])
            let rows = try folder.text("points.csv").split(separator: "\n")
            #expect(rows.count == 3)
            for (row, point) in zip(rows.dropFirst(), points) {
                #expect(Double(row.split(separator: ",")[7]) == point["seconds_per_step"] as? Double)
            }
            let chart = try folder.text("chart.svg")
            #expect(chart.hasPrefix("<svg ") && chart.hasSuffix("</svg>\n"))
            // Nothing unfinished stays behind, and the same bytes come again.
            #expect(!folder.names().contains { $0.contains("partial") })
            #expect(try folder.serre(line: line).output == outcome.output)
            #expect(try folder.text("chart.svg") == chart)
        }

        @Test func aDeadlineIsAnsweredOrTheExitStatusIsOne() throws {
            let met = try folder.serre(line: "scaling bloom-176b --cluster jean-zay-a100 --days 1000 --json")
            #expect(met.status == 0)
            #expect(try met.objects(1)[0]["nodes_for_deadline"] as? [Int] == [24])
            let missed = try folder.serre(line: "scaling bloom-176b --cluster jean-zay-a100 --days 1")
            #expect(missed.status == 1)
            #expect(missed.output.contains("the fastest, 48, takes") && missed.errors.isEmpty)
        }

        @Test func aVariantOfTheClusterIsACurveOfItsOwn() throws {
            let outcome = try folder.serre(
                "scaling", "bloom-176b", "--cluster", "jean-zay-a100", "--nodes", "48", "--variant",
                "double network:inter_node.bandwidth_gigabytes_per_second=25", "--json")
            let curves = try #require(try outcome.objects(1)[0]["curves"] as? [[String: Any]])
            #expect(curves.map { $0["name"] as? String } == ["jean-zay-a100", "double network"])
        }

        @Test(arguments: [
            "scaling bloom-176b --cluster jean-zay-a100 --nodes 0",
            "scaling bloom-176b --cluster jean-zay-a100 --nodes 5",
            "scaling bloom-176b --cluster jean-zay-a100 --nodes 1,,2",
            "scaling bloom-176b --cluster jean-zay-a100 --nodes x",
            "scaling bloom-176b --cluster jean-zay-a100 --days 0",
            "scaling bloom-176b --cluster jean-zay-a100 --nodes-max -1",
            "scaling bloom-176b --cluster jean-zay-a100 --nodes 6 --nodes-max 8",
            "scaling bloom-176b --cluster jean-zay-a100 --variant network",
            "scaling bloom-176b --cluster jean-zay-a100 --variant a:inter_node.bandwidth=25",
            "scaling bloom-560m --cluster jean-zay-a100 --data 4 --nodes 1,2",
            "scaling bloom-560m --cluster jean-zay-a100 --set layout.data=4 --nodes 1,2",
            "scaling bloom-176b --cluster jean-zay-a100 --variant jean-zay-a100:nodes.count=60",
            "budget --accelerator-hours 0 --cluster jean-zay-a100",
            "budget --accelerator-hours nan --cluster jean-zay-a100",
            "budget --accelerator-hours 1e4 --cluster jean-zay-a100 --nodes 1000000000",
            "budget --accelerator-hours 1e4 --cluster jean-zay-a100 --nodes 4 --days 3",
            "budget --accelerator-hours 1e4 --cluster jean-zay-a100 --max-accelerators 7",
            "budget --accelerator-hours 1e4 --cluster jean-zay-a100 --nodes 4 --max-accelerators 31",
            "budget --accelerator-hours 1e4 --cluster jean-zay-a100 --law chinchilla",
            "budget --accelerator-hours 1e4 --cluster jean-zay-a100 --sequence-length -5",
            "budget --accelerator-hours 1e4 --cluster laptop",
        ]) func badInputIsStatusTwo(line: String) throws {
            let outcome = try folder.serre(line: line)
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.output.isEmpty && outcome.errors.lowercased().contains("error: "), "\(outcome)")
        }

        @Test func aFileThatCannotBeWrittenIsStatusOne() throws {
            let outcome = try folder.serre(line: "scaling nano --cluster laptop --svg nowhere/chart.svg")
            #expect(outcome.status == 1)
            #expect(try outcome.sentence().contains("nowhere/chart.svg"))
        }

        @Test func aBudgetKeepsALimitOnAccelerators() throws {
            let outcome = try folder.serre(
                line: "budget --accelerator-hours 20000 --cluster jean-zay-h100 --days 10 --max-accelerators 12 --json")
            // Without the limit 32 nodes of four would come nearest to ten days; three nodes make two, a power of two.
            #expect(try outcome.objects(1)[0]["nodes"] as? Int == 2, "\(outcome)")
        }

        @Test func theLawsStateTheirSources() throws {
            // Wrapped anywhere between words.
            let help = try folder.serre(line: "budget --help").output.split(whereSeparator: \.isWhitespace)
                .joined(separator: " ")
            for word in ["Hoffmann et al. 2022", "Kaplan et al. 2020", "406.4", "410.7", "1.3e9"] {
                #expect(help.contains(word), "\(word)")
            }
        }

        @Test func aBudgetsRecipeIsReadByTheOtherCommands() throws {
            let outcome = try folder.serre(
                line: "budget --accelerator-hours 20000 --cluster jean-zay-h100 --recipe ours.yaml --json")
            let budget = try outcome.objects(1)[0]
            let estimate = try #require(budget["estimate"] as? [String: Any])
            let again = try folder.serre(line: "estimate ours.yaml --cluster jean-zay-h100 --json").objects(1)[0]
            #expect(again["seconds_per_step"] as? Double == estimate["seconds_per_step"] as? Double)
            let check = try folder.serre(line: "check ours.yaml --cluster jean-zay-h100 --json").objects(1)[0]
            #expect(check["parameters"] as? Int == budget["parameters"] as? Int)
            #expect(check["fits"] as? Bool == true && check["legal"] as? Bool == true)
        }
    }
}
