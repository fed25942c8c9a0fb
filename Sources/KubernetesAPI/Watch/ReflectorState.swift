import Basics

/// The state of a reflector between its lists and watches: a value without a clock or a connection.
struct ReflectorState: Sendable, Equatable {
    /// The next request.
    enum Action: Sendable, Equatable {
        /// List after a pause.
        case list(after: Duration)
        /// Watch from a version after a pause.
        case watch(after: Duration, version: String, seconds: Int)
    }

    /// A change of the connection that the handler has to know.
    enum Signal: Sendable, Equatable {
        case connected
        case disconnected(KubernetesAPIError)
    }

    /// The version that the next watch starts after; nil if the objects have to be listed.
    private var version: String?
    private var pause = Duration.zero
    private var backoff = Backoff()
    private var isDown = false
    /// Whether the current watch has sent an event.
    private var isProductive = false

    /// The next action.
    ///
    /// The API server ends a watch after the requested time. As in client-go, that is a random time between five and
    /// ten minutes, so that a client's watches do not all end at once.
    func action(chance: Double) -> Action {
        guard let version else { return .list(after: pause) }
        return .watch(after: pause, version: version, seconds: 300 + Int(300 * chance))
    }

    /// Records a complete list.
    mutating func listed(version: String) -> Signal? {
        self.version = version
        pause = .zero
        return up()
    }

    /// Records that the API server accepted a watch.
    mutating func watching() -> Signal? {
        isProductive = false
        return up()
    }

    /// Records a change or a bookmark of the watch.
    mutating func observed(version: String) {
        self.version = version
        isProductive = true
        backoff.reset()
    }

    /// Records the normal end of a watch: its time was over, or the connection broke.
    ///
    /// The next watch starts at once, unless several watches in a row ended right after their start.
    mutating func ended(after duration: Duration, chance: Double) {
        if isProductive || duration >= .seconds(1) {
            backoff.reset()
            pause = .zero
        } else {
            pause = backoff.next(chance: chance)
        }
    }

    /// Records that the version is too old for the API server, so that the objects have to be listed again.
    mutating func expired(chance: Double) {
        version = nil
        let isFirst = backoff.failures == 0
        let wait = backoff.next(chance: chance)
        pause = isFirst ? .zero : wait
    }

    /// Records a list or a watch that the API server refused or did not answer.
    mutating func failed(_ error: KubernetesAPIError, chance: Double) -> Signal? {
        pause = max(backoff.next(chance: chance), min(error.retryAfter ?? .zero, .seconds(60)))
        defer { isDown = true }
        return isDown ? nil : .disconnected(error)
    }

    /// Records data that is not an event: the missed changes are unknown, so the objects have to be listed again.
    mutating func broken(_ error: KubernetesAPIError, chance: Double) -> Signal? {
        version = nil
        return failed(error, chance: chance)
    }

    private mutating func up() -> Signal? {
        defer { isDown = false }
        return isDown ? .connected : nil
    }
}
