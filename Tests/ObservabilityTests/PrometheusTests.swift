import CoreMetrics
import Testing

@testable import Observability

@Suite("Prometheus text format")
struct PrometheusTests {
    @Test("The complete text for every type of metric")
    func rendersEveryKind() {
        let registry = PrometheusRegistry(
            buckets: [0.01, 1],
            descriptions: ["requests_total": "Requests.\nBack\\slash."],
            collector: { [Sample("process_open_fds", 12), Sample("process_cpu_seconds_total", 1.5, isCounter: true)] }
        )
        Counter(label: "requests_total", dimensions: [("stage", "mutate"), ("code", "a")], factory: registry).increment(
            by: 3
        )
        Counter(label: "requests_total", dimensions: [("code", "b"), ("stage", "mutate")], factory: registry)
            .increment()
        FloatingPointCounter(label: "seconds.total", factory: registry).increment(by: 0.25)
        Gauge(label: "open-connections", factory: registry).record(7)
        let meter = Meter(label: "temperature", factory: registry)
        meter.set(21.5)
        meter.decrement(by: 0.5)
        let timer = Timer(label: "duration_seconds", dimensions: [("stage", "mutate")], factory: registry)
        for nanoseconds in [Int64(5_000_000), 10_000_000, 20_000_000, 3_000_000_000] {
            timer.recordNanoseconds(nanoseconds)
        }
        Recorder(label: "sizes", factory: registry).record(0.5)

        #expect(
            registry.exposition() == """
                # TYPE duration_seconds histogram
                duration_seconds_bucket{stage="mutate",le="0.01"} 2
                duration_seconds_bucket{stage="mutate",le="1"} 3
                duration_seconds_bucket{stage="mutate",le="+Inf"} 4
                duration_seconds_sum{stage="mutate"} 3.035
                duration_seconds_count{stage="mutate"} 4
                # TYPE open_connections gauge
                open_connections 7
                # TYPE polypod_metrics_dropped_series_total counter
                polypod_metrics_dropped_series_total 0
                # HELP requests_total Requests.\\nBack\\\\slash.
                # TYPE requests_total counter
                requests_total{code="a",stage="mutate"} 3
                requests_total{code="b",stage="mutate"} 1
                # TYPE seconds_total counter
                seconds_total 0.25
                # TYPE sizes histogram
                sizes_bucket{le="0.01"} 0
                sizes_bucket{le="1"} 1
                sizes_bucket{le="+Inf"} 1
                sizes_sum 0.5
                sizes_count 1
                # TYPE temperature gauge
                temperature 21
                # TYPE process_open_fds gauge
                process_open_fds 12
                # TYPE process_cpu_seconds_total counter
                process_cpu_seconds_total 1.5

                """
        )
    }

    @Test(
        "Names, labels and numbers of the format",
        arguments: [
            (TextFormat.metricName("http.server-requests"), "http_server_requests", "other characters"),
            (TextFormat.metricName("rule:name"), "rule:name", "a metric name keeps its colon"),
            (TextFormat.labelName("rule:name"), "rule_name", "a label name has no colon"),
            (TextFormat.metricName("9lives"), "_9lives", "a digit is not the first character"),
            (TextFormat.metricName(""), "_", "a name is not empty"),
            (TextFormat.metricName("größe"), "gr____e", "only ASCII"),
            (TextFormat.labels([("b", "2"), ("a", "q\"\\\n")]), #"a="q\"\\\n",b="2""#, "escaped and sorted"),
            (TextFormat.number(.infinity), "+Inf", "infinity"),
            (TextFormat.number(-.infinity), "-Inf", "negative infinity"),
            (TextFormat.number(.nan), "NaN", "not a number"),
            (TextFormat.number(1_795_618_001), "1795618001", "a Unix time is written in full"),
            (TextFormat.number(0.0025), "0.0025", "a fraction"),
        ]
    )
    func writesNames(actual: String, expected: String, why: String) {
        #expect(actual == expected, "\(why)")
    }

    @Test("Two handles with the same name and labels share a series")
    func sharesSeries() {
        let registry = PrometheusRegistry()
        Counter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: registry).increment()
        Counter(label: "a", dimensions: [("y", "2"), ("x", "1")], factory: registry).increment()
        #expect(registry.exposition().contains("a{x=\"1\",y=\"2\"} 2\n"))
    }

    @Test("A series above the limit, or with a name of another type, is dropped and counted")
    func boundsSeries() {
        let registry = PrometheusRegistry(maximumSeries: 10)
        for index in 0..<25 {
            Counter(label: "flood", dimensions: [("id", "\(index)")], factory: registry).increment()
        }
        Gauge(label: "flood", factory: registry).record(1)
        let text = registry.exposition()
        #expect(text.split(separator: "\n").count { $0.hasPrefix("flood{") } == 10)
        #expect(text.contains("polypod_metrics_dropped_series_total 16\n"))
        #expect(!text.contains("flood gauge"))
    }

    @Test("No count is lost when many tasks count at once")
    func countsConcurrently() async {
        let registry = PrometheusRegistry(buckets: [1])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "count", factory: registry)
                    let fraction = FloatingPointCounter(label: "sum", factory: registry)
                    let timer = Timer(label: "time", factory: registry)
                    for round in 0..<1000 {
                        counter.increment()
                        fraction.increment(by: 0.5)
                        timer.recordSeconds(1)
                        if round % 250 == task { _ = registry.exposition() }
                    }
                }
            }
        }
        let text = registry.exposition()
        #expect(text.contains("count 8000\n"))
        #expect(text.contains("sum 4000\n"))
        #expect(text.contains("time_sum 8000\n"))
        #expect(text.contains("time_bucket{le=\"1\"} 8000\n"))
    }
}

@Suite("Process metrics")
struct ProcessTests {
    @Test("Parses /proc/[pid]/stat although the command contains spaces and parentheses")
    func parsesStatistics() throws {
        let line =
            "42 (a) R 9 (b) S 1 42 42 0 -1 4194560 1 2 3 4 111 222 5 6 20 0 4 0 98765 1000000 2500 18446744073709551615"
        let statistics = try #require(ProcessStatistics(line: line))
        #expect(statistics.processorTicks == 333)
        #expect(statistics.startTicks == 98765)
        #expect(statistics.residentPages == 2500)
        #expect(ProcessStatistics(line: "42 (a) S 1") == nil)
        #expect(ProcessStatistics(line: "") == nil)
        #expect(ProcessStatistics.bootTime("cpu 1 2\nbtime 1700000000\nprocesses 5\n") == 1_700_000_000)
    }

    #if os(Linux)
    @Test("Reads all metrics of this process")
    func readsThisProcess() {
        let samples = ProcessSamples.read()
        #expect(
            samples.map(\.name) == [
                "process_cpu_seconds_total", "process_open_fds", "process_resident_memory_bytes",
                "process_start_time_seconds",
            ]
        )
        #expect(samples.allSatisfy { $0.value > 0 })
    }
    #endif
}
