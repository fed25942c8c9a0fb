import Basics

/// Where a reflector is between list and watch, and what it does next: a value, without a clock or a connection.
struct ReflectorState: Sendable, Equatable {
    /// What is to be done.
    enum Action: Sendable, Equatable {
        /// List, after a pause.
        case list(after: Duration)
        /// Watch from a version on, after a pause.
        case watch(after: Duration, version: String, seconds: Int)
    }

    /// What the handler has to be told.
    enum Signal: Sendable, Equatable {
        case connected
        case disconnected(KubernetesAPIError)
    }

    /// The version from which a watch goes on; nil where the objects have to be listed.
    private(set) var version: String?
    private var pause = Duration.zero
    private var backoff = Backoff()
    private var isDown = false
    /// Whether the watch of now has said something.
    private var isProductive = false

    /// The next action.
    ///
    /// The API server ends a watch after the time that is asked for; between five and ten minutes, by chance, as
    /// client-go does, so that not all of a client's watches end at once.
    func action(chance: Double) -> Action {
        guard let version else { return .list(after: pause) }
        return .watch(after: pause, version: version, seconds: 300 + Int(300 * chance))
    }

    /// All objects were listed.
    mutating func listed(version: String) -> Signal? {
        self.version = version
        pause = .zero
        return up()
    }

    /// A watch was accepted.
    mutating func watching() -> Signal? {
        isProductive = false
        return up()
    }

    /// A watch told of a change, or of the version alone.
    mutating func observed(version: String) {
        self.version = version
        isProductive = true
        backoff.reset()
    }

    /// A watch ended as it does in the course of things: its time was over, or the connection broke.
    ///
    /// It goes on from where it was, at once, unless it ends again and again as soon as it has begun.
    mutating func ended(after duration: Duration, chance: Double) {
        if isProductive || duration >= .seconds(1) {
            backoff.reset()
            pause = .zero
        } else {
            pause = backoff.next(chance: chance)
        }
    }

    /// The version is too old for the API server to go on from; the objects are listed again.
    mutating func expired(chance: Double) {
        version = nil
        let isFirst = backoff.failures == 0
        let wait = backoff.next(chance: chance)
        pause = isFirst ? .zero : wait
    }

    /// A list or a watch was refused, or not answered.
    mutating func failed(_ error: KubernetesAPIError, chance: Double) -> Signal? {
        pause = max(backoff.next(chance: chance), min(error.retryAfter ?? .zero, .seconds(60)))
        defer { isDown = true }
        return isDown ? nil : .disconnected(error)
    }

    /// A watch said what cannot be understood: what was missed is unknown.
    mutating func broken(_ error: KubernetesAPIError, chance: Double) -> Signal? {
        version = nil
        return failed(error, chance: chance)
    }

    private mutating func up() -> Signal? {
        defer { isDown = false }
        return isDown ? .connected : nil
    }
}
