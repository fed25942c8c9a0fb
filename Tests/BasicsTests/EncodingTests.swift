import Basics
import Testing

@Suite("Encodings")
struct EncodingTests {
    @Test(
        "Base64 with its padding",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("\u{FF}?>", "w78/Pg=="),
        ]
    )
    func encodesBase64(text: String, expected: String) {
        #expect(Base64.encode(text.utf8) == expected)
        #expect(Base64.decode(expected) == Array(text.utf8))
        #expect(Base64.decode(expected.filter { $0 != "=" }) == Array(text.utf8), "without its padding")
    }

    @Test(arguments: [
        ("Zg=", "half the padding"), ("Z", "one character"), ("Zm8=Zm8=", "padding inside"), ("Zm9*", "no such letter"),
        ("Zm 9v", "a blank"),
    ])
    func refusesWhatIsNotBase64(text: String, reason: String) {
        #expect(Base64.decode(text) == nil, "\(reason)")
    }

    @Test(arguments: [
        ("", ""), ("aZ09-._~", "aZ09-._~"), ("a b/c", "a%20b%2Fc"), ("é", "%C3%A9"), ("%", "%25"), ("\u{0}", "%00"),
    ])
    func encodesPercents(text: String, expected: String) {
        #expect(text.percentEncoded == expected)
    }

    @Test func writesHexadecimalDigits() {
        #expect(([0x00, 0x0A, 0xFF, 0x10] as [UInt8]).hexadecimal == "000aff10")
    }

    @Test(arguments: [
        ("a", "a"), ("  a b\t", "a b"), ("\na\r\n", "a"), ("", ""), (" \n", ""), ("\u{00A0}a", "a"),
    ])
    func trimsWhiteSpace(text: String, expected: String) {
        #expect(text.trimmed == expected)
    }
}
