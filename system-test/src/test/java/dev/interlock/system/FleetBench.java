package dev.interlock.system;

import dev.interlock.evidence.Json;
import dev.interlock.system.bench.BenchRun;
import dev.interlock.system.bench.ProgramUse;
import dev.interlock.testing.TestingDatabaseServer;
import dev.interlock.testing.TripCounter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The benchmark {@code bench/fleet [--quick] [--json]}: reads and permitted writes at one, two and four gateways of one
 * store; how often each waits for the database; and how long a kill at one takes to be obeyed at the others, beside
 * many leases. All run on one machine, so rates say less than processor time and trips do.
 *
 * <p>The mark counts the trips of one call. What goes to the database together is one. A call that people confirm has
 * four phases: the call that is held, the signature, the identical call that uses the confirmation, and what is stored
 * after its answer. The mark is for the third, from its arrival to its answer, which {@code TripsOnPostgresTest} counts
 * alone. Here, what the gateways read again because of it, such as freezes, is counted with it.
 */
public final class FleetBench {

    private static final Pattern RATE = Pattern.compile("Requests/sec: *([0-9.]+)");
    private static final int CONNECTIONS = 16;
    private static final int CONFIRMED = 15;

    /** Copies of the first lease, which nobody can use: each has a token of its own. */
    private static final String LEASES =
            "INSERT INTO %1$s.identity_lease SELECT id || '-' || i, md5(i::text), replace(lease, id, id || '-' || i), ttl_seconds, signed_by, signed_with, users_named, expires, parent, revoked, reason FROM %1$s.identity_lease, generate_series(1, %2$d) i; SELECT count(*) FROM %1$s.identity_lease";

    private final int seconds;
    private final int leases;
    private final List<Integer> sizes;
    private final Path directory;
    private final BenchRun run;

    private FleetBench(BenchRun run) {
        this.run = run;
        this.seconds = run.isQuick() ? 3 : 10;
        this.leases = run.isQuick() ? 1_000 : 100_000;
        this.sizes = run.isQuick() ? List.of(1, 2) : List.of(1, 2, 4);
        this.directory = run.directory();
    }

    /** Exit code 0 if everything could be measured, whether or not a mark is met. */
    public static void main(String[] arguments) throws Exception {
        BenchRun.main(arguments, run -> {
            FleetBench bench = new FleetBench(run);
            for (int size : bench.sizes) {
                bench.measure(size);
            }
            return 0;
        });
    }

    private void measure(int size) throws Exception {
        Path root = Files.createDirectory(directory.resolve("fleet" + size));
        GatewayFleet fleet = new GatewayFleet(ServiceGatewayInstallation.CONFIRMED);
        try (TestingDatabaseServer server = new TestingDatabaseServer();
                TripCounter counter = new TripCounter(server.store());
                SmallService service = new SmallService()) {
            String store = "store: " + counter.store() + "\n";
            for (int i = 0; i < size; i++) {
                fleet.add(Files.createDirectory(root.resolve("g" + i)), service, i == 0 ? store : "");
            }
            List.of("/orders/o-1", "/orders/o-1/hold").forEach(path -> service.keep(path, "{}"));
            ServiceGatewayInstallation first = fleet.gateways().getFirst();
            first.seal().expect(0);
            first.up();
            fleet.shareFingerprints();
            String lease = first.lease();
            run.put(
                    "leases" + size,
                    Double.parseDouble(
                            server.value(LEASES.formatted(counter.store().user(), leases))),
                    "leases");
            first.down();
            for (ServiceGatewayInstallation one : fleet.gateways()) {
                one.upAgain();
            }
            try {
                load(fleet, lease, "GET", "o-1", 2 * seconds); // until what runs is compiled
                load(fleet, lease, "POST", "o-1/hold", seconds);
                double idle = idle(counter);
                rates(fleet, counter, idle, lease, "read", "GET", "o-1");
                rates(fleet, counter, idle, lease, "write", "POST", "o-1/hold");
                confirmed(fleet, counter, service, lease, idle);
                if (size > 1) {
                    kill(fleet, lease);
                }
            } finally {
                fleet.gateways().forEach(ServiceGatewayInstallation::close);
            }
        }
    }

    /** Returns how many trips a second the gateways make when nobody calls, beside the sessions that follow. */
    private double idle(TripCounter counter) throws Exception {
        long before = counter.trips();
        Thread.sleep(1000L * seconds);
        return (counter.trips() - before) / (double) seconds;
    }

    private void rates(
            GatewayFleet fleet,
            TripCounter counter,
            double idle,
            String lease,
            String name,
            String method,
            String order)
            throws Exception {
        List<ProgramUse> uses = new ArrayList<>();
        double cpu = 0;
        for (ServiceGatewayInstallation gateway : fleet.gateways()) {
            uses.add(ProgramUse.of(gateway.process()));
        }
        for (ProgramUse use : uses) {
            cpu -= use.cpuMicros();
        }
        long asked = counter.trips();
        long begun = System.nanoTime();
        double rate = load(fleet, lease, method, order, seconds);
        double passed = (System.nanoTime() - begun) / 1e9;
        for (ProgramUse use : uses) {
            cpu += use.cpuMicros();
        }
        int size = fleet.gateways().size();
        run.put(name + size, rate, "a second");
        run.put(name + size + "CpuUs", cpu / (rate * seconds), "µs of CPU of the gateways");
        run.put(
                name + size + "Trips",
                Math.max(0, counter.trips() - asked - idle * passed) / (rate * seconds),
                "trips to the database");
    }

    private double load(GatewayFleet fleet, String lease, String method, String order, int time) throws Exception {
        Path script = Files.writeString(
                directory.resolve("load.lua"),
                "wrk.method = \"" + method + "\"\nwrk.headers[\"Host\"] = \"127.0.0.1:" + fleet.port()
                        + "\"\nwrk.headers[\"Authorization\"] = \"Bearer " + lease + "\"\n");
        List<Process> loads = new ArrayList<>();
        for (int i = 0; i < fleet.gateways().size(); i++) {
            loads.add(new ProcessBuilder(
                            "wrk",
                            "-t1",
                            "-c" + CONNECTIONS,
                            "-d" + time + "s",
                            "--timeout=20s",
                            "-s" + script,
                            "http://" + GatewayFleet.address(i) + ":" + fleet.port() + "/orders/orders/" + order)
                    .redirectErrorStream(true)
                    .start());
        }
        double rate = 0;
        for (Process load : loads) {
            String out = new String(load.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher line = RATE.matcher(out);
            if (load.waitFor() != 0 || !line.find() || out.contains("Non-2xx")) {
                throw new IOException("some requests failed, so this measures nothing:\n" + out + "\n"
                        + at(fleet, 0, lease, method, order));
            }
            rate += Double.parseDouble(line.group(1));
        }
        return rate;
    }

    /** Calls that a person confirms at the first gateway and that arrive at the last one. */
    private void confirmed(GatewayFleet fleet, TripCounter counter, SmallService service, String lease, double idle)
            throws Exception {
        int size = fleet.gateways().size();
        ServiceGatewayInstallation first = fleet.gateways().getFirst();
        List<Double> held = new ArrayList<>();
        List<Double> signed = new ArrayList<>();
        List<Double> sent = new ArrayList<>();
        for (int i = 0; i < CONFIRMED; i++) {
            String order = "o-" + (10 + i);
            service.keep("/orders/" + order, "{}");
            List<String> answers = new ArrayList<>();
            held.add(trips(counter, idle, () -> answers.add(at(fleet, size - 1, lease, "DELETE", order))));
            signed.add(trips(counter, idle, () -> first.signAt(first, answers.getFirst(), "ann")));
            sent.add(trips(counter, idle, () -> answers.add(at(fleet, size - 1, lease, "DELETE", order))));
            if (!answers.getLast().endsWith("\n200")) {
                throw new IOException("a confirmed call did not pass: " + answers.getLast());
            }
        }
        run.put("held" + size + "Trips", median(held), "trips, when it is held");
        run.put("signed" + size + "Trips", median(signed), "trips, when it is shown and signed");
        run.put("confirmed" + size + "Trips", median(sent), "trips, when it is sent, with what gateways read again");
    }

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    private static double trips(TripCounter counter, double idle, Work work) throws Exception {
        long before = counter.trips();
        long begun = System.nanoTime();
        work.run();
        return counter.trips() - before - idle * (System.nanoTime() - begun) / 1e9;
    }

    /** The housekeeping of some seconds falls into one of them or not. */
    private static double median(List<Double> all) {
        return all.stream().sorted().skip(all.size() / 2).findFirst().orElseThrow();
    }

    /** A kill stands until people lift it, so there is one for each fleet. */
    private void kill(GatewayFleet fleet, String lease) throws Exception {
        long begun = System.nanoTime();
        fleet.gateways()
                .getFirst()
                .admin()
                .call("kill", Json.object().with("upstream", "orders").with("reason", "a measurement"));
        int size = fleet.gateways().size();
        while (!at(fleet, size - 1, lease, "GET", "o-1").contains("a measurement")) {
            Thread.onSpinWait();
        }
        run.put(
                "kill" + size + "Ms",
                (System.nanoTime() - begun) / 1e6,
                "ms until another one obeys it, with the start of a client");
    }

    private static String at(GatewayFleet fleet, int gateway, String lease, String method, String order)
            throws Exception {
        return fleet.curl(gateway, lease, method, "/orders/orders/" + order);
    }
}
