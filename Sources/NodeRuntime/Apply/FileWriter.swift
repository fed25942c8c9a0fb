/// Writes the changed files of a plan and can restore the old ones.
struct FileWriter {
    private let folder: HostFolder
    private var done: [(change: FileChange, madeFolders: [String])] = []

    init(folder: HostFolder) { self.folder = folder }

    /// Writes all of `changes`.
    ///
    /// Files that were written before an error stay written until ``rollBack()``.
    ///
    /// - Throws: `changed-meanwhile` if a file differs from the plan, `not-writable`, `config-unreadable`.
    mutating func write(_ changes: [FileChange]) throws(NodeError) {
        for change in changes {
            guard try folder.read(change.path) == change.before else {
                throw NodeError(
                    .changedMeanwhile,
                    "\(change.path): another program has just changed the file",
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

    /// Restores all files that were written, the last one first.
    ///
    /// - Throws: `changed-meanwhile` if a file is neither the old nor the new one, `not-writable`, `config-unreadable`.
    mutating func rollBack() throws(NodeError) {
        while let (change, made) = done.last {
            // The file is still the old one if writing it failed.
            let there = try folder.read(change.path)
            if there != change.before {
                guard there?.bytes == change.after else {
                    throw NodeError(
                        .changedMeanwhile,
                        "\(change.path): another program has changed the file since, so it was not restored",
                        remedy: "remove Polypod's lines by hand"
                    )
                }
                try restore(change)
            }
            for path in made.reversed() { folder.removeEmptyFolder(path) }
            done.removeLast()
        }
    }

    private func restore(_ change: FileChange) throws(NodeError) {
        guard let before = change.before else { return try folder.remove(change.path) }
        try folder.write(before.bytes, to: change.path, like: before)
    }

    /// Removes the folders that Polypod created and whose last file has been removed.
    func removeEmptyFolders() {
        for (change, _) in done where change.isFolderRemoved { folder.removeEmptyFolder(Self.parent(of: change.path)) }
    }

    /// The path of the folder that contains `path`.
    static func parent(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }
}
