import Foundation

/// A stream to a person or a program.
///
/// Colour and symbols are for terminals only; `NO_COLOR` and `TERM=dumb` are respected (no-color.org).
struct Terminal: Sendable {
    /// Whether colours may be used.
    let isColoured: Bool
    /// Whether symbols outside ASCII may be used.
    let isUnicode: Bool
    /// Whether somebody is watching.
    let isTerminal: Bool
    /// How many columns a line has.
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

    /// For tests and files: no terminal of a given width.
    init(plainOfWidth width: Int) {
        (isColoured, isUnicode, isTerminal, descriptor) = (false, false, false, STDOUT_FILENO)
        self.width = width
    }

    /// Writes the whole of `text`; a reader that went away ends the process quietly.
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

    /// The colours in use, each for one meaning.
    enum Style: String {
        case added = "32"
        case denied = "1;31"
        case warned = "33"
        case wasm = "1;35"
        case heading = "1"
        case faint = "2"
    }

    /// `text` in `style` on a terminal, as it is elsewhere.
    func styled(_ text: String, _ style: Style) -> String {
        isColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// The sign for a refusal.
    var cross: String { isUnicode ? "✗" : "x" }
    /// The sign for a warning.
    var exclamation: String { "!" }
    /// The sign before a remedy.
    var arrow: String { isUnicode ? "→" : "->" }
    /// What stands between the parts of a summary.
    var dot: String { isUnicode ? " · " : ", " }
    /// The end of a text that was cut.
    var ellipsis: String { isUnicode ? "…" : "..." }
}
