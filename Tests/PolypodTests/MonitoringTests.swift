import JSON
import PodAdmission
import RegexBuilder
import Testing

@testable import polypod

/// Alerts, dashboard and documents name the same metrics as the sources.
@Suite("Monitoring")
struct MonitoringTests {
    /// The metric names in a text, without the suffixes of a histogram's series.
    static func metrics(in text: some StringProtocol) -> Set<String> {
        let name = Regex {
            Anchor.wordBoundary
            ChoiceOf {
                "polypod"
                "process"
            }
            OneOrMore {
                "_"
                OneOrMore(.word.subtracting(.anyOf("_")))
            }
        }
        return Set(
            String(text).matches(of: name).map { match in
                var found = String(match.0)
                for ending in ["_bucket", "_sum", "_count"] where found.hasSuffix(ending) {
                    found.removeLast(ending.count)
                }
                return found
            }
        )
    }

    /// The metric names in the sources: string literals that consist of a name.
    static func metricsOfTheSources() throws -> Set<String> {
        let texts = try Repository.files(in: "Sources", ending: ".swift").map { try Repository.text($0) }
        let literals = texts.flatMap { $0.matches(of: /"((?:polypod|process)_[a-z_]+)"/).map { String($0.1) } }
        return Set(literals)
    }

    static func alerts() throws -> [JSONValue] {
        let groups = try Repository.document("deploy/monitoring/alerts.yaml")["spec"]?["groups"]?.array ?? []
        return groups.flatMap { $0["rules"]?.array ?? [] }
    }

    static func expressions(of panel: JSONValue) -> [String] {
        (panel["targets"]?.array ?? []).compactMap { $0["expr"]?.string }
    }

    @Test func documentsEveryMetricAndNoOther() throws {
        let text = try Repository.text("docs/metrics.md")
        let rows = text.split(separator: "\n").compactMap { $0.firstMatch(of: /^\| `((?:polypod|process)_[a-z_]+)`/) }
        let documented = rows.map { String($0.1) }
        #expect(Set(documented).count == documented.count, "a metric is documented twice")
        #expect(Set(documented) == (try Self.metricsOfTheSources()))
    }

    @Test func usesOnlyExistingMetricsInAlertsAndPanels() throws {
        let known = try Self.metricsOfTheSources()
        for alert in try Self.alerts() {
            let expression = try #require(alert["expr"]?.string)
            #expect(Self.metrics(in: expression).isSubset(of: known), "\(expression)")
        }
        let dashboard = try Repository.document("deploy/monitoring/dashboard.json")
        let panels = dashboard["panels"]?.array ?? []
        #expect(panels.count > 20 && dashboard["schemaVersion"] == 41)
        for panel in panels {
            for expression in Self.expressions(of: panel) {
                #expect(Self.metrics(in: expression).isSubset(of: known), "\(expression)")
            }
        }
        let shown = panels.flatMap(Self.expressions).reduce(into: Set()) { $0.formUnion(Self.metrics(in: $1)) }
        #expect(known.subtracting(shown) == ["process_start_time_seconds"], "metrics without a panel")
    }

    @Test func describesEveryAlertInTheRunbook() throws {
        let text = try Repository.text("docs/runbooks.md")
        let sections = text.split(separator: "\n## ").dropFirst()
        let titles = sections.compactMap { $0.split(separator: "\n").first.map(String.init) }
        let alerts = try Self.alerts()
        #expect(titles == alerts.compactMap { $0["alert"]?.string })
        for alert in alerts {
            let name = try #require(alert["alert"]?.string)
            let url = alert["annotations"]?["runbook_url"]?.string ?? ""
            #expect(url.hasSuffix("/docs/runbooks.md#\(name.lowercased())"))
            #expect(["critical", "warning", "info"].contains(alert["labels"]?["severity"]?.string))
        }
        for section in sections {
            for heading in ["**Meaning.**", "**Impact.**", "**Diagnosis.**", "**Fix.**"] {
                #expect(section.contains(heading), "\(section.prefix(40)): \(heading)")
            }
            for link in section.matches(of: /\]\(#([a-z]+)\)/) {
                #expect(titles.contains { $0.lowercased() == link.1 }, "\(link.1)")
            }
        }
    }
}
