import Foundation

/// Standard output or standard error: a terminal, or a file or pipe.
///
/// Only a terminal gets colours and symbols; `NO_COLOR` (no-color.org) and `TERM=dumb` turn colours off.
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
    init(plainOfWidth width: Int) {
        (isColoured, isUnicode, isTerminal, descriptor) = (false, false, false, STDOUT_FILENO)
        self.width = width
    }

    /// Writes all of `text`; an error other than EINTR drops the rest of it.
    func write(_ text: String) {
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
    enum Style: String {
        case added = "32"
        case denied = "1;31"
        case warned = "33"
        case wasm = "1;35"
        case heading = "1"
        case faint = "2"
    }

    /// `text` in the colour of `style` if colours are used.
    func styled(_ text: String, _ style: Style) -> String {
        isColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
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
