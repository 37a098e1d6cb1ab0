import Diagnostics
import Testing

@testable import Cards

@Suite struct CardAnswersTests {
    @Test("What nobody has said is missing, and so is what is blank")
    func missing() throws {
        #expect(
            CardAnswers().missing == [
                .licence, .contact, .intendedUse, .outOfScopeUse, .knownLimits, .socialImpact,
            ])
        let some = try CardAnswers.parse("licence: apache-2.0\nintended_use: \"  \"\ncontact: us@example.org\n")
        #expect(some.missing == [.intendedUse, .outOfScopeUse, .knownLimits, .socialImpact])
        #expect(some[.licence] == "apache-2.0")
    }

    @Test("Answers are written so that they are read back, whatever they hold")
    func roundTrip() throws {
        var answers = CardAnswers()
        for (number, question) in CardAnswers.Question.allCases.enumerated() where number != 4 {
            answers[question] = ["no", "a: b # c", "\"quoted\"", "été\nzwei", "- 1"][number % 5]
        }
        #expect(try CardAnswers.parse(answers.yaml) == answers)
        let block = try CardAnswers.parse("known_limits: |\n  It is small.\n\n  And slow.\n")
        #expect(block[.knownLimits] == "It is small.\n\nAnd slow.")
        // An empty set is a file of questions alone, which can be filled in by hand.
        #expect(CardAnswers().yaml.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
    }

    @Test("A mistyped question is an error with a suggestion")
    func unknown() throws {
        let diagnostic = try #require(throws: Diagnostic.self) {
            try CardAnswers.parse("intended_uze: research\n", file: "answers.yaml")
        }
        #expect(diagnostic.description.contains("intended_use") && diagnostic.description.contains("answers.yaml"))
    }

    @Test(
        "Figures are written as people write them",
        arguments: [
            (0.0, "0"), (1234567.0, "1,235,000"), (3.96967, "3.97"), (0.0039529, "0.003953"), (999.95, "1,000"),
            (12.0, "12"), (-2.5, "-2.5"), (1000.4, "1,000"),
        ])
    func figures(number: Double, text: String) { #expect(CardText.figure(number) == text) }

    @Test("Amounts come with the unit that suits them")
    func units() {
        #expect(CardText.grams(12.5) == "12.5 g" && CardText.grams(50.5e6) == "50.5 t")
        #expect(CardText.joules(3.6e6) == "1 kWh" && CardText.joules(433e3 * 3.6e6) == "433 MWh")
        #expect(CardText.seconds(90) == "90 s" && CardText.seconds(7200) == "2 h")
        #expect(CardText.counted(1, "step") == "1 step" && CardText.counted(1000, "step") == "1,000 steps")
    }
}
