package dev.interlock.system.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Load by wrk, one thread, closed loop.
 *
 * @param to where it goes
 * @param isThrough whether that is the gateway
 */
record WrkLoad(Workload workload, Path script, URI to, boolean isThrough) {

    private static final Pattern RATE = Pattern.compile(
            "(?m)^rate ([0-9.]+) p50 ([0-9.]+) p99 ([0-9.]+) refused ([0-9]+) of ([0-9]+) failed ([0-9]+)$");

    static WrkLoad of(Workload workload, Path directory, URI to, boolean isThrough, List<String> leases)
            throws IOException {
        Path script = directory.resolve(workload.name() + "-" + to.getPort() + ".lua");
        Files.writeString(script, workload.script(isThrough, leases));
        return new WrkLoad(workload, script, to, isThrough);
    }

    /** Sends as fast as answers come. */
    Load run(int connections, int seconds) throws IOException, InterruptedException {
        Process wrk = new ProcessBuilder(List.of(
                        "wrk",
                        "-t1",
                        "-c" + connections,
                        "-d" + seconds + "s",
                        "--timeout=20s", // for what just started, on a busy machine
                        "-s" + script,
                        to.toString()))
                .redirectErrorStream(true)
                .start();
        String out = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher line = RATE.matcher(out);
        if (wrk.waitFor() != 0 || !line.find()) {
            throw new IOException("wrk failed:\n" + out);
        }
        String refused = workload.isRefused() && isThrough ? line.group(5) : "0";
        double rate = Double.parseDouble(line.group(1));
        if (rate == 0 || !line.group(4).equals(refused) || !line.group(6).equals("0")) {
            throw new IOException("some calls of `" + workload.name() + "` to " + to
                    + " were not answered as they should be, so this measures nothing:\n" + out);
        }
        return new Load(rate, Double.parseDouble(line.group(2)), Double.parseDouble(line.group(3)));
    }
}
