import Basics

/// How long an answer may take: the API server's `?timeout=` less what the way back needs.
public enum AdmissionDeadline {
    /// What the API server waits where it does not say (admissionregistration/v1, `timeoutSeconds`).
    static let assumedTimeout = Duration.seconds(10)
    /// The longest `timeoutSeconds` there is.
    static let longestTimeout = Duration.seconds(30)
    /// Kept in hand, since the API server rounds its remaining time up to whole seconds (client-go, rest/request.go).
    static let reserve = Duration.seconds(1)

    /// The time for an answer to a request with `query`.
    ///
    /// - Parameter query: The query of the request's target, without the question mark.
    /// - Returns: The `timeout`, or 10 s where it is missing or no duration, at most 30 s; less one second, or less
    ///   half of it where it is below two.
    public static func budget(query: Substring?) -> Duration {
        var timeout = assumedTimeout
        for pair in (query ?? "").split(separator: "&") where pair.hasPrefix("timeout=") {
            if let asked = GoDuration.parse(pair.dropFirst("timeout=".count)), asked > .zero { timeout = asked }
        }
        timeout = min(timeout, longestTimeout)
        return timeout - min(reserve, timeout / 2)
    }
}
