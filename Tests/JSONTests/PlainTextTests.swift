import JSON
import Testing

@Suite("Plain text")
struct PlainTextTests {
    @Test(
        "Text for people",
        arguments: [
            ("plain", "plain", "stays"),
            ("a\u{1B}[2Jb\nc\u{7F}", "a[2Jbc", "no control characters"),
            ("a\u{202E}b\u{200B}c\u{2028}d", "abcd", "nothing that turns, hides or breaks the line"),
            ("1234567890123", "123456789…", "cut to ten"),
            ("ünïcödé", "ünïcödé", "letters stay"),
        ]
    )
    func cleansText(text: String, expected: String, why: String) {
        #expect(text.plainText(limit: 10) == expected, "\(why)")
    }

    @Test(
        "A limit in bytes",
        arguments: [
            ("1234567890", true, "1234567890", "fits"),
            ("12345678901", true, "1234567…", "the ellipsis has three bytes"),
            ("üüüüüü", true, "üüü…", "no character is cut in two"),
            ("a\nb\u{1B}", true, "a\nb", "line breaks stay"),
            ("a\nb", false, "ab", "line breaks go"),
        ]
    )
    func boundsBytes(text: String, keepsLineBreaks: Bool, expected: String, why: String) {
        #expect(text.plainText(byteLimit: 10, keepsLineBreaks: keepsLineBreaks) == expected, "\(why)")
    }
}
