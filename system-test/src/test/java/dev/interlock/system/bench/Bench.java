package dev.interlock.system.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The benchmark {@code bench/run [--quick] [--json]}. All compared programs run in turn, round by round, on this
 * machine, so that other load affects all alike. It prints the medians of the rounds.
 */
public final class Bench {

    /** Used in addition to the one connection of {@link #alone}. */
    private static final List<Integer> CONNECTIONS = List.of(32, 128);

    /** The time without a request after which the program counts as idle. */
    private static final Duration REST = Duration.ofSeconds(8);

    private static final String SYNC = "fdatasync";

    /** The programs on a virtual machine that compiles while it runs. */
    private static final Set<String> COMPILED = Set.of("interlock", "bare hop");

    private static final H2Load.Shape SOME = new H2Load.Shape(1, 4, 8);

    private final Plan plan;
    private final Path directory;
    private final PrintStream table;
    private final StepTimes laps = new StepTimes(System.err);

    /**
     * The durations and the numbers of a run.
     *
     * @param warm seconds for the compilers, which take longest on two cores that all share
     * @param seconds seconds of each round
     * @param windows the maximum number of windows until a program's cost of a read is steady
     * @param streamed seconds of each round over HTTP/2
     * @param shapes the number of shapes of streams
     * @param holds the number of signed holds
     * @param kills the number of kills of a lease, an agent and everything, each
     * @param confined whether the cost of the sandbox is measured too
     */
    private record Plan(
            int warm,
            int rounds,
            int seconds,
            int windows,
            Duration streamed,
            List<H2Load.Shape> shapes,
            int paced,
            int decisions,
            Duration receipts,
            int holds,
            int kills,
            boolean confined) {
        /** Takes less than two minutes, with the start of all compared programs. */
        static final Plan QUICK = new Plan(
                4, 2, 1, 3, Duration.ofMillis(500), List.of(SOME), 500, 1_000, Duration.ofSeconds(1), 9, 5, false);

        static final Plan FULL = new Plan(
                15,
                5,
                6,
                15,
                Duration.ofSeconds(6),
                List.of(new H2Load.Shape(1, 1, 1), SOME, new H2Load.Shape(4, 4, 8)),
                10_000,
                20_000,
                Duration.ofSeconds(5),
                21,
                9,
                true);
    }

    private Bench(Plan plan, Path directory, PrintStream table) {
        this.plan = plan;
        this.directory = directory;
        this.table = table;
    }

    /** Exit code 0 if everything could be measured, and nothing exceeds its limit. */
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
            bench.laps.total();
        }
    }

    private ObjectNode all() throws Exception {
        Figures.ReadFigures reads;
        ReadCostBench.ReadCosts costs;
        Map<String, Double> memory;
        Map<String, Double> confined = Map.of();
        Figures.Gateway gateway;
        try (ProxyPrograms hops = new ProxyPrograms(directory);
                KillBench killing = new KillBench();
                ExecutorService beside = Executors.newVirtualThreadPerTaskExecutor()) {
            URI upstream = hops.upstream();
            SandboxBench confining = new SandboxBench(directory, hops, table);
            Optional<BenchInstallation.NamedUpstream> provider =
                    plan.confined() ? Optional.of(confining.provider()) : Optional.empty();
            // Nothing is measured yet: all parts start at once, and are ready and idle before the first measurement.
            Future<BenchInstallation> building = beside.submit(() -> BenchInstallation.build(
                    directory.resolve("h"), upstream, provider, Optional.of(killing.upstream())));
            Future<ProxyPrograms.ProxyProgram> bareHop = beside.submit(() -> hops.bareHop(upstream));
            Future<ProxyPrograms.ProxyProgram> referenceHop = beside.submit(() -> hops.referenceHop(upstream));
            Future<ProxyPrograms.ProxyProgram> mitmproxy = beside.submit(() -> hops.mitmproxy(upstream));
            ProxyPrograms.ProxyProgram nginx = hops.nginx(upstream);
            ProxyPrograms.ProxyProgram nginxOverH2 = hops.nginxOverH2(upstream);
            BenchInstallation house = building.get();
            Map<String, ProxyPrograms.ProxyProgram> stands = new LinkedHashMap<>();
            stands.put("interlock", new ProxyPrograms.ProxyProgram("interlock", house.address()));
            stands.put("bare hop", bareHop.get());
            stands.put("nginx", nginx);
            stands.put("mitmproxy", mitmproxy.get());
            laps.lap("all made ready");
            long start = System.nanoTime();
            hops.start("interlock", house.up(), house.port());
            String lease = house.lease();
            try (PacedConnection first = new PacedConnection(house.address(), lease, BenchInstallation.READ)) {
                first.once();
            }
            double firstDecision = (System.nanoTime() - start) / 1e6;
            LockSupport.parkNanos(REST.toNanos());
            // Includes the keys process, which is a JVM as well.
            double idle = hops.use(stands.get("interlock")).proportionalMb();
            laps.lap("first decision");
            // One agent may use half of an upstream's capacity, and no more.
            List<String> leases = List.of(
                    lease, house.leaseOfAnotherAgent(), house.leaseOfAnotherAgent(), house.leaseOfAnotherAgent());
            reads = reads(stands, leases);
            memory = memory(hops, stands);
            laps.lap("reads over HTTP/1.1");
            costs = costs(hops, house, stands.get("interlock"), referenceHop.get(), nginx, leases);
            laps.lap("costs of a read");
            stands.put("nginx", nginxOverH2);
            stands.remove("mitmproxy"); // it speaks HTTP/2 over TLS only
            overH2(stands, leases);
            memory(hops, stands);
            double resident = hops.use(stands.get("interlock")).proportionalMb();
            laps.lap("reads over HTTP/2");
            if (plan.confined()) {
                confined = confining.all(house, lease); // with a warm gateway
                laps.lap("confined");
            }
            ApprovalBench.ApprovalMedians deciding = ApprovalBench.median(house, plan.holds());
            laps.lap("holds");
            KillBench.KillMedians kill = KillBench.medians(house, plan.kills());
            laps.lap("kill");
            gateway = new Figures.Gateway(firstDecision, idle, resident, kill, deciding);
        }
        DecisionBench.DecisionMedians decide = decide();
        laps.lap("decide");
        Receipts.Flow receipts = receipts();
        laps.lap("receipts");
        ObjectNode result = new Figures(reads, costs, decide, receipts, memory, confined, gateway).json();
        result.properties().stream()
                .filter(one -> one.getValue().isNumber())
                .forEach(one -> table.printf(
                        "%-18s %8.1f%n", one.getKey(), one.getValue().asDouble()));
        return result;
    }

    private ReadCostBench.ReadCosts costs(
            ProxyPrograms hops,
            BenchInstallation house,
            ProxyPrograms.ProxyProgram interlock,
            ProxyPrograms.ProxyProgram referenceHop,
            ProxyPrograms.ProxyProgram nginx,
            List<String> leases)
            throws IOException, InterruptedException {
        table.println("cost of the same read, warm");
        ReadCostBench bench = new ReadCostBench(Math.max(2, plan.seconds()), plan.windows(), table);
        WrkLoad repeated = new WrkLoad(directory, leases, BenchInstallation.READ);
        WrkLoad varied = WrkLoad.varied(directory, leases, BenchInstallation.VARIED_READ);
        return new ReadCostBench.ReadCosts(
                bench.warm("interlock", hops.use(interlock), repeated, interlock.address()),
                bench.warm("interlock, varied", hops.use(interlock), varied, interlock.address()),
                bench.warm("reference hop", hops.use(referenceHop), repeated, referenceHop.address()),
                bench.warm("nginx", hops.use(nginx), repeated, nginx.address()),
                bench.bytes(house.data(), varied, interlock.address()));
    }

    /** Returns the memory after the load, with all processes of each. */
    private Map<String, Double> memory(ProxyPrograms hops, Map<String, ProxyPrograms.ProxyProgram> stands)
            throws IOException {
        Map<String, Double> taken = new LinkedHashMap<>();
        for (Map.Entry<String, ProxyPrograms.ProxyProgram> stand : stands.entrySet()) {
            double mb = hops.use(stand.getValue()).proportionalMb();
            table.printf("         %-10s %8.1f MB in memory after it%n", stand.getKey(), mb);
            taken.put(stand.getKey().equals("bare hop") ? "bareHopMb" : stand.getKey() + "Mb", mb);
        }
        return taken;
    }

    private Figures.ReadFigures reads(Map<String, ProxyPrograms.ProxyProgram> stands, List<String> leases)
            throws Exception {
        WrkLoad wrk = new WrkLoad(directory, leases, BenchInstallation.READ);
        for (Map.Entry<String, ProxyPrograms.ProxyProgram> stand :
                stands.entrySet()) { // connection pools, and the JIT compilers of some
            wrk.run(stand.getValue().address(), 32, COMPILED.contains(stand.getKey()) ? plan.warm() : 1);
        }
        Figures.RelativeRates worst = new Figures.RelativeRates(Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE);
        table.println("allowed read, 1 KB answer, one request after the other on each connection");
        for (int connections : CONNECTIONS) {
            Map<String, List<Load>> loads = new LinkedHashMap<>();
            for (int round = 0; round < plan.rounds(); round++) {
                for (Map.Entry<String, ProxyPrograms.ProxyProgram> stand : stands.entrySet()) {
                    loads.computeIfAbsent(stand.getKey(), _ -> new ArrayList<>())
                            .add(wrk.run(stand.getValue().address(), connections, plan.seconds()));
                }
            }
            print(connections, loads);
            worst = worst.worse(Figures.RelativeRates.of(name -> rate(loads.get(name))));
        }
        Map<String, long[]> alone = alone(stands, leases.getFirst());
        double without = PacedConnection.percentile(alone.get("bare hop"), 0.99)
                + PacedConnection.percentile(alone.get(SYNC), 0.99);
        return new Figures.ReadFigures(
                worst,
                Figures.RelativeRates.of(name -> paced(alone.get(name))),
                (PacedConnection.percentile(alone.get("interlock"), 0.99) - without) / 1000);
    }

    private void print(int connections, Map<String, List<Load>> loads) {
        double own = rate(loads.get("interlock"));
        loads.forEach((name, all) -> table.printf(
                "  c=%-4d %-10s %8.0f/s  p50 %8.0f µs  p99 %8.0f µs   interlock is %.2f of it%n",
                connections, name, rate(all), median(all, Load::p50), median(all, Load::p99), own / rate(all)));
    }

    /** Prints the table only: the limits concern HTTP/1.1, which every hop speaks. */
    private void overH2(Map<String, ProxyPrograms.ProxyProgram> stands, List<String> leases) throws Exception {
        H2Load load = new H2Load(directory, leases, BenchInstallation.READ);
        for (String warmed : COMPILED) {
            load.run(stands.get(warmed).address(), SOME, Duration.ofSeconds(plan.seconds()));
        }
        for (H2Load.Shape shape : plan.shapes()) {
            Map<String, List<Load>> loads = new LinkedHashMap<>();
            for (int round = 0; round < plan.rounds(); round++) {
                for (Map.Entry<String, ProxyPrograms.ProxyProgram> stand : stands.entrySet()) {
                    loads.computeIfAbsent(stand.getKey(), _ -> new ArrayList<>())
                            .add(load.run(stand.getValue().address(), shape, plan.streamed()));
                }
            }
            table.printf(
                    "the same over HTTP/2, %d at once on each of %d connections%n",
                    shape.streams(), shape.connectionsOfAll());
            print(shape.connectionsOfAll(), loads);
        }
    }

    private static double rate(List<Load> loads) {
        return median(loads, Load::rate);
    }

    private static <T> double median(List<T> loads, ToDoubleFunction<T> of) {
        double[] sorted = loads.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** Measures one agent by itself: each request through every hop in turn, and one sync of the disk. */
    private Map<String, long[]> alone(Map<String, ProxyPrograms.ProxyProgram> stands, String lease) throws IOException {
        Map<String, long[]> took = new LinkedHashMap<>();
        Map<String, PacedConnection> clients = new LinkedHashMap<>();
        try (DiskSyncBench sync = new DiskSyncBench(directory.resolve("sync"))) {
            took.put(SYNC, new long[plan.paced()]);
            for (Map.Entry<String, ProxyPrograms.ProxyProgram> stand : stands.entrySet()) {
                clients.put(
                        stand.getKey(), new PacedConnection(stand.getValue().address(), lease, BenchInstallation.READ));
                took.put(stand.getKey(), new long[plan.paced()]);
            }
            for (int i = 0; i < plan.paced(); i++) {
                took.get(SYNC)[i] = sync.once();
                for (Map.Entry<String, PacedConnection> client : clients.entrySet()) {
                    took.get(client.getKey())[i] = client.getValue().once();
                }
            }
        } finally {
            for (PacedConnection client : clients.values()) {
                client.close();
            }
        }
        table.println("alone on one connection");
        took.forEach((name, nanos) -> table.printf(
                "  c=1    %-10s %8.0f/s  p50 %8.0f µs  p99 %8.0f µs%n",
                name, paced(nanos), PacedConnection.percentile(nanos, 0.5), PacedConnection.percentile(nanos, 0.99)));
        return took;
    }

    /** Returns requests a second, one after the other. */
    private static double paced(long[] nanos) {
        return 1e9 / Arrays.stream(nanos).average().orElseThrow();
    }

    private DecisionBench.DecisionMedians decide() {
        DecisionBench.DecisionMedians few = DecisionBench.under(BenchInstallation.POLICIES, plan.decisions());
        DecisionBench.DecisionMedians many = DecisionBench.under(1_000, Math.max(500, plan.decisions() / 10));
        table.println("decide only");
        table.printf(
                "  %5d policies   repeated %8.1f µs   new %8.1f µs%n",
                BenchInstallation.POLICIES, few.repeated(), few.fresh());
        table.printf("  %5d policies   repeated %8.1f µs   new %8.1f µs%n", 1_000, many.repeated(), many.fresh());
        return new DecisionBench.DecisionMedians(
                Math.max(few.repeated(), many.repeated()), Math.max(few.fresh(), many.fresh()));
    }

    /** Returns the median round. */
    private Receipts.Flow receipts() throws Exception {
        List<Receipts.Flow> rounds = new ArrayList<>();
        for (int round = 0; round < plan.rounds(); round++) {
            Receipts.Flow flow = Receipts.measure(
                    directory.resolve("receipts-" + round), directory.resolve("plain-" + round), plan.receipts());
            rounds.add(flow);
            table.printf(
                    "receipts, %d in flight: %8.0f/s, %5.1f µs of CPU each, %d a sync;"
                            + " a plain loop of the same bytes and syncs: %8.0f/s%n",
                    Receipts.IN_FLIGHT, flow.rate(), flow.cpuUs(), flow.batch(), flow.rate() / flow.overDisk());
        }
        rounds.sort(Comparator.comparingDouble(Receipts.Flow::overDisk));
        return rounds.get(rounds.size() / 2);
    }

    /** Returns the directory for everything; an agent in its sandbox passes through it. */
    public static Path place() throws IOException {
        Path directory = Files.createTempDirectory("ilk-bench-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        return directory;
    }

    /** Removes what {@link #place} made. */
    public static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
