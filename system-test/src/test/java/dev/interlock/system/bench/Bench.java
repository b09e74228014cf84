package dev.interlock.system.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.system.BackupSpeed;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * {@code bench/run [--quick] [--json]}: everything that is compared runs in turn, round by round, on this machine, so
 * that whatever else the machine does falls on all alike. Medians of the rounds.
 */
public final class Bench {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<Integer> CONNECTIONS = List.of(32, 128);

    private static final String SYNC = "fdatasync";

    /** What runs on a virtual machine that compiles while it runs. */
    private static final Set<String> COMPILED = Set.of("interlock", "bare hop");

    private static final int H2_CONNECTIONS = 4;
    private static final int H2_STREAMS = 8;

    private final Plan plan;
    private final Path directory;
    private final PrintStream table;

    /**
     * How long, and how often.
     *
     * @param warm seconds for the compilers, which take longest on two cores that all share
     * @param seconds of each round
     * @param saved megabytes of rows that are backed up and restored, once; none takes the time of all else together
     */
    private record Plan(
            int warm,
            int rounds,
            int seconds,
            int paced,
            int decisions,
            Duration receipts,
            int tunnelled,
            int starts,
            long saved) {
        static final Plan QUICK = new Plan(4, 2, 1, 500, 1_000, Duration.ofSeconds(1), 50, 3, 0);
        static final Plan FULL = new Plan(15, 5, 6, 10_000, 20_000, Duration.ofSeconds(5), 5_000, 21, 1024);
    }

    private Bench(Plan plan, Path directory, PrintStream table) {
        this.plan = plan;
        this.directory = directory;
        this.table = table;
    }

    /** Exit code 0 if everything could be measured. */
    public static void main(String[] arguments) throws Exception {
        List<String> options = List.of(arguments);
        for (String option : options) {
            if (!List.of("--quick", "--json").contains(option)) {
                System.err.println("bench: `" + option + "` is no option; there are --quick and --json");
                System.exit(64);
            }
        }
        boolean json = options.contains("--json");
        Path directory = place();
        Bench bench = new Bench(
                options.contains("--quick") ? Plan.QUICK : Plan.FULL, directory, json ? System.err : System.out);
        try {
            ObjectNode result = bench.all();
            if (json) {
                System.out.println(result.toString());
            }
        } finally {
            remove(directory);
        }
    }

    private ObjectNode all() throws Exception {
        Map<String, Double> reads = new LinkedHashMap<>();
        Map<String, Double> gateway = new LinkedHashMap<>();
        Map<String, Double> confined = new LinkedHashMap<>();
        try (Hops hops = new Hops(directory)) {
            URI upstream = hops.upstream();
            Confining confining = new Confining(directory, hops, table, plan.tunnelled(), plan.starts());
            House house = House.build(directory.resolve("h"), upstream, Optional.of(confining.provider()));
            long start = System.nanoTime();
            Process up = hops.start("interlock", house.up(), house.port());
            String lease = house.lease();
            try (Paced first = new Paced(house.address(), lease, House.READ)) {
                first.once();
            }
            gateway.put("firstDecisionMs", (System.nanoTime() - start) / 1e6);
            gateway.put("idleMb", residentMb(up));
            Map<String, URI> stands = new LinkedHashMap<>();
            stands.put("interlock", house.address());
            stands.put("bare hop", hops.bareHop(upstream));
            stands.put("nginx", hops.nginx(upstream));
            stands.put("mitmproxy", hops.mitmproxy(upstream));
            // One lease may have half of what an upstream takes at once, and no more.
            reads.putAll(reads(stands, List.of(lease, house.lease(), house.lease(), house.lease())));
            stands.put("nginx", hops.nginxOverH2(upstream));
            stands.remove("mitmproxy"); // speaks HTTP/2 over TLS alone
            overH2(stands, house.lease());
            gateway.put("residentMb", residentMb(up));
            confined.putAll(confining.all(house, lease)); // last, and of a gateway that is warm
            gateway.put("killMs", Killing.median(directory, hops));
            Deciding.Took deciding = Deciding.median(house);
            gateway.put("holdVisibleMs", deciding.visible());
            gateway.put("signedToAnswerMs", deciding.answered());
        }
        Map<String, Double> decide = decide();
        double overDisk = receipts();
        ObjectNode result = JSON.createObjectNode();
        put(result.putObject("reads"), reads);
        put(result.putObject("decide"), decide);
        put(result.putObject("receipts"), Map.of("overDisk", overDisk));
        put(result.putObject("confined"), confined);
        put(result, gateway);
        if (plan.saved() > 0) {
            put(result.putObject("backups"), BackupSpeed.measured(plan.saved(), 1, table));
        }
        gateway.forEach((name, value) -> table.printf("%-18s %8.1f%n", name, value));
        return result;
    }

    private static void put(ObjectNode into, Map<String, Double> values) {
        values.forEach((name, value) -> into.put(name, Math.round(value * 100) / 100.0));
    }

    private Map<String, Double> reads(Map<String, URI> stands, List<String> leases) throws Exception {
        Wrk wrk = new Wrk(directory, leases, House.READ);
        for (Map.Entry<String, URI> stand : stands.entrySet()) { // pools, and the compilers of those that have some
            wrk.run(stand.getValue(), 32, COMPILED.contains(stand.getKey()) ? plan.warm() : 1);
        }
        Map<String, Double> over = new LinkedHashMap<>();
        table.println("allowed read, 1 KB answer, one request after the other on each connection");
        for (int connections : CONNECTIONS) {
            Map<String, List<Wrk.Load>> loads = new LinkedHashMap<>();
            for (int round = 0; round < plan.rounds(); round++) {
                for (Map.Entry<String, URI> stand : stands.entrySet()) {
                    loads.computeIfAbsent(stand.getKey(), _ -> new ArrayList<>())
                            .add(wrk.run(stand.getValue(), connections, plan.seconds()));
                }
            }
            double own = rate(loads.get("interlock"));
            loads.forEach((name, all) -> table.printf(
                    "  c=%-4d %-10s %8.0f/s  p50 %8.0f µs  p99 %8.0f µs   interlock is %.2f of it%n",
                    connections,
                    name,
                    rate(all),
                    median(all, Wrk.Load::p50),
                    median(all, Wrk.Load::p99),
                    own / rate(all)));
            worst(over, "overBareHop", own / rate(loads.get("bare hop")));
            worst(over, "overNginx", own / rate(loads.get("nginx")));
            worst(over, "overMitmproxy", own / rate(loads.get("mitmproxy")));
        }
        over.put("p99AddedMs", alone(stands, leases.getFirst()));
        return over;
    }

    /** In the table only: the marks are those of HTTP/1.1, where every hop takes part. */
    private void overH2(Map<String, URI> stands, String lease) throws Exception {
        H2Load load = new H2Load(directory, lease, House.READ);
        Map<String, List<Double>> rates = new LinkedHashMap<>();
        for (int round = -1; round < plan.rounds(); round++) { // the first one warms
            for (Map.Entry<String, URI> stand : stands.entrySet()) {
                if (round < 0 && !COMPILED.contains(stand.getKey())) {
                    continue;
                }
                double rate = load.run(stand.getValue(), H2_CONNECTIONS, H2_STREAMS, plan.seconds());
                if (round >= 0) {
                    rates.computeIfAbsent(stand.getKey(), _ -> new ArrayList<>())
                            .add(rate);
                }
            }
        }
        table.printf("the same over HTTP/2, %d streams on each of %d connections%n", H2_STREAMS, H2_CONNECTIONS);
        double own = median(rates.get("interlock"), Double::doubleValue);
        rates.forEach((name, all) -> table.printf(
                "         %-10s %8.0f/s   interlock is %.2f of it%n",
                name, median(all, Double::doubleValue), own / median(all, Double::doubleValue)));
    }

    private static void worst(Map<String, Double> over, String name, double ratio) {
        over.merge(name, ratio, Math::min);
    }

    private static double rate(List<Wrk.Load> loads) {
        return median(loads, Wrk.Load::rate);
    }

    private static <T> double median(List<T> loads, ToDoubleFunction<T> of) {
        double[] sorted = loads.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /**
     * One agent by itself, each request through every hop in turn. Returns what the gateway adds at p99 to the bare hop
     * and one sync of the disk, milliseconds.
     */
    private double alone(Map<String, URI> stands, String lease) throws IOException {
        Map<String, long[]> took = new LinkedHashMap<>();
        Map<String, Paced> clients = new LinkedHashMap<>();
        try (Sync sync = new Sync(directory.resolve("sync"))) {
            took.put(SYNC, new long[plan.paced()]);
            for (Map.Entry<String, URI> stand : stands.entrySet()) {
                clients.put(stand.getKey(), new Paced(stand.getValue(), lease, House.READ));
                took.put(stand.getKey(), new long[plan.paced()]);
            }
            for (int i = 0; i < plan.paced(); i++) {
                took.get(SYNC)[i] = sync.once();
                for (Map.Entry<String, Paced> client : clients.entrySet()) {
                    took.get(client.getKey())[i] = client.getValue().once();
                }
            }
        } finally {
            for (Paced client : clients.values()) {
                client.close();
            }
        }
        table.println("alone on one connection");
        took.forEach((name, nanos) -> table.printf(
                "         %-10s p50 %8.0f µs  p99 %8.0f µs%n",
                name, Paced.percentile(nanos, 0.5), Paced.percentile(nanos, 0.99)));
        double without = Paced.percentile(took.get("bare hop"), 0.99) + Paced.percentile(took.get(SYNC), 0.99);
        return (Paced.percentile(took.get("interlock"), 0.99) - without) / 1000;
    }

    private Map<String, Double> decide() {
        Decisions.Took few = Decisions.under(House.POLICIES, plan.decisions());
        Decisions.Took many = Decisions.under(1_000, Math.max(500, plan.decisions() / 10));
        table.println("decide only");
        table.printf(
                "  %5d policies   repeated %8.1f µs   new %8.1f µs%n", House.POLICIES, few.repeated(), few.fresh());
        table.printf("  %5d policies   repeated %8.1f µs   new %8.1f µs%n", 1_000, many.repeated(), many.fresh());
        Map<String, Double> decide = new LinkedHashMap<>();
        decide.put("repeatedUs", Math.max(few.repeated(), many.repeated()));
        decide.put("newUs", Math.max(few.fresh(), many.fresh()));
        return decide;
    }

    private double receipts() throws Exception {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < plan.rounds(); round++) {
            Receipts.Flow ledger = Receipts.ledger(directory.resolve("receipts-" + round), plan.receipts());
            double plain = Receipts.plain(directory.resolve("plain-" + round), plan.receipts(), ledger.batch());
            ratios.add(ledger.rate() / plain);
            table.printf(
                    "receipts, %d in flight: %8.0f/s, %d a sync; a plain loop of the same bytes and syncs: %8.0f/s%n",
                    Receipts.IN_FLIGHT, ledger.rate(), ledger.batch(), plain);
        }
        ratios.sort(Comparator.naturalOrder());
        return ratios.get(ratios.size() / 2);
    }

    private static double residentMb(Process process) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                            .findFirst()
                            .orElseThrow()
                    / 1024.0;
        }
    }

    /** Where everything is built; an agent in its sandbox passes through it. */
    static Path place() throws IOException {
        Path directory = Files.createTempDirectory("ilk-bench-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        return directory;
    }

    static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
