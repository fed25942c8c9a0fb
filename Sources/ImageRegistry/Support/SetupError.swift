/// Why an ``ImageInspector`` cannot be made of its configuration.
public struct SetupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bounded set of reasons.
    public enum Code: String, Sendable {
        /// A file of certificates or a key cannot be read or does not hold what it should.
        case badFile = "bad-file"
        /// A proxy variable does not hold a URL of a kind that is supported.
        case badProxy = "bad-proxy"
        /// The environment does not say whom a cloud knows this process as.
        case badCloud = "bad-cloud"
    }

    /// Which reason it is.
    public var code: Code
    /// Which file or variable it is and what was expected; never a secret.
    public var detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// A text for people; it never shows a secret.
    public var description: String { detail }
}
