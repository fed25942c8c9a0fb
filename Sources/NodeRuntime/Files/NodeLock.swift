import Foundation

/// Keeps a second installer away from a node while one is at work.
///
/// A lock on a folder that is there anyway, so that no file stays behind; the kernel gives it up with the process.
struct NodeLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Throws: `locked` where somebody has it.
    init(_ host: HostFolder) throws(NodeError) {
        let path = host.local("/")
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let remedy = "give the host's root with --root"
            throw NodeError(.hostUnknown, "\(path): is no folder that can be read", remedy: remedy)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw NodeError(.locked, "another installer is at work on this node", remedy: "wait for it and try again")
        }
    }

    deinit {
        // Closing is not enough: a program that another thread starts holds a copy of the descriptor until it calls exec.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
