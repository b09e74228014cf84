package dev.interlock.system;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.system.PartitionedFleet.Fault;
import dev.interlock.system.PartitionedFleet.Repair;
import dev.interlock.system.bench.BenchRun;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/**
 * The suite {@code bench/partitions}: what a fleet does while its machines, disks, clocks and networks fail. Each
 * history has a seed, from which its calls and faults are drawn; when they meet is the machine's. At the end, faults
 * are planted in the fleet itself, and the checker must find each.
 */
public final class Partitions {

    private static final int COPIES = 100;
    private static final int CLIENTS = 4;
    private static final int HOLDS = 3;
    private static final int LEASES = 4;
    private static final Duration MAX_QUIET = Duration.ofSeconds(20);
    /** Longer than what a ledger may be ahead of a store that is in step. */
    private static final Duration OUTAGE = Duration.ofSeconds(75);
    /** Seeds that follow each other take turns. */
    private static final List<Fault> OUTAGES =
            List.of(Fault.DATABASE_CRASH, Fault.DATABASE_FROZEN, Fault.DATABASE_DISK, Fault.FAIL_OVER);

    /** What is broken on purpose, and the word by which the checker names it. */
    private static final Map<String, String> PLANTS = new TreeMap<>(Map.of(
            "consumption",
            trigger("confirm_hold", "UPDATE", "IF NEW.state = 'consumed' THEN NEW.state = 'signed'; END IF"),
            "limit",
            trigger("velocity_deed", "INSERT", "NEW.at = NEW.at - 7200000"),
            "kill",
            trigger("store_change", "INSERT", "NEW = NULL"),
            "evidence",
            "")); // a call past the gateways

    private final PrintStream out;
    private final PartitionedFleet fleet;
    private final Map<Fault, Integer> faults = new TreeMap<>();
    private final Set<String> seen = new HashSet<>();
    private final List<String> failed = new ArrayList<>();
    private final boolean synchronous;
    private int histories;
    private int calls;
    private int signatures;
    private int arrived;
    private int lost;
    private int ended;
    private long latest = Long.MIN_VALUE;

    private Partitions(PrintStream out, PartitionedFleet fleet, boolean synchronous) {
        this.out = out;
        this.fleet = fleet;
        this.synchronous = synchronous;
    }

    private static String trigger(String table, String on, String body) {
        return "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + body
                + "; RETURN NEW; END $$; CREATE TRIGGER planted BEFORE " + on + " ON " + table
                + " FOR EACH ROW EXECUTE FUNCTION planted()";
    }

    /** Exit code 0 if every promise was kept, and every planted fault was found. */
    public static void main(String[] arguments) throws Exception {
        List<String> options = List.of(arguments);
        boolean quick = options.contains("--quick");
        boolean synchronous = !options.contains("--asynchronous");
        long seed = number(options, "--seed", System.nanoTime() & 0xFFFF_FFFFL);
        int histories = (int) number(options, "--histories", quick ? 2 : 50);
        int outages = (int) number(options, "--outages", quick ? 0 : OUTAGES.size());
        int races = (int) number(options, "--races", quick ? 10 : 200);
        boolean json = options.contains("--json");
        Path root = Files.createTempDirectory(Path.of("/dev/shm"), "ilk-");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        PrintStream out = json ? System.err : System.out;
        out.println("seed " + seed + (synchronous ? "" : ", asynchronous"));
        boolean isGood = false;
        try (PartitionedFleet fleet = new PartitionedFleet(root, synchronous)) {
            Partitions suite = new Partitions(out, fleet, synchronous);
            for (int i = 0; i < histories; i++) {
                suite.history(seed + i);
            }
            for (int i = 0; i < outages; i++) {
                suite.outage(seed + i);
            }
            for (int i = 0; i < races; i++) {
                suite.race(seed + i);
            }
            if (!options.contains("--no-plants")) {
                for (String plant : PLANTS.keySet()) {
                    suite.plant(plant, seed);
                }
            }
            isGood = suite.end(json);
        } catch (Exception | AssertionError e) {
            e.printStackTrace(out);
        }
        if (isGood) {
            BenchRun.remove(root);
        } else {
            out.println("what the processes said is in " + root);
        }
        System.exit(isGood ? 0 : 1);
    }

    private static long number(List<String> options, String name, long otherwise) {
        int at = options.indexOf(name);
        return at < 0 ? otherwise : Long.parseLong(options.get(at + 1));
    }

    private boolean end(boolean json) {
        String all = histories + " histories, " + calls + " calls, " + arrived + " arrivals, " + failed.size()
                + " violations";
        out.println(all + (synchronous ? "" : ", " + lost + " by commits that a failover lost") + "; faults " + faults
                + "; gateways that ended by themselves: " + ended + "; a killed agent's last call arrived "
                + (latest == Long.MIN_VALUE ? "never" : latest / 1_000_000 + " ms after the kill"));
        failed.forEach(out::println);
        if (json) {
            System.out.println("{\"histories\":" + histories + ",\"calls\":" + calls + ",\"arrivals\":" + arrived
                    + ",\"violations\":" + failed.size() + ",\"lost\":" + lost + "}");
        }
        return failed.isEmpty();
    }

    /** What one history has noted so far. */
    private final class Notes {

        private final Queue<CallHistory.Call> made = new ConcurrentLinkedQueue<>();
        private final Queue<CallHistory.Signature> signed = new ConcurrentLinkedQueue<>();
        private final Queue<CallHistory.Kill> killed = new ConcurrentLinkedQueue<>();
        private final List<CallHistory.Arrival> came = new ArrayList<>();
        private final String name;
        private final List<String> leases = new ArrayList<>();
        private final String agent = "sam/k" + histories % (PartitionedFleet.AGENTS / 2);
        /** Another one, which lives; of one agent only a few questions may wait for people. */
        private final String worker =
                "sam/k" + (PartitionedFleet.AGENTS - 1 - histories % (PartitionedFleet.AGENTS / 2));

        private String victim = "";
        private boolean hasFailedOver;
        private long last = Long.MIN_VALUE;

        Notes(String name) {
            this.name = name;
        }

        CallHistory history() throws IOException {
            came.addAll(fleet.take());
            return new CallHistory(
                    List.copyOf(made),
                    List.copyOf(came),
                    List.copyOf(signed),
                    List.copyOf(killed),
                    fleet.receipts().stream()
                            .filter(receipt -> !seen.contains(receipt.id()))
                            .toList(),
                    PartitionedFleet.LIMIT);
        }

        /** Waits until each call that was begun has its end in a log. Returns what is wrong. */
        List<String> check() throws Exception {
            ended += fleet.settle();
            long deadline = System.nanoTime() + MAX_QUIET.toNanos();
            CallHistory history = history();
            while (System.nanoTime() < deadline
                    && history.violations().stream().anyMatch(each -> each.startsWith("evidence"))) {
                Thread.sleep(500);
                history = history();
            }
            histories++;
            calls += made.size();
            arrived += came.size();
            last = history.latest().orElse(Long.MIN_VALUE);
            history.receipts().stream().map(Receipt::id).forEach(seen::add);
            return history.violations();
        }
    }

    private void judge(String name, Notes notes) throws Exception {
        long begun = System.nanoTime();
        List<String> found = notes.check();
        latest = Math.max(latest, notes.last);
        boolean isLoss = !synchronous && notes.hasFailedOver;
        for (String violation : found) {
            if (isLoss && !violation.startsWith("evidence")) {
                lost++;
            } else {
                failed.add(name + ": " + violation);
            }
        }
        out.println(name + ": " + notes.made.size() + " calls, " + notes.came.size() + " arrivals, "
                + (found.isEmpty() ? "good" : found) + " (settled in " + (System.nanoTime() - begun) / 1_000_000
                + " ms)");
    }

    /** A node may stand still for a moment, as on a busy machine. */
    private <T> T patiently(Callable<T> work) throws Exception {
        long deadline = System.nanoTime() + MAX_QUIET.toNanos();
        while (true) {
            try {
                return work.call();
            } catch (IOException | AdminRefusedException | AssertionError e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(200);
            }
        }
    }

    private String lease(int node, String agent) throws Exception {
        return patiently(() -> fleet.node(node)
                .admin()
                .call("lease.issue", Json.object().with("agent", agent).with("task", "work"))
                .text("token"));
    }

    /** Has a person confirm the deletion of {@code order}. */
    private void confirm(Notes notes, RandomGenerator random, String order, String lease) throws Exception {
        int node = random.nextInt(PartitionedFleet.NODES);
        int signing = random.nextInt(PartitionedFleet.NODES);
        CallHistory.Call held = patiently(() -> {
            CallHistory.Call asked = fleet.call(node, order, "DELETE", notes.worker, lease);
            notes.made.add(asked);
            if (!asked.text().contains("confirmation_required")) {
                throw new IOException("it was not held: " + asked);
            }
            return asked;
        });
        notes.signed.add(new CallHistory.Signature(order, System.nanoTime()));
        patiently(() -> {
            String person = signatures < PartitionedFleet.SIGNATURES - CLIENTS ? "ann" : "kim";
            fleet.node(0).signAt(fleet.node(signing), held.text(), person);
            signatures++;
            return true;
        });
    }

    /** Random calls from everywhere, a kill, and random faults. */
    private void history(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "h" + histories;
        Notes notes = new Notes(name);
        List<Fault> drawn = new ArrayList<>();
        load(seed, notes, () -> {
            int steps = random.nextInt(3, 6);
            for (int i = 0; i < steps; i++) {
                Thread.sleep(random.nextInt(100, 1000));
                drawn.addAll(happen(random, random.nextInt(3) == 0 ? 2 : 1, 4000));
                notes.hasFailedOver |= fleet.hasFailedOver();
            }
        });
        judge(name + " seed " + seed + " " + drawn, notes);
    }

    /** The database is gone for over a minute while agents call on: all nodes serve again, and nothing is stopped. */
    private void outage(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "t" + histories;
        Notes notes = new Notes(name);
        Fault fault = OUTAGES.get(Math.floorMod(seed, OUTAGES.size()));
        faults.merge(fault, 1, Integer::sum);
        load(seed, notes, () -> {
            Thread.sleep(MAX_QUIET.toMillis() / 4);
            Repair repair = fault == Fault.FAIL_OVER ? fleet.failOverLate() : fleet.inflict(fault, random);
            Thread.sleep(OUTAGE.toMillis());
            repair.run();
            notes.hasFailedOver = fleet.hasFailedOver();
            long begun = System.nanoTime();
            for (int i = 0; i < PartitionedFleet.NODES; i++) {
                fleet.node(i).await(true);
                out.println(name + ": node " + i + " is back after " + (System.nanoTime() - begun) / 1_000_000 + " ms");
            }
            Thread.sleep(MAX_QUIET.toMillis() / 4);
        });
        judge(name + " seed " + seed + " an outage by " + fault, notes);
        String kills = fleet.database().value("interlock", "SELECT count(*) FROM identity_kill WHERE scope <> 'agent'");
        if (!kills.equals("0")) {
            failed.add(name + ": a gateway has stopped everything");
        }
    }

    private List<Fault> happen(RandomGenerator random, int count, int most) throws Exception {
        List<Fault> drawn = new ArrayList<>();
        List<Repair> repairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
            boolean isOfDatabase = fault.name().contains("DATABASE_") || fault == Fault.FAIL_OVER;
            // Two at once are of different parts, so that each has its own end.
            if (!drawn.contains(fault)
                    && !(isOfDatabase && i > 0)
                    && !(fault.name().contains("NODE_") && i > 0)) {
                drawn.add(fault);
                faults.merge(fault, 1, Integer::sum);
                repairs.add(fleet.inflict(fault, random));
            }
        }
        Thread.sleep(random.nextInt(300, most));
        for (Repair repair : repairs) {
            repair.run();
        }
        return drawn;
    }

    /** Keeps clients busy, and has somebody killed, while {@code meanwhile} runs. */
    private void load(long seed, Notes notes, Repair meanwhile) throws Exception {
        SplittableRandom random = new SplittableRandom(seed ^ 0x5EED);
        prepare(notes, random);
        AtomicBoolean isOver = new AtomicBoolean();
        long begun = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CLIENTS; i++) {
                SplittableRandom own = random.split();
                String orders = "o-" + notes.name + "c" + i + "n";
                threads.submit(() -> {
                    for (int n = 0; !isOver.get(); n++) {
                        // each lease has its time, so that limits are reached again and again
                        long passed = (System.nanoTime() - begun) / 1_500_000_000L;
                        one(notes, own, threads, orders + n, notes.leases.get((int) passed % LEASES));
                        Thread.sleep(own.nextInt(10, 60));
                    }
                    return true;
                });
            }
            SplittableRandom own = random.split();
            threads.submit(() -> kill(notes, own, notes.agent));
            meanwhile.run();
            isOver.set(true);
        }
    }

    /** Has leases issued, and deletions confirmed, at any node. */
    private void prepare(Notes notes, SplittableRandom random) throws Exception {
        notes.victim = lease(random.nextInt(PartitionedFleet.NODES), notes.agent);
        for (int i = 0; i < LEASES; i++) {
            notes.leases.add(lease(random.nextInt(PartitionedFleet.NODES), notes.worker));
        }
        for (int i = 0; i < HOLDS; i++) {
            confirm(notes, random, "o-" + notes.name + "d" + i, notes.leases.getFirst());
        }
    }

    /** One step of a client: a write, a read, or copies of what was confirmed. */
    private void one(Notes notes, SplittableRandom random, ExecutorService threads, String order, String lease) {
        int node = random.nextInt(PartitionedFleet.NODES + 2);
        int drawn = random.nextInt(100);
        if (drawn < 35) {
            notes.made.add(fleet.call(node, order, "POST", notes.worker, lease));
        } else if (drawn < 75) {
            notes.made.add(fleet.call(node, order, drawn < 45 ? "POST" : "GET", notes.agent, notes.victim));
        } else if (drawn < 90) {
            notes.made.add(fleet.call(node, order, "GET", notes.worker, lease));
        } else {
            String shared = "o-" + notes.name + "d" + random.nextInt(HOLDS);
            for (int copy = 0; copy < 2 * PartitionedFleet.NODES; copy++) {
                int at = copy % (PartitionedFleet.NODES + 1);
                threads.submit(
                        () -> notes.made.add(fleet.call(at, shared, "DELETE", notes.worker, notes.leases.getFirst())));
            }
        }
    }

    private boolean kill(Notes notes, SplittableRandom random, String agent) throws Exception {
        Thread.sleep(random.nextInt(500, 3000));
        while (true) {
            try {
                boolean isDurable = fleet.node(random.nextInt(PartitionedFleet.NODES))
                        .admin()
                        .within(Duration.ofSeconds(2))
                        .call("kill", Json.object().with("agent", agent).with("reason", "a history"))
                        .flag("durable");
                if (isDurable) {
                    notes.killed.add(new CallHistory.Kill(agent, System.nanoTime()));
                    return true;
                }
            } catch (IOException | AdminRefusedException _) {
                // Another one may be able to.
            }
            Thread.sleep(50);
        }
    }

    /** A hundred copies of a confirmed call at once, half of the times while something fails. */
    private void race(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String name = "r" + histories;
        Notes notes = new Notes(name);
        String lease = lease(random.nextInt(PartitionedFleet.NODES), notes.worker);
        confirm(notes, random, "o-" + name, lease);
        boolean isFaulty = random.nextBoolean();
        List<Fault> drawn = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < COPIES; i++) {
                int node = i % PartitionedFleet.NODES;
                threads.submit(() -> notes.made.add(fleet.call(node, "o-" + name, "DELETE", notes.worker, lease)));
            }
            if (isFaulty) {
                drawn.addAll(happen(random, 1, 1000));
                notes.hasFailedOver = fleet.hasFailedOver();
            }
        }
        judge(name + " seed " + seed + " " + drawn, notes);
        if (!isFaulty && notes.came.size() != 1) {
            failed.add(name + ": without a fault " + notes.came.size() + " of " + COPIES + " copies arrived");
        }
    }

    /** Breaks a promise, and asks for what it forbids: the checker must notice. */
    private void plant(String kind, long seed) throws Exception {
        String statement = PLANTS.get(kind);
        String name = "p" + histories;
        Notes notes = new Notes(name);
        SplittableRandom random = new SplittableRandom(seed);
        prepare(notes, random);
        if (statement.isEmpty()) {
            fleet.bypass("o-" + name, "GET");
        } else {
            fleet.database().value("interlock", statement);
            kill(notes, random, notes.agent);
            Thread.sleep(2 * CallHistory.KILL_BOUND.toMillis());
            for (int i = 0; i <= PartitionedFleet.LIMIT; i++) {
                int node = i % PartitionedFleet.NODES;
                notes.made.add(fleet.call(node, "o-" + name + "w" + i, "POST", notes.worker, notes.leases.getFirst()));
                notes.made.add(fleet.call(node, "o-" + name + "k" + i, "GET", notes.agent, notes.victim));
                String confirmed = "o-" + name + "d" + i / PartitionedFleet.NODES % HOLDS;
                notes.made.add(fleet.call(node, confirmed, "DELETE", notes.worker, notes.leases.getFirst()));
            }
            fleet.database().value("interlock", "DROP FUNCTION planted CASCADE");
        }
        List<String> found = notes.check();
        boolean isFound = found.stream().anyMatch(each -> each.startsWith(kind));
        out.println(
                name + " with a planted fault of " + kind + ": " + (isFound ? "found " + found : "NOT FOUND " + found));
        if (!isFound) {
            failed.add(name + ": the checker did not find a fault of " + kind);
        }
    }
}
