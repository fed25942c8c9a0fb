/// A runtime's version, as far as it matters here.
public struct RuntimeVersion: Comparable, Sendable, CustomStringConvertible {
    /// The version as the program says it.
    public let description: String
    private let numbers: [Int]

    /// Creates the version `numbers`, to compare with.
    init(_ numbers: Int...) {
        self.numbers = numbers
        description = numbers.map(String.init).joined(separator: ".")
    }

    /// Reads what `--version` prints: `containerd github.com/containerd/containerd/v2 v2.2.1 …`, `crio version 1.30.0`.
    init?(output: String) {
        let words = output.split(whereSeparator: \.isWhitespace).dropFirst()
        for word in words {
            let text = word.hasPrefix("v") ? word.dropFirst() : word
            let parts = text.prefix { $0 == "." || ("0"..."9").contains($0) }.split(separator: ".")
            let numbers = parts.compactMap { Int($0) }
            guard numbers.count >= 2, numbers.count == parts.count, text.first?.isNumber ?? false else { continue }
            self.numbers = numbers
            description = String(text)
            return
        }
        return nil
    }

    /// Whether neither is older.
    public static func == (left: RuntimeVersion, right: RuntimeVersion) -> Bool { !(left < right) && !(right < left) }

    /// Whether `left` is older.
    public static func < (left: RuntimeVersion, right: RuntimeVersion) -> Bool {
        for index in 0..<3 {
            let (a, b) = (
                left.numbers.indices.contains(index) ? left.numbers[index] : 0,
                right.numbers.indices.contains(index) ? right.numbers[index] : 0
            )
            if a != b { return a < b }
        }
        return false
    }
}
