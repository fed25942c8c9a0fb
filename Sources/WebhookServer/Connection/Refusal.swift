import HTTPTypes

/// Why a request is answered before anything looked at it.
enum Refusal: Equatable {
    /// Its body is longer than the limit.
    case tooLarge
    /// Its body did not arrive in time.
    case tooSlow
    /// There are more connections, or more bytes in bodies, than the server takes on.
    case overloaded

    var status: HTTPResponse.Status {
        switch self {
        case .tooLarge: .contentTooLarge
        case .tooSlow: .requestTimeout
        case .overloaded: .serviceUnavailable
        }
    }

    var reason: String {
        switch self {
        case .tooLarge: "the body is longer than the server accepts\n"
        case .tooSlow: "the body did not arrive in time\n"
        case .overloaded: "the server has too much to do\n"
        }
    }
}
