import Foundation
import JSON

/// Standard output or standard error: a terminal, or a file or pipe.
///
/// Only a terminal gets colours and symbols; `NO_COLOR` (no-color.org) and `TERM=dumb` turn colours off. Manifests,
/// policies and file names can hold control characters that move the cursor or change what a person reads, so that
/// ``write(_:)`` drops them.
struct Terminal: Sendable {
    /// Whether colours are used.
    let isColoured: Bool
    /// Whether symbols outside ASCII are used: on a terminal whose locale is UTF-8.
    let isUnicode: Bool
    /// Whether the stream is a terminal.
    let isTerminal: Bool
    /// The width of a line in columns; 120 if it is not known.
    let width: Int
    private let descriptor: Int32

    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    static let standardError = Terminal(descriptor: STDERR_FILENO)

    private init(descriptor: Int32) {
        let environment = ProcessInfo.processInfo.environment
        let language = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        isColoured = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        isUnicode = isTerminal && language.uppercased().contains("UTF")
        var size = winsize()
        let isKnown = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isKnown ? Int(size.ws_col) : 120
    }

    /// Creates a stream to standard output that is not a terminal, with a width for tests.
    init(plainOfWidth width: Int, isColoured: Bool = false) {
        (self.isColoured, isUnicode, isTerminal, descriptor) = (isColoured, false, false, STDOUT_FILENO)
        self.width = width
    }

    /// Writes a text for people, without the control and formatting characters in it.
    func write(_ text: String) { emit(rendered(text)) }

    /// Writes JSON or YAML for programs as it is; both escape control characters themselves.
    func write(document text: String) { emit(text) }

    /// Replaces the last line with `text`, on a terminal.
    func redraw(line text: String) { emit("\r\u{1B}[K" + rendered(text)) }

    /// The text without control and formatting characters but for line feeds, with the colours of ``styled(_:_:)``.
    func rendered(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let code = Style.code(at: scalar) {
                result += "\u{1B}[\(code)m".unicodeScalars
            } else if scalar.isPlain || scalar == "\n" {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// Writes all of `text`; an error other than EINTR drops the rest of it.
    private func emit(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            rest = rest.dropFirst(count)
        }
    }

    /// The colours by their meaning; the value is the SGR parameter.
    enum Style: String, CaseIterable {
        case added = "32"
        case denied = "1;31"
        case warned = "33"
        case wasm = "1;35"
        case heading = "1"
        case faint = "2"

        /// The mark before a text in this colour: a private-use scalar, which no font shows.
        ///
        /// Colours stay marks until the text is written, so that no escape sequence comes from input.
        fileprivate var mark: Character {
            Character(Unicode.Scalar(0xF0000 + UInt32(Self.allCases.firstIndex(of: self) ?? 0)) ?? Self.end)
        }

        /// The mark behind a text in colour.
        fileprivate static let end: Unicode.Scalar = "\u{F00FF}"

        /// The SGR parameter at a mark; nil for another scalar.
        fileprivate static func code(at scalar: Unicode.Scalar) -> String? {
            if scalar == end { return "0" }
            guard (0xF0000..<0xF0000 + UInt32(allCases.count)).contains(scalar.value) else { return nil }
            return allCases[Int(scalar.value - 0xF0000)].rawValue
        }
    }

    /// `text` in the colour of `style` if colours are used.
    func styled(_ text: String, _ style: Style) -> String {
        isColoured ? "\(style.mark)\(text)\(Style.end)" : text
    }

    /// The sign for a refusal.
    var cross: String { isUnicode ? "✗" : "x" }
    /// The sign for a warning.
    var exclamation: String { "!" }
    /// The sign before a remedy.
    var arrow: String { isUnicode ? "→" : "->" }
    /// The separator between the parts of a summary.
    var dot: String { isUnicode ? " · " : ", " }
    /// The end of a text that is cut.
    var ellipsis: String { isUnicode ? "…" : "..." }
}
