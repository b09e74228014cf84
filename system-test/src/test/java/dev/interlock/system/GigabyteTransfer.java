package dev.interlock.system;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Sends gigabytes through the running program, up and down, with HTTP/1.1 at both ends and with HTTP/2 at both. It
 * checks that they arrive unchanged, and measures the memory. {@code bench/gigabytes} runs it; it is too long for every
 * build.
 */
final class GigabyteTransfer {

    private static final long DEFAULT = 2L * 1024 * 1024 * 1024;

    /** The flags of the program as people run it, with a smaller heap; tests use flags for a quick start. */
    private static final List<String> SMALL =
            List.of("-XX:TieredStopAtLevel=4", "-Xmx128m", "-XX:MaxDirectMemorySize=64m");

    private static final byte[] PIECE = piece();
    private static final Pattern AFTER = Pattern.compile("->([0-9]+)M\\(");

    private final Path root;
    private final long bytes;
    private final String expected;

    private GigabyteTransfer(Path root, long bytes) throws Exception {
        this.root = root;
        this.bytes = bytes;
        this.expected = digest(new Pattern64(bytes)).hex();
    }

    /** Takes the number of bytes; the default is two gigabytes. */
    public static void main(String[] arguments) throws Exception {
        Path root = Files.createTempDirectory("gb-");
        try {
            new GigabyteTransfer(root, arguments.length == 0 ? DEFAULT : Long.parseLong(arguments[0])).run();
        } finally {
            try (Stream<Path> files = Files.walk(root)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    private void run() throws Exception {
        Path home = Files.createDirectory(root.resolve("house"));
        FrontCertificate.in(home);
        Process server = new ProcessBuilder(
                        "node",
                        script().toString(),
                        home.resolve("front.key").toString(),
                        home.resolve("front.pem").toString(),
                        Long.toString(bytes))
                .redirectError(root.resolve("server.err").toFile())
                .start();
        try (ServiceGatewayInstallation house =
                house(home, server.inputReader().readLine().split(" "))) {
            house.up(Stream.concat(SMALL.stream(), Stream.of("-Xlog:gc:file=" + root.resolve("gc.log")))
                    .toList());
            for (HttpClient.Version version : List.of(HttpClient.Version.HTTP_1_1, HttpClient.Version.HTTP_2)) {
                transfer(house, version);
            }
            System.out.printf(
                    "heap after a collection: at most %d MB of 128; resident: at most %d MB%n",
                    heap(), resident(house));
        } finally {
            server.destroy();
            server.onExit().join();
        }
    }

    private void transfer(ServiceGatewayInstallation house, HttpClient.Version version) throws Exception {
        String upstream = version == HttpClient.Version.HTTP_2 ? "second" : "first";
        try (HttpClient client = HttpClient.newBuilder()
                .version(version)
                .sslContext(new FrontCertificate(root.resolve("house/front.pem")).trusting())
                .build()) {
            URI base = URI.create("https://localhost:" + house.port() + "/" + upstream + "/items/i-1");
            long begun = System.nanoTime();
            HttpResponse<String> up = client.send(
                    HttpRequest.newBuilder(URI.create(base + "/file"))
                            .header("Authorization", "Bearer " + house.lease())
                            .header("Content-Type", "application/octet-stream")
                            .POST(HttpRequest.BodyPublishers.fromPublisher(
                                    HttpRequest.BodyPublishers.ofInputStream(() -> new Pattern64(bytes)), bytes))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            String spoken = version == HttpClient.Version.HTTP_2 ? "2.0" : "1.1";
            require(up.body().equals(spoken + " " + expected), "what arrived upstream: " + up + " " + up.body());
            tell(version, "up", begun);

            begun = System.nanoTime();
            HttpResponse<InputStream> down = client.send(
                    HttpRequest.newBuilder(base)
                            .header("Authorization", "Bearer " + house.lease())
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            require(down.version() == version, "spoken: " + down.version());
            try (InputStream in = down.body()) {
                TransferDigest digested = digest(in);
                require(digested.hex().equals(expected), "what came down: " + down + " " + digested);
            }
            tell(version, "down", begun);
        }
    }

    private void tell(HttpClient.Version version, String way, long begun) {
        double seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf(
                "%s %s: %d bytes, as they were sent, in %.1f s (%.0f MB/s)%n",
                version, way, bytes, seconds, bytes / seconds / 1e6);
    }

    private static void require(boolean so, String otherwise) {
        if (!so) {
            throw new AssertionError(otherwise);
        }
    }

    private long heap() throws IOException {
        return AFTER.matcher(Files.readString(root.resolve("gc.log")))
                .results()
                .map(MatchResult::group)
                .mapToLong(after -> Long.parseLong(after.replaceAll("[^0-9]", "")))
                .max()
                .orElse(0);
    }

    private static long resident(ServiceGatewayInstallation house) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(house.process().pid()), "status")).stream()
                        .filter(line -> line.startsWith("VmHWM"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .findFirst()
                        .orElse(0)
                / 1024;
    }

    private ServiceGatewayInstallation house(Path home, String[] ports) throws Exception {
        String upstreams = upstream("first", ports[0], home) + upstream("second", ports[1], home);
        Map<String, String> policy = new TreeMap<>(ServiceGatewayInstallation.staging(upstreams));
        policy.put("catalogs/things.yaml", resource("things.yaml"));
        ServiceGatewayInstallation house = new ServiceGatewayInstallation(
                home,
                policy,
                Map.of("real-first", "the-real-one", "real-second", "the-real-one"),
                "tls: {certificate: front.pem, key: front.key}");
        house.seal().expect(0);
        return house;
    }

    private static String upstream(String name, String port, Path home) throws IOException {
        return """
                  %1$s:
                    catalog: things
                    address: "https://localhost:%2$s"
                    ca: "%3$s"
                    credentials:
                      real-%1$s: {environments: [staging], impacts: [read, write]}
                    resources:
                      "things:item/i-*": {environments: [staging]}
                      "things:account/self": {environments: [staging]}
                """.formatted(
                name, port, Files.readString(home.resolve("front.pem")).strip().replace("\n", "\\n") + "\\n");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = GigabyteTransfer.class.getResourceAsStream("witness/" + name)) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private Path script() throws IOException {
        return Files.writeString(root.resolve("gigabytes.js"), resource("gigabytes.js"));
    }

    private record TransferDigest(String hex, long length) {}

    private static TransferDigest digest(InputStream in) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] piece = new byte[1 << 16];
        long length = 0;
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
            digest.update(piece, 0, count);
            length += count;
        }
        return new TransferDigest(HexFormat.of().formatHex(digest.digest()), length);
    }

    private static byte[] piece() {
        byte[] words = "interlock ".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] piece = new byte[1 << 16];
        for (int i = 0; i < piece.length; i++) {
            piece[i] = words[i % words.length];
        }
        return piece;
    }

    /** The same bytes as the server sends. */
    private static final class Pattern64 extends InputStream {
        private final long length;
        private long read;

        Pattern64(long length) {
            this.length = length;
        }

        @Override
        public int read() {
            return read == length ? -1 : PIECE[(int) (read++ % PIECE.length)];
        }

        @Override
        public int read(byte[] into, int offset, int count) {
            int at = (int) (read % PIECE.length);
            int now = (int) Math.min(Math.min(count, PIECE.length - at), length - read);
            if (now == 0 && count > 0) {
                return -1;
            }
            System.arraycopy(PIECE, at, into, offset, now);
            read += now;
            return now;
        }
    }
}
