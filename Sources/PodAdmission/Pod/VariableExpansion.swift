/// Expands `$(NAME)` in a container's command and args as the kubelet does.
///
/// The kubelet replaces references to the container's environment variables before a runtime gets the command
/// (kubernetes, third_party/forked/golang/expansion/expand.go, and pkg/kubelet/kubelet_pods.go,
/// makeEnvironmentVariables). A reference to a variable that is not defined stays as it is, and `$$` is one `$`.
/// Variables of Services are treated as not defined: they hold addresses and ports, so no program's name ends with one.
struct VariableExpansion {
    /// The result of expanding a text.
    enum Result: Equatable {
        /// The text.
        case text(String)
        /// The text; only its end is known, because references to values that are not in the Pod stay in it.
        case ending(String)
        /// The end of the text depends on a variable whose value is not in the Pod, or is too long.
        case unknown(variable: String)
    }

    /// The limit on what references add to all texts of a container, in bytes, because each variable can double a value.
    private static let limit = 16 << 10
    /// The length of the longest suffix that tells Wasm from native, `.wasm`, in bytes.
    private static let suffixLength = 5

    private var values: [String: Result] = [:]
    private let hasEnvironmentFrom: Bool
    private var room = Self.limit

    /// Computes the values of the container's environment variables, in their order.
    init(of container: Container) {
        hasEnvironmentFrom = container.hasEnvironmentFrom
        for variable in container.environment ?? [] {
            values[variable.name] = variable.value.map { expand($0) } ?? .unknown(variable: variable.name)
        }
    }

    /// The result of expanding a word of the container's command or args.
    static func expand(_ word: String, in container: Container) -> Result {
        guard word.utf8.contains(UInt8(ascii: "$")) else { return .text(word) }
        var expansion = VariableExpansion(of: container)
        return expansion.expand(word)
    }

    private mutating func expand(_ text: String) -> Result {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return .text(text) }
        let lastClose = text.utf8.lastIndex(of: UInt8(ascii: ")")) ?? text.startIndex
        var result: [UInt8] = []
        var rest = Substring(text).utf8
        var lastUnknown: (variable: String, end: Int)?
        var isComplete = true
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$"), let next = rest.first else {
                result.append(byte)
                continue
            }
            if next == UInt8(ascii: "("), rest.startIndex < lastClose,
                let close = rest.firstIndex(of: UInt8(ascii: ")"))
            {
                let name = String(Substring(rest[rest.index(after: rest.startIndex)..<close]))
                rest = rest[rest.index(after: close)...]
                switch value(of: name) {
                case .text(let value), .ending(let value):
                    guard value.utf8.count <= room else { return .unknown(variable: name) }
                    room -= value.utf8.count
                    result += value.utf8
                    if case .ending = values[name] { isComplete = false }
                case .unknown:
                    result += "$(\(name))".utf8
                    lastUnknown = (name, result.count)
                case nil: result += "$(\(name))".utf8
                }
            } else {
                // `$$` is one `$`; any other byte stays, with the `$` in front of it.
                if next != UInt8(ascii: "$") { result.append(byte) }
                result.append(next)
                rest.removeFirst()
            }
        }
        if let lastUnknown, result.count - lastUnknown.end < Self.suffixLength {
            return .unknown(variable: lastUnknown.variable)
        }
        let expanded = String(decoding: result, as: UTF8.self)
        return isComplete && lastUnknown == nil ? .text(expanded) : .ending(expanded)
    }

    /// The value of a variable; nil if it is not defined, which `envFrom` can do for any name.
    private func value(of name: String) -> Result? {
        values[name] ?? (hasEnvironmentFrom ? .unknown(variable: name) : nil)
    }
}
