/// Carries out the changes of files, and takes them back.
struct FileWriter {
    let folder: HostFolder
    private var done: [(change: FileChange, made: [String])] = []

    init(folder: HostFolder) { self.folder = folder }

    /// Writes all of `changes`.
    ///
    /// - Throws: `changed-meanwhile` or `not-writable`; what was written before stays written, see ``rollBack()``.
    mutating func write(_ changes: [FileChange]) throws(NodeError) {
        for change in changes {
            guard try folder.read(change.path) == change.before else {
                throw NodeError(
                    .changedMeanwhile,
                    "\(change.path): has been changed by somebody else just now",
                    remedy: "try again"
                )
            }
            guard let bytes = change.after else {
                try folder.remove(change.path)
                done.append((change, []))
                continue
            }
            let made = try folder.makeFolder(Self.parent(of: change.path))
            done.append((change, made))
            try folder.write(bytes, to: change.path, like: change.before ?? change.model)
        }
    }

    /// Puts everything back that was written.
    mutating func rollBack() throws(NodeError) {
        while let (change, made) = done.last {
            // What could not be written need not be put back, and could not be.
            let there = try folder.read(change.path)
            if there != change.before {
                guard there?.bytes == change.after else {
                    throw NodeError(
                        .changedMeanwhile,
                        "\(change.path): has been changed by somebody else since, and was left",
                        remedy: "take Polypod's part out of it by hand"
                    )
                }
                try putBack(change)
            }
            for path in made.reversed() { folder.removeEmptyFolder(path) }
            done.removeLast()
        }
    }

    private func putBack(_ change: FileChange) throws(NodeError) {
        guard let before = change.before else { return try folder.remove(change.path) }
        try folder.write(before.bytes, to: change.path, like: before)
    }

    /// Removes the folders that go with their last file.
    func finish() {
        for (change, _) in done where change.isFolderRemoved { folder.removeEmptyFolder(Self.parent(of: change.path)) }
    }

    static func parent(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }
}
