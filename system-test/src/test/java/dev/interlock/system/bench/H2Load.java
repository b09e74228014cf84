package dev.interlock.system.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Load over HTTP/2 by h2load, one thread, closed loop, over cleartext with prior knowledge (RFC 9113 §3.3). */
final class H2Load {

    private static final Pattern RATE = Pattern.compile("(?m)^finished in [0-9.a-z]+, ([0-9.]+) req/s");
    private static final Pattern GOOD = Pattern.compile(
            "requests: ([0-9]+) total, .* ([0-9]+) succeeded, ([0-9]+) failed, ([0-9]+) errored, ([0-9]+) timeout");
    private static final Pattern STATUS =
            Pattern.compile("status codes: ([0-9]+) 2xx, ([0-9]+) 3xx, ([0-9]+) 4xx, ([0-9]+) 5xx");

    private final Path body;
    private final String lease;

    H2Load(Path directory, String lease, String body) throws IOException {
        this.body = Files.writeString(directory.resolve("body.json"), body);
        this.lease = lease;
    }

    /** Requests a second, with {@code streams} at once on each of {@code connections}. */
    double run(URI to, int connections, int streams, int seconds) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("h2load", "-t1", "-c" + connections, "-m" + streams));
        command.addAll(List.of("-D" + seconds, "-d" + body, "-Hauthorization: Bearer " + lease));
        command.addAll(List.of("-Hcontent-type: application/json", to.toString()));
        Process load = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(load.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher rate = RATE.matcher(out);
        Matcher good = GOOD.matcher(out);
        Matcher status = STATUS.matcher(out);
        if (load.waitFor() != 0 || !rate.find() || !good.find() || !status.find()) {
            throw new IOException("h2load failed:\n" + out);
        }
        boolean bad = none(good, 3, 4, 5) + none(status, 2, 3, 4) > 0;
        if (bad || status.group(1).equals("0")) {
            throw new IOException("some requests to " + to + " failed, so this measures nothing:\n" + out);
        }
        return Double.parseDouble(rate.group(1));
    }

    private static long none(Matcher counts, int... groups) {
        long all = 0;
        for (int group : groups) {
            all += Long.parseLong(counts.group(group));
        }
        return all;
    }
}
