import Basics
import Testing

@Suite("Durations as Go writes them")
struct GoDurationTests {
    @Test(
        "Go's durations",
        arguments: [
            ("5s", Duration.seconds(5), "what the API server sends"),
            ("1m30s", .seconds(90), "several units"),
            ("500ms", .milliseconds(500), "less than a second"),
            ("1.5s", .milliseconds(1500), "a fraction"),
            ("2h", .seconds(7200), "hours"),
            ("0s", .zero, "zero with a unit"),
            ("0", .zero, "zero needs none"),
            ("5", nil, "a number without a unit"),
            ("", nil, "nothing"),
            ("s", nil, "a unit without a number"),
            ("-5s", nil, "time does not run backwards"),
            ("1e9s", nil, "no exponents in Go"),
            ("99999h", nil, "more than a day"),
            ("1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s", nil, "longer than anything sensible"),
        ] as [(String, Duration?, String)]
    )
    func parsesDurations(text: String, expected: Duration?, why: String) {
        #expect(GoDuration.parse(text[...]) == expected, "\(why)")
    }
}
