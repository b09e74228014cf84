package dev.interlock.system.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Load over HTTP/2 by h2load, closed loop, over cleartext with prior knowledge (RFC 9113 §3.3). */
final class H2Load {

    private static final Pattern RATE = Pattern.compile("(?m)^finished in [0-9.a-z]+, ([0-9.]+) req/s");
    private static final Pattern GOOD = Pattern.compile(
            "requests: ([0-9]+) total, .* ([0-9]+) succeeded, ([0-9]+) failed, ([0-9]+) errored, ([0-9]+) timeout");
    private static final Pattern STATUS =
            Pattern.compile("status codes: ([0-9]+) 2xx, ([0-9]+) 3xx, ([0-9]+) 4xx, ([0-9]+) 5xx");

    private final Path directory;
    private final Path body;
    private final List<String> leases;

    H2Load(Path directory, List<String> leases, String body) throws IOException {
        this.directory = directory;
        this.body = Files.writeString(directory.resolve("body.json"), body);
        this.leases = List.copyOf(leases);
    }

    /**
     * The clients that send at once.
     *
     * @param leases the number of clients of one thread, each with a lease of its own: none may use an upstream alone
     * @param connections the connections of each
     * @param streams the streams at once on each connection
     */
    record Shape(int leases, int connections, int streams) {

        int connectionsOfAll() {
            return leases * connections;
        }

        int inFlight() {
            return connectionsOfAll() * streams;
        }
    }

    private record Client(Process process, Path log) {}

    Load run(URI to, Shape shape, Duration time) throws IOException, InterruptedException {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < shape.leases(); i++) {
            clients.add(start(to, shape, time, leases.get(i), directory.resolve("h2load-" + i + ".log")));
        }
        double rate = 0;
        LongStream took = LongStream.empty();
        for (Client client : clients) {
            rate += rate(client, to);
            took = LongStream.concat(took, took(client.log()));
        }
        long[] nanos = took.toArray();
        return new Load(rate, PacedConnection.percentile(nanos, 0.5), PacedConnection.percentile(nanos, 0.99));
    }

    private Client start(URI to, Shape shape, Duration time, String lease, Path log) throws IOException {
        Files.deleteIfExists(log);
        List<String> command = new ArrayList<>(List.of("h2load", "-t1", "-c" + shape.connections()));
        command.addAll(List.of("-m" + shape.streams(), "-D" + time.toMillis() + "ms", "--log-file=" + log));
        command.addAll(List.of("-d" + body, "-Hauthorization: Bearer " + lease));
        command.addAll(List.of("-Hcontent-type: application/json", to.toString()));
        return new Client(new ProcessBuilder(command).redirectErrorStream(true).start(), log);
    }

    private static double rate(Client client, URI to) throws IOException, InterruptedException {
        String out = new String(client.process().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher rate = RATE.matcher(out);
        Matcher good = GOOD.matcher(out);
        Matcher status = STATUS.matcher(out);
        if (client.process().waitFor() != 0 || !rate.find() || !good.find() || !status.find()) {
            throw new IOException("h2load failed:\n" + out);
        }
        boolean bad = none(good, 3, 4, 5) + none(status, 2, 3, 4) > 0;
        if (bad || status.group(1).equals("0")) {
            throw new IOException("some requests to " + to + " failed, so this measures nothing:\n" + out);
        }
        return Double.parseDouble(rate.group(1));
    }

    /**
     * Returns the nanoseconds of each request. A line of the log has the start, the status and the duration in
     * microseconds.
     */
    private static LongStream took(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            long[] nanos = lines.mapToLong(line -> Long.parseLong(line.split("\t", -1)[2]) * 1_000)
                    .toArray();
            return LongStream.of(nanos);
        }
    }

    private static long none(Matcher counts, int... groups) {
        long all = 0;
        for (int group : groups) {
            all += Long.parseLong(counts.group(group));
        }
        return all;
    }
}
