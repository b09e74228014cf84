package dev.interlock.system;

import dev.interlock.evidence.Json;
import dev.interlock.system.bench.BenchRun;
import dev.interlock.system.bench.ProgramUse;
import dev.interlock.testing.TestingDatabaseServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The benchmark {@code bench/fleet [--quick] [--json]}: reads, and writes that a limit counts, at one, two and four
 * gateways of one store; what the database is asked for each; and how long a kill at one takes to be obeyed at the
 * others. All run on one machine, so rates say less than processor time and questions do.
 */
public final class FleetBench {

    private static final Pattern RATE = Pattern.compile("Requests/sec: *([0-9.]+)");
    private static final int CONNECTIONS = 16;

    /** What a client asked; the driver sends the beginning of a transaction together with its first statement. */
    private static final String QUESTIONS =
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query NOT LIKE 'BEGIN%'";

    private final int seconds;
    private final List<Integer> sizes;
    private final Path directory;
    private final BenchRun run;

    private FleetBench(BenchRun run) {
        this.run = run;
        this.seconds = run.isQuick() ? 3 : 10;
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
                SmallService service = new SmallService()) {
            server.kill();
            server.start("shared_preload_libraries=pg_stat_statements");
            server.value("CREATE EXTENSION pg_stat_statements; SELECT 1");
            String store = "store: " + server.store() + "\n";
            for (int i = 0; i < size; i++) {
                fleet.add(Files.createDirectory(root.resolve("g" + i)), service, i == 0 ? store : "");
            }
            List.of("/orders/o-1", "/orders/o-1/hold").forEach(path -> service.keep(path, "{}"));
            ServiceGatewayInstallation first = fleet.gateways().getFirst();
            first.seal().expect(0);
            first.up();
            fleet.shareFingerprints();
            for (ServiceGatewayInstallation other : fleet.gateways().subList(1, size)) {
                other.upAgain();
            }
            try {
                String lease = first.lease();
                load(fleet, lease, "GET", "o-1", 2 * seconds); // until what runs is compiled
                load(fleet, lease, "POST", "o-1/hold", seconds);
                double idle = idle(server);
                rates(fleet, server, idle, lease, "read", "GET", "o-1");
                rates(fleet, server, idle, lease, "write", "POST", "o-1/hold");
                confirmed(fleet, server, service, lease, idle);
                if (size > 1) {
                    kill(fleet, lease);
                }
            } finally {
                fleet.gateways().forEach(ServiceGatewayInstallation::close);
            }
        }
    }

    /** Returns how many questions a second the gateways ask when nobody calls. */
    private double idle(TestingDatabaseServer server) throws Exception {
        long before = questions(server);
        Thread.sleep(1000L * seconds);
        return (questions(server) - before) / (double) seconds;
    }

    private static long questions(TestingDatabaseServer server) throws Exception {
        return Long.parseLong(server.value(QUESTIONS));
    }

    private void rates(
            GatewayFleet fleet,
            TestingDatabaseServer server,
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
        long asked = questions(server);
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
                name + size + "Questions",
                (questions(server) - asked - idle * passed) / (rate * seconds),
                "questions to the database");
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

    /** A call that a person has signed, at the last gateway: what the database is asked for holding and sending it. */
    private void confirmed(
            GatewayFleet fleet, TestingDatabaseServer server, SmallService service, String lease, double idle)
            throws Exception {
        int size = fleet.gateways().size();
        double asked = 0;
        for (int i = 0; i < 5; i++) {
            service.keep("/orders/o-" + (10 + i), "{}");
            String held = at(fleet, size - 1, lease, "DELETE", "o-" + (10 + i));
            fleet.gateways().getFirst().signAt(fleet.gateways().getFirst(), held, "ann");
            long before = questions(server);
            long begun = System.nanoTime();
            if (!at(fleet, size - 1, lease, "DELETE", "o-" + (10 + i)).endsWith("\n200")) {
                throw new IOException("a confirmed call did not pass");
            }
            asked += questions(server) - before - idle * (System.nanoTime() - begun) / 1e9;
        }
        run.put("confirmed" + size + "Questions", asked / 5, "questions to the database, when it is sent");
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
