package dev.interlock.system.bench;

import dev.interlock.evidence.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Behaves at the console like a person's browser. */
final class ConsoleViewer implements AutoCloseable {

    /** The browser's name, to which a session is bound. */
    private static final String BROWSER = "bench";

    private static final Pattern EVENT = Pattern.compile("^data: .*\"id\":\"([^\"]+)\"");

    private final URI console;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String cookie;

    /** Signs in by a code, as {@code interlock console} prints it. */
    ConsoleViewer(URI console, BenchInstallation house) throws IOException, InterruptedException {
        this.console = console;
        String code = URI.create(house.ask("console.code", Json.object()).text("address"))
                .getFragment();
        HttpResponse<String> entered = client.send(
                HttpRequest.newBuilder(console.resolve("/signin"))
                        .header("User-Agent", BROWSER)
                        .header("Origin", console.toString())
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "code=" + URLEncoder.encode(value(code), StandardCharsets.UTF_8)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        cookie = entered.headers()
                .firstValue("set-cookie")
                .map(line -> line.substring(0, line.indexOf(';')))
                .orElseThrow(() -> new IOException("the code did not sign in: " + entered.body()));
    }

    /** Returns the value, with or without a name before it. */
    private static String value(String fragment) {
        return fragment.substring(fragment.indexOf('=') + 1);
    }

    String page(String path) throws IOException, InterruptedException {
        HttpResponse<String> page = client.send(
                HttpRequest.newBuilder(console.resolve(path))
                        .header("User-Agent", BROWSER)
                        .header("Cookie", cookie)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (page.statusCode() != 200) {
            throw new IOException("`" + path + "` was answered with " + page.statusCode());
        }
        return page.body();
    }

    /** Returns the milliseconds from the request to the last byte of the page. */
    double took(String path) throws IOException, InterruptedException {
        long start = System.nanoTime();
        page(path);
        return (System.nanoTime() - start) / 1e6;
    }

    /** The number of viewers that have not seen a receipt yet, and the time when the last one saw it. */
    private static final class SeenCount {

        private final CountDownLatch missing;
        private volatile long at;

        private SeenCount(int viewers) {
            missing = new CountDownLatch(viewers);
        }

        private void once() {
            at = System.nanoTime();
            missing.countDown();
        }
    }

    /** Many people who have the live page open. */
    final class Audience implements AutoCloseable {

        private final List<Socket> lines = new ArrayList<>();
        private final Map<String, SeenCount> seen = new ConcurrentHashMap<>();

        Audience(int viewers) throws IOException {
            for (int i = 0; i < viewers; i++) {
                Socket line = new Socket(console.getHost(), console.getPort());
                lines.add(line);
                line.getOutputStream()
                        .write(("GET /live/events HTTP/1.1\r\nHost: " + console.getAuthority() + "\r\nUser-Agent: "
                                        + BROWSER
                                        + "\r\nCookie: " + cookie
                                        + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(line.getInputStream(), StandardCharsets.UTF_8));
                String status = in.readLine();
                if (status == null || !status.contains(" 200 ")) {
                    throw new IOException("viewer " + i + " was answered with " + status);
                }
                Thread.startVirtualThread(() -> listen(in));
            }
        }

        private void listen(BufferedReader in) {
            try {
                for (String read = in.readLine(); read != null; read = in.readLine()) {
                    Matcher event = EVENT.matcher(read);
                    if (event.find()) {
                        seen.computeIfAbsent(event.group(1), _ -> new SeenCount(lines.size()))
                                .once();
                    }
                }
            } catch (IOException e) {
                // closed: the measurement is over
            }
        }

        /** Returns when the last of them saw {@code receipt}, by {@link System#nanoTime}. */
        long last(String receipt) throws IOException, InterruptedException {
            SeenCount each = seen.computeIfAbsent(receipt, _ -> new SeenCount(lines.size()));
            if (!each.missing.await(30, TimeUnit.SECONDS)) {
                throw new IOException(each.missing.getCount() + " viewers did not see `" + receipt + "`");
            }
            return each.at;
        }

        @Override
        public void close() throws IOException {
            for (Socket line : lines) {
                line.close();
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
