import PodAdmission

extension ImageInspection {
    /// The inspection for a person.
    func text(for terminal: Terminal) -> String {
        var lines: [(String, String)] = [("class", classText(for: terminal))]
        lines.append(("evidence", verdict.evidence.map(\.value).joined(separator: terminal.dot)))
        if platforms.count > 1 {
            lines.append(("platforms", platforms.map(\.description).joined(separator: ", ")))
        }
        if !verdict.program.isEmpty {
            lines.append(("program", verdict.program.map(\.shellQuoted).joined(separator: " ")))
        }
        if let digest = verdict.digest {
            let why = verdict.pin == nil ? "" : "   pinned, because the index holds no entry that a node would take"
            lines.append((verdict.pin == nil ? "digest" : "pulls as", digest + why))
        }
        if let reason { lines.append(("reason", reason)) }
        lines.append(("asked", asked))
        let body = lines.map { "  \($0.0.padding(to: 11))\($0.1)\n" }.joined()
        return terminal.styled(image, .heading) + "\n" + body
    }

    private func classText(for terminal: Terminal) -> String {
        switch verdict.containerClass {
        case .wasm: terminal.styled("wasm", .wasm) + ", runs under crun with WasmEdge"
        case .native: "native, runs as any Linux container"
        case .notRunnable: terminal.styled("not-runnable", .denied) + ", Wasm that crun cannot run"
        case .unknown: terminal.styled("unknown", .warned)
        }
    }

    private var asked: String {
        guard let registry = report.registry else { return "nobody" }
        let through = report.endpoint.flatMap { $0 == registry ? nil : " through \($0)" } ?? ""
        let credential = report.credential.map { ", \($0.rawValue)" } ?? ""
        return
            "\(registry)\(through), \(report.roundTrips) request\(report.roundTrips == 1 ? "" : "s"), \(report.elapsed.milliseconds) ms\(credential)"
    }
}

extension String {
    /// This text with blanks behind it up to `width` characters.
    func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    /// This text as a shell would take it for one word, without control characters.
    var shellQuoted: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "-_./:=,@%+".utf8.contains(byte)
                }
            }
        guard !isPlain else { return self }
        let shown = String(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
        return "'" + shown.replacing("'", with: "'\\''") + "'"
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Seconds with two digits behind the point.
    var secondsText: String {
        let hundredths = (milliseconds + 5) / 10
        let rest = String(hundredths % 100)
        return "\(hundredths / 100).\(rest.count < 2 ? "0" : "")\(rest)"
    }
}
