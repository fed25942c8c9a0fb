import Basics
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "Times as RFC 3339 has them",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z", "the beginning"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z", "a leap day of a century that has one"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z", "the end of February in a century that has none"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z", "and what follows"),
            (1_798_761_599_001, "2026-12-31T23:59:59.001Z", "the end of a year"),
            (-1, "1969-12-31T23:59:59.999Z", "before the beginning"),
        ]
    )
    func writesTimes(milliseconds: Int, expected: String, why: String) {
        #expect(Timestamp(microseconds: milliseconds * 1000).text(.milliseconds) == expected, "\(why)")
    }

    @Test(
        "Six digits, as MicroTime",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_772_366_400_000_125, "2026-03-01T12:00:00.000125Z"),
            (951_827_696_999_999, "2000-02-29T12:34:56.999999Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ]
    )
    func writesMicroseconds(microseconds: Int, text: String) {
        #expect(Timestamp(microseconds: microseconds).text(.microseconds) == text)
    }

    @Test func writesSeconds() {
        #expect(Timestamp(seconds: 1_772_366_400).text(.seconds) == "2026-03-01T12:00:00Z")
    }
}
