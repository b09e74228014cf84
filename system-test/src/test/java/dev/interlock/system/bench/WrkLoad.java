package dev.interlock.system.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Load by wrk, one thread, closed loop. */
final class WrkLoad {

    private static final Pattern RATE =
            Pattern.compile("(?m)^rate ([0-9.]+) p50 ([0-9.]+) p99 ([0-9.]+) bad ([0-9]+)$");

    private final Path script;

    /** Sends {@code body} under each of {@code leases} in turn: none may use an upstream alone. */
    WrkLoad(Path directory, List<String> leases, String body) throws IOException {
        this(directory.resolve("request.lua"), leases, body, """
                function request()
                  last = last % #requests + 1
                  return requests[last]
                end
                """);
    }

    /** Sends a body that differs each time: {@code %d} in {@code body} is the number of the request. */
    static WrkLoad varied(Path directory, List<String> leases, String body) throws IOException {
        return new WrkLoad(directory.resolve("varied.lua"), leases, body, """
                local sent = os.time() * 1000000
                function request()
                  last = last % #leases + 1
                  sent = sent + 1
                  wrk.headers["authorization"] = "Bearer " .. leases[last]
                  return wrk.format(nil, nil, nil, string.format(wrk.body, sent))
                end
                """);
    }

    private WrkLoad(Path script, List<String> leases, String body, String request) throws IOException {
        this.script = script;
        Files.writeString(script, """
                wrk.method = "POST"
                wrk.headers["content-type"] = "application/json"
                wrk.body = [==[%s]==]
                local leases = {%s}
                local requests = {}
                function init(arguments)
                  for i, lease in ipairs(leases) do
                    wrk.headers["authorization"] = "Bearer " .. lease
                    requests[i] = wrk.format()
                  end
                end
                local last = 0
                %s
                function done(summary, latency, requests)
                  local bad = summary.errors.status + summary.errors.connect + summary.errors.read
                      + summary.errors.write + summary.errors.timeout
                  io.write(string.format("rate %%.1f p50 %%.1f p99 %%.1f bad %%d\\n",
                      summary.requests / summary.duration * 1e6,
                      latency:percentile(50), latency:percentile(99), bad))
                end
                """.formatted(
                body, leases.stream().map(lease -> '"' + lease + '"').collect(Collectors.joining(", ")), request));
    }

    /** Sends as fast as answers come. */
    Load run(URI to, int connections, int seconds) throws IOException, InterruptedException {
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
        if (!line.group(4).equals("0")) {
            throw new IOException("some requests to " + to + " failed, so this measures nothing:\n" + out);
        }
        return new Load(
                Double.parseDouble(line.group(1)),
                Double.parseDouble(line.group(2)),
                Double.parseDouble(line.group(3)));
    }
}
