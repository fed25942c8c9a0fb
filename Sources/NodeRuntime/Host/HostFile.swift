import Foundation

/// A file of the host with the attributes that it keeps when it is written again.
public struct HostFile: Equatable, Sendable {
    /// The content.
    public let bytes: [UInt8]
    /// The permission bits.
    let mode: mode_t
    /// The user who owns the file.
    let owner: uid_t
    /// The group of the file.
    let group: gid_t
}

/// The kinds of files, as lstat(2) tells them apart.
public enum FileKind: Equatable, Sendable {
    case file
    case folder
    case link
    case socket
    case other

    /// The kind in the `st_mode` of a file.
    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        case S_IFLNK: self = .link
        case S_IFSOCK: self = .socket
        default: self = .other
        }
    }
}
