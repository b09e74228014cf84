package dev.interlock.system.bench;

import dev.interlock.evidence.Json;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Measures the cost of the sandbox for an agent. It compares a request through a tunnel that ends in the gateway with
 * the provider itself and with mitmproxy. It compares `run` with bubblewrap alone and with the command alone. It also
 * derives a narrower lease from its own socket.
 */
final class SandboxBench {

    private static final String HOST = "provider.bench.example";
    private static final int WARM = 200;
    private static final int REQUESTS = 5_000;
    private static final int STARTS = 21;

    private final Path directory;
    private final ProxyPrograms hops;
    private final PrintStream table;
    private int port;

    SandboxBench(Path directory, ProxyPrograms hops, PrintStream table) {
        this.directory = directory;
        this.hops = hops;
        this.table = table;
    }

    /** Starts one, as an upstream of the house that {@link #all} measures. */
    BenchInstallation.NamedUpstream provider() throws IOException, InterruptedException {
        Path certificate = Provider.certificate(directory, HOST);
        port = hops.tlsUpstream(certificate, directory.resolve("provider.key"));
        Path hosts = Files.writeString(directory.resolve("hosts"), "127.0.0.1 localhost " + HOST + "\n");
        return new BenchInstallation.NamedUpstream(URI.create("https://" + HOST + ":" + port), certificate, hosts);
    }

    Map<String, Double> all(BenchInstallation house, String lease) throws Exception {
        Map<String, Double> took = new LinkedHashMap<>();
        took.putAll(tunnels(house, lease));
        took.putAll(starts(house));
        took.put("deriveMs", derive(house));
        return took;
    }

    private Map<String, Double> tunnels(BenchInstallation house, String lease) throws Exception {
        Path authority = house.authority();
        Path mitm = hops.mitmproxy(HOST, port);
        Map<String, Provider> ways = new LinkedHashMap<>();
        ways.put("itself", way(Optional.empty(), Optional.empty(), directory.resolve("provider.pem")));
        ways.put("interlock", way(Optional.of(house.port()), Optional.of(lease), authority));
        ways.put("mitmproxy", way(Optional.of(hops.mitmproxyPort()), Optional.empty(), mitm));
        Map<String, long[]> kept = new LinkedHashMap<>();
        Map<String, long[]> fresh = new LinkedHashMap<>();
        Map<String, PacedConnection> open = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, Provider> way : ways.entrySet()) {
                open.put(way.getKey(), way.getValue().connect());
                kept.put(way.getKey(), new long[REQUESTS]);
                fresh.put(way.getKey(), new long[REQUESTS / 10]);
            }
            for (int i = -WARM; i < REQUESTS; i++) {
                for (Map.Entry<String, PacedConnection> one : open.entrySet()) {
                    long nanos = one.getValue().once();
                    if (i >= 0) {
                        kept.get(one.getKey())[i] = nanos;
                    }
                }
            }
        } finally {
            for (PacedConnection one : open.values()) {
                one.close();
            }
        }
        for (int i = -WARM / 10; i < REQUESTS / 10; i++) {
            for (Map.Entry<String, Provider> way : ways.entrySet()) {
                long start = System.nanoTime();
                try (PacedConnection once = way.getValue().connect()) {
                    once.once();
                }
                if (i >= 0) {
                    fresh.get(way.getKey())[i] = System.nanoTime() - start;
                }
            }
        }
        table.println("allowed read over TLS, alone: in a tunnel that stays, and in a new one each time");
        ways.keySet()
                .forEach(way -> table.printf(
                        "         %-10s p50 %8.0f µs  p99 %8.0f µs   new p50 %8.0f µs  p99 %8.0f µs%n",
                        way,
                        PacedConnection.percentile(kept.get(way), 0.5),
                        PacedConnection.percentile(kept.get(way), 0.99),
                        PacedConnection.percentile(fresh.get(way), 0.5),
                        PacedConnection.percentile(fresh.get(way), 0.99)));
        Map<String, Double> took = new LinkedHashMap<>();
        took.put("tunnelAddedMs", added(kept, "interlock"));
        took.put("tunnelAddedByMitmproxyMs", added(kept, "mitmproxy"));
        took.put("newTunnelAddedMs", added(fresh, "interlock"));
        took.put("newTunnelAddedByMitmproxyMs", added(fresh, "mitmproxy"));
        return took;
    }

    private static double added(Map<String, long[]> took, String by) {
        return (PacedConnection.percentile(took.get(by), 0.5) - PacedConnection.percentile(took.get("itself"), 0.5))
                / 1000;
    }

    private Provider way(Optional<Integer> proxy, Optional<String> lease, Path trust) throws Exception {
        return new Provider(HOST, port, "/graphql/v2", proxy, lease, Provider.trusting(trust));
    }

    private Map<String, Double> starts(BenchInstallation house) throws Exception {
        Path workspace = Files.createDirectory(directory.resolve("workspace"));
        Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwxrwxrwx"));
        Map<String, List<String>> commands = new LinkedHashMap<>();
        commands.put("true", List.of("/bin/true"));
        commands.put(
                "bubblewrap",
                List.of(
                        "bwrap",
                        "--unshare-all",
                        "--ro-bind",
                        "/",
                        "/",
                        "--dev",
                        "/dev",
                        "--proc",
                        "/proc",
                        "/bin/true"));
        commands.put("interlock run", house.run(workspace, "/bin/true"));
        Map<String, long[]> took = new LinkedHashMap<>();
        for (int i = -1; i < STARTS; i++) {
            for (Map.Entry<String, List<String>> command : commands.entrySet()) {
                long nanos = once(command.getValue());
                if (i >= 0) {
                    took.computeIfAbsent(command.getKey(), _ -> new long[STARTS])[i] = nanos;
                }
            }
        }
        table.println("from the start of a command to its end");
        took.forEach((name, nanos) -> table.printf(
                "         %-14s p50 %8.1f ms  worst %8.1f ms%n",
                name, PacedConnection.percentile(nanos, 0.5) / 1000, PacedConnection.percentile(nanos, 1) / 1000));
        double alone = PacedConnection.percentile(took.get("true"), 0.5);
        return Map.of(
                "runAddedMs",
                (PacedConnection.percentile(took.get("interlock run"), 0.5) - alone) / 1000,
                "bubblewrapAddedMs",
                (PacedConnection.percentile(took.get("bubblewrap"), 0.5) - alone) / 1000);
    }

    private static long once(List<String> command) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command.getFirst() + " failed:\n" + said);
        }
        return System.nanoTime() - start;
    }

    /** Derives from another parent each time, since the number of a lease's children is limited. */
    private double derive(BenchInstallation house) throws IOException {
        long[] took = new long[STARTS * 5];
        for (int i = -10; i < took.length; i++) {
            Json.Members parent = house.issue();
            byte[] order = ("POST /.interlock/leases HTTP/1.1\r\nHost: 127.0.0.1:" + house.port()
                            + "\r\nAuthorization: Bearer " + parent.text("token")
                            + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                    .getBytes(StandardCharsets.US_ASCII);
            try (PacedConnection client = new PacedConnection(house.port(), order)) {
                long nanos = client.once();
                if (i >= 0) {
                    took[i] = nanos;
                }
            }
            house.ask("lease.revoke", Json.object().with("lease", parent.text("lease")));
        }
        table.printf(
                "a narrower lease                  p50 %8.0f µs  p99 %8.0f µs%n",
                PacedConnection.percentile(took, 0.5), PacedConnection.percentile(took, 0.99));
        return Arrays.stream(took).sorted().toArray()[took.length / 2] / 1e6;
    }
}
