import Basics
import Logging
import Synchronization
import Testing

@testable import Observability

@Suite("JSON log lines")
struct JSONLogTests {
    private func lines(level: Logger.Level = .info, _ log: (inout Logger) -> Void) -> [String] {
        let written = Recorder()
        var logger = Logger(label: "test.\"label\"") { label in
            JSONLogHandler(
                label: label,
                level: level,
                clock: { Timestamp(microseconds: 1_772_366_400_125_000) },
                sink: { written.append($0) }
            )
        }
        log(&logger)
        return written.all
    }

    private static let start =
        #"{"time":"2026-03-01T12:00:00.125Z","level":"info","logger":"test.\"label\"","message":"#

    @Test("Each event is exactly one line")
    func writesLines() {
        let lines = lines { logger in
            logger[metadataKey: "node"] = "n1"
            logger.info("hello")
            logger.info(
                "all kinds",
                metadata: [
                    "text": "a\"b\\c", "flag": .stringConvertible(true), "count": .stringConvertible(3),
                    "ratio": .stringConvertible(0.5), "list": ["x", .stringConvertible(1)],
                    "map": ["b": "2", "a": ["1"]], "node": "n2", "level": "mine",
                ]
            )
            logger.debug("not written")
        }
        #expect(
            lines == [
                Self.start + #""hello","node":"n1"}"# + "\n",
                Self.start
                    + #""all kinds","count":3,"flag":true,"level_":"mine","list":["x",1],"map":{"a":["1"],"b":"2"},"#
                    + #""node":"n2","ratio":0.5,"text":"a\"b\\c"}"# + "\n",
            ]
        )
    }

    @Test(
        "A text cannot end the line, colour a terminal or change the direction of writing",
        arguments: [
            ("a\nb\r\tc", #"a\nb\r\tc"#), ("\u{0}\u{1B}[31m", #"\u0000\u001b[31m"#), ("\u{7F}\u{9B}", #"\u007f\u009b"#),
            ("\u{2028}\u{202E}\u{2066}", #"\u2028\u202e\u2066"#), ("größe 🧩", "größe 🧩"),
        ]
    )
    func escapes(text: String, expected: String) {
        #expect(lines { $0.info("\(text)") } == [Self.start + "\"\(expected)\"}\n"])
    }

    @Test("A long text is cut")
    func boundsTexts() throws {
        let line = try #require(lines { $0.info("\(String(repeating: "x", count: 1 << 20))") }.first)
        #expect((16 << 10..<17 << 10).contains(line.utf8.count) && line.hasSuffix("…\"}\n"))
    }

    @Test("The error of an event is the member error")
    func writesErrors() {
        struct Broken: Error, CustomStringConvertible { let description = "it \"broke\"" }
        #expect(lines { $0.info("oh", error: Broken()) } == [Self.start + #""oh","error":"it \"broke\""}"# + "\n"])
    }
}

private final class Recorder: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: [UInt8]) {
        lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
}
