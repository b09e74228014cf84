package dev.interlock.system.bench;

import dev.interlock.system.FrontsBench;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The benchmark {@code bench/run [--quick] [--json]}. Each window of the gateway stands beside one of nginx on this
 * machine, so that other load affects both alike.
 */
public final class Bench {

    private static final int MANY = 128;
    private static final int SOME = 32;

    /** Exit code of a run with a noisy figure: try again later. */
    private static final int NOISY = 75;

    /** The calls that count as the first. */
    private static final int FIRST = 100;

    /** The time without a call after which the program counts as idle. */
    private static final Duration REST = Duration.ofSeconds(8);

    private static final Duration BRIEF_REST = Duration.ofSeconds(2);

    private final Plan plan;
    private final BenchRun run;
    private final PrintStream table;
    private final Figures figures = new Figures();
    private final QuietWindows windows;
    private final ProxyPrograms programs;
    private final AtomicLong sent = new AtomicLong(System.currentTimeMillis() * 1_000);
    private long begun = System.nanoTime();

    /**
     * The numbers of a run.
     *
     * @param spare seconds for the repetition of noisy windows
     * @param warm seconds of load of each kind, three times in turn, until what runs is compiled
     * @param seconds seconds of a window of the gateway; one of nginx is half as long
     * @param paced the number of calls at one connection of each kind
     * @param starts the number of starts
     * @param leases the number of leases when one is ended
     */
    private record Plan(int spare, int warm, int rounds, int seconds, int paced, int starts, long leases, int acts) {
        static final Plan QUICK = new Plan(10, 1, 1, 1, 300, 1, 1_000, 1);
        static final Plan FULL = new Plan(120, 6, 5, 4, 3_000, 3, 100_000, 7);
    }

    /** A way for calls, with the loads that take it. */
    private record Way(String name, ProgramUse use, List<WrkLoad> loads) {
        WrkLoad of(Workload workload) {
            return loads.get(Workload.ALL.indexOf(workload));
        }
    }

    /** The cost of a call, with microseconds of processor time. */
    private record Cost(double cpuUs, Load load) {}

    private Bench(BenchRun run, ProxyPrograms programs) {
        this.run = run;
        this.programs = programs;
        plan = run.isQuick() ? Plan.QUICK : Plan.FULL;
        table = run.table();
        windows = new QuietWindows(run.result().putArray("windows"), table, Duration.ofSeconds(plan.spare()));
    }

    /** Exit code 0 if everything could be measured in quiet, whether or not a mark is met; 75 if a figure is noisy. */
    public static void main(String[] arguments) throws Exception {
        BenchRun.main(arguments, run -> {
            try (ProxyPrograms programs = new ProxyPrograms(run.directory())) {
                return new Bench(run, programs).all();
            }
        });
    }

    private int all() throws Exception {
        try (KillBench killing = new KillBench();
                ExecutorService beside = Executors.newVirtualThreadPerTaskExecutor()) {
            URI upstream = programs.upstream();
            Future<BenchInstallation> building = beside.submit(() ->
                    BenchInstallation.build(run.directory().resolve("h"), upstream, Optional.of(killing.upstream())));
            Future<ProxyPrograms.ProxyProgram> hop = beside.submit(() -> programs.referenceHop(upstream));
            ProxyPrograms.ProxyProgram nginx = programs.nginx(upstream);
            BenchInstallation house = building.get();
            ProxyPrograms.ProxyProgram own =
                    new ProxyPrograms.ProxyProgram("interlock", ProxyPrograms.at(house.port(), ""));
            hop.get();
            lap("all made ready");
            starts(house, own);
            lap("starts");
            // One agent may use half of an upstream's capacity, and no more.
            List<String> leases = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                leases.add(house.leaseOfAnotherAgent());
            }
            Way through = way(own, true, leases);
            warm(through);
            lap("warm-up");
            costs(through, way(nginx, false, leases), way(hop.get(), false, leases));
            lap("calls");
            later(through, house);
            added(own.address(), upstream, leases.getFirst());
            lap("calls at one connection");
            bytes(through, house);
            lap("bytes");
            programs.stop(own);
            kills(house, own);
            programs.stop(own);
            lap("kills");
        }
        receipts();
        lap("receipts");
        FrontsBench.git(run, plan.acts(), (name, act) -> {
            QuietWindows.Measured<Double> ratio = windows.measure(name, act);
            figures.add(name, ratio.value(), ratio.isQuiet());
        });
        lap("git");
        figures.write(run.result().putObject("figures"), table);
        return figures.isNoisy() ? NOISY : 0;
    }

    private void lap(String part) {
        long now = System.nanoTime();
        System.err.printf("bench: %-28s %6.1f s%n", part, (now - begun) / 1e9);
        begun = now;
    }

    private Way way(ProxyPrograms.ProxyProgram program, boolean isThrough, List<String> leases) throws IOException {
        List<WrkLoad> loads = new ArrayList<>();
        for (Workload workload : Workload.ALL) {
            loads.add(WrkLoad.of(workload, run.directory(), program.address(), isThrough, leases));
        }
        return new Way(program.process(), programs.use(program), loads);
    }

    /** Measures starts to the first decision, idle memory, and the first calls of all kinds. The last one stays. */
    private void starts(BenchInstallation house, ProxyPrograms.ProxyProgram own) throws Exception {
        for (int i = 0; i < plan.starts(); i++) {
            boolean isFirst = i == 0;
            if (!isFirst) {
                programs.stop(own);
            }
            QuietWindows.Measured<Double> first = windows.measure("start", () -> {
                programs.stop(own);
                long start = System.nanoTime();
                programs.start(own.process(), house.up(), house.port());
                String lease = house.lease();
                try (PacedConnection agent = new PacedConnection(house.address(), lease, BenchInstallation.READ)) {
                    agent.once();
                }
                return (System.nanoTime() - start) / 1e6;
            });
            figures.add("firstDecisionMs", first.value(), first.isQuiet());
            ProgramUse use = programs.use(own);
            LockSupport.parkNanos((isFirst ? REST : BRIEF_REST).toNanos());
            if (isFirst) {
                figures.add("idleMb", use.proportionalMb(), true); // with the keys process
                double before = use.allMicros();
                LockSupport.parkNanos(BRIEF_REST.toNanos());
                figures.add("idleCpuMsPerSecond", (use.allMicros() - before) / 1e3 / BRIEF_REST.toSeconds(), true);
            }
            calls("firstCall", use, house);
        }
    }

    /** Measures the same calls in the warm gateway. */
    private void later(Way through, BenchInstallation house) throws Exception {
        for (int i = 0; i < plan.rounds(); i++) {
            calls("laterCall", through.use(), house);
        }
        for (String cost : List.of("CpuUs", "WithCompilersCpuUs")) {
            figures.add(
                    cost.equals("CpuUs") ? "firstCallsOverLater" : "firstCallsWithCompilersOverLater",
                    figures.median("firstCall" + cost) / figures.median("laterCall" + cost),
                    true);
        }
    }

    /** Makes {@link #FIRST} calls of all kinds in turn, each on the connection of its kind. */
    private void calls(String name, ProgramUse use, BenchInstallation house) throws Exception {
        String lease = house.leaseOfAnotherAgent();
        URI to = ProxyPrograms.at(house.port(), "");
        double before = use.cpuMicros();
        double allBefore = use.allMicros();
        List<PacedConnection> clients = new ArrayList<>();
        HostLoad quiet = HostLoad.now();
        long[] took = new long[FIRST];
        try {
            for (int i = 0; i < FIRST; i++) {
                Workload workload = Workload.ALL.get(i % Workload.ALL.size());
                if (i < Workload.ALL.size()) {
                    clients.add(new PacedConnection(house.port(), new byte[0]));
                }
                took[i] = clients.get(i % Workload.ALL.size())
                        .once(workload.request(to, true, lease, sent.incrementAndGet()), workload.isRefused());
            }
        } finally {
            for (PacedConnection client : clients) {
                client.close();
            }
        }
        boolean isQuiet = HostLoad.now().since(quiet).isQuiet();
        figures.add(name + "CpuUs", (use.cpuMicros() - before) / FIRST, isQuiet);
        figures.add(name + "WithCompilersCpuUs", (use.allMicros() - allBefore) / FIRST, isQuiet);
        figures.add(name + "P50Ms", PacedConnection.percentile(took, 0.5) / 1e3, isQuiet);
    }

    private void warm(Way through) throws IOException, InterruptedException {
        for (int i = 0; i < 3; i++) {
            for (WrkLoad load : through.loads()) {
                load.run(SOME, plan.warm());
            }
        }
    }

    private void costs(Way through, Way nginx, Way hop) throws Exception {
        for (Way other : List.of(nginx, hop)) {
            other.of(Workload.SAME).run(SOME, Math.max(1, plan.warm() / 2));
        }
        for (int round = 0; round < plan.rounds(); round++) {
            for (Workload workload : Workload.ALL) {
                String name = "." + workload.name();
                QuietWindows.Measured<Cost> own = cost(through, workload, MANY, plan.seconds());
                QuietWindows.Measured<Cost> its = cost(nginx, workload, MANY, Math.max(1, plan.seconds() / 2));
                boolean isQuiet = own.isQuiet() && its.isQuiet();
                figures.add("cpuUs" + name, own.value().cpuUs(), own.isQuiet());
                figures.add("nginxCpuUs" + name, its.value().cpuUs(), its.isQuiet());
                figures.add(
                        "cpuOverNginx" + name, own.value().cpuUs() / its.value().cpuUs(), isQuiet);
                figures.add("rate" + name, own.value().load().rate(), own.isQuiet());
                figures.add("rateOverNginx" + name, rate(own) / rate(its), isQuiet);
                if (workload == Workload.SAME || workload == Workload.VARIABLES) {
                    QuietWindows.Measured<Cost> least = cost(hop, workload, MANY, Math.max(1, plan.seconds() / 2));
                    figures.add("hopCpuUs" + name, least.value().cpuUs(), least.isQuiet());
                    figures.add("rateOverHop" + name, rate(own) / rate(least), own.isQuiet() && least.isQuiet());
                }
            }
            QuietWindows.Measured<Cost> some = cost(through, Workload.VARIABLES, SOME, plan.seconds());
            figures.add("p99Ms.variables", some.value().load().p99() / 1e3, some.isQuiet());
        }
    }

    private static double rate(QuietWindows.Measured<Cost> measured) {
        return measured.value().load().rate();
    }

    private QuietWindows.Measured<Cost> cost(Way way, Workload workload, int connections, int seconds)
            throws Exception {
        String name = way.name() + " " + workload.name() + ", " + connections + " connections";
        QuietWindows.Measured<Cost> measured = windows.measure(name, () -> {
            double before = way.use().cpuMicros();
            Load load = way.of(workload).run(connections, seconds);
            return new Cost((way.use().cpuMicros() - before) / (load.rate() * seconds), load);
        });
        Load load = measured.value().load();
        table.printf(
                "  %-44s %8.1f µs of CPU  %8.0f/s  p50 %8.0f µs  p99 %8.0f µs%n",
                name, measured.value().cpuUs(), load.rate(), load.p50(), load.p99());
        return measured;
    }

    /** Measures each kind at one connection: a call through the gateway, and one to the upstream itself, in turn. */
    private void added(URI own, URI upstream, String lease) throws Exception {
        for (Workload workload : Workload.ALL) {
            QuietWindows.Measured<double[]> more =
                    windows.measure("one connection, " + workload.name(), () -> added(workload, own, upstream, lease));
            figures.add("addedP50Ms." + workload.name(), more.value()[plan.paced() / 2], more.isQuiet());
            figures.add("addedP99Ms." + workload.name(), more.value()[plan.paced() * 99 / 100], more.isQuiet());
        }
    }

    /** Returns the differences in milliseconds, in their order. */
    private double[] added(Workload workload, URI own, URI upstream, String lease) throws IOException {
        double[] more = new double[plan.paced()];
        try (PacedConnection through = new PacedConnection(own.getPort(), new byte[0]);
                PacedConnection direct = new PacedConnection(upstream.getPort(), new byte[0])) {
            for (int i = 0; i < more.length; i++) {
                long number = sent.incrementAndGet();
                long with = through.once(workload.request(own, true, lease, number), workload.isRefused());
                long without = direct.once(workload.request(upstream, false, lease, number), false);
                more[i] = (with - without) / 1e6;
            }
        }
        Arrays.sort(more);
        return more;
    }

    private void bytes(Way through, BenchInstallation house) throws Exception {
        int seconds = 2 * plan.seconds();
        QuietWindows.Measured<Double> each = windows.measure("bytes", () -> {
            long before = LedgerSize.of(house.data());
            double reads = through.of(Workload.VARIABLES).run(SOME, seconds).rate() * seconds;
            return (LedgerSize.of(house.data()) - before) / reads;
        });
        figures.add("bytesPerRead", each.value(), true); // others change how many there are, not how long
    }

    private void kills(BenchInstallation house, ProxyPrograms.ProxyProgram own) throws Exception {
        house.fill(plan.leases());
        programs.start(own.process(), house.up(), house.port());
        house.lease();
        for (int i = 0; i < plan.acts(); i++) {
            QuietWindows.Measured<KillBench.KillTimes> took = windows.measure("kill", () -> KillBench.measure(house));
            figures.add("killMs.lease", took.value().lease(), took.isQuiet());
            figures.add("killMs.agent", took.value().agent(), took.isQuiet());
            figures.add("killMs.all", took.value().all(), took.isQuiet());
        }
        QuietWindows.Measured<ApprovalBench.ApprovalMedians> deciding =
                windows.measure("holds", () -> ApprovalBench.median(house, plan.acts()));
        figures.add("holdVisibleMs", deciding.value().visible(), deciding.isQuiet());
        figures.add("signedToAnswerMs", deciding.value().answered(), deciding.isQuiet());
    }

    private void receipts() throws Exception {
        for (int round = 0; round < (plan.rounds() + 1) / 2; round++) {
            QuietWindows.Measured<Receipts.Flow> flow = windows.measure("receipts", () -> {
                Path directory = BenchRun.place();
                try {
                    return Receipts.measure(directory, 2 * plan.seconds());
                } finally {
                    BenchRun.remove(directory);
                }
            });
            figures.add("receipts.perSecond", flow.value().rate(), flow.isQuiet());
            figures.add("receipts.cpuUs", flow.value().cpuUs(), flow.isQuiet());
        }
    }
}
