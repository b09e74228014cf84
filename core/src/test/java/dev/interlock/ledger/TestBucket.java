package dev.interlock.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A store that speaks as much S3 as a copy needs. It checks each signature by the reference's steps, and lets nobody
 * replace what is locked, which S3 itself only keeps as an older version.
 */
final class TestBucket implements AutoCloseable {

    static final String KEY = "AKIAIOSFODNN7EXAMPLE";
    static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private static final String ROOT = "/audit/gateway-1/";

    private record Stored(byte[] body, String digest, Optional<Instant> until) {}

    private final HttpServer server;
    private final Map<String, Stored> objects = new ConcurrentHashMap<>();
    final List<String> puts = new CopyOnWriteArrayList<>();
    private volatile int broken; // the status of every answer, if not 0
    volatile String credentials = "aws_access_key_id = " + KEY + "\naws_secret_access_key = " + SECRET + "\n";

    TestBucket() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    LedgerConfig.BucketAddress address(int lockDays) {
        return new LedgerConfig.BucketAddress(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + ROOT),
                "eu-central-1",
                lockDays,
                Optional.empty(),
                () -> new Secret(credentials));
    }

    void breakWith(int status) {
        broken = status;
    }

    List<String> names() {
        return objects.keySet().stream().sorted().toList();
    }

    boolean isLocked(String name) {
        return objects.get(name).until().isPresent();
    }

    void forget(String name) {
        objects.remove(name);
    }

    void set(String name, byte[] body) {
        objects.put(name, new Stored(body, "", Optional.empty()));
    }

    byte[] get(String name) {
        return objects.get(name).body();
    }

    void download(Path to) throws IOException {
        for (Map.Entry<String, Stored> object : objects.entrySet()) {
            Path file = to.resolve(object.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, object.getValue().body());
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getRawPath();
            if (broken != 0) {
                refuse(exchange, broken, "SlowDown");
            } else if (!isSigned(exchange, body)) {
                refuse(exchange, 403, "SignatureDoesNotMatch");
            } else if (!path.startsWith(ROOT)) {
                refuse(exchange, 404, "NoSuchBucket");
            } else if (exchange.getRequestMethod().equals("PUT")) {
                put(exchange, path.substring(ROOT.length()), body);
            } else {
                get(exchange, Optional.ofNullable(objects.get(path.substring(ROOT.length()))));
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private void put(HttpExchange exchange, String name, byte[] body) throws IOException, GeneralSecurityException {
        Optional<String> lock = header(exchange, "x-amz-object-lock-retain-until-date");
        Optional<String> md5 = header(exchange, "content-md5");
        boolean isWhole = md5.isPresent()
                && Arrays.equals(
                        Base64.getDecoder().decode(md5.get()),
                        MessageDigest.getInstance("MD5").digest(body));
        Stored old = objects.get(name);
        if (!isWhole) {
            refuse(exchange, 400, "InvalidRequest");
        } else if (lock.isPresent()
                && !header(exchange, "x-amz-object-lock-mode").equals(Optional.of("COMPLIANCE"))) {
            refuse(exchange, 400, "InvalidRequest");
        } else if (old != null && old.until().filter(Instant.now()::isBefore).isPresent()) {
            refuse(exchange, 403, "AccessDenied");
        } else {
            objects.put(
                    name, new Stored(body, header(exchange, "x-amz-meta-sha256").orElse(""), lock.map(Instant::parse)));
            puts.add(name);
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private static void get(HttpExchange exchange, Optional<Stored> found) throws IOException {
        if (found.isEmpty()) {
            refuse(exchange, 404, "NoSuchKey");
            return;
        }
        exchange.getResponseHeaders().set("x-amz-meta-sha256", found.get().digest());
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(200, found.get().body().length);
        exchange.getResponseBody().write(found.get().body());
    }

    private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
        byte[] body = ("<Error><Code>" + code + "</Code></Error>").getBytes(UTF_8);
        boolean isBare = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isBare ? -1 : body.length);
        if (!isBare) {
            exchange.getResponseBody().write(body);
        }
    }

    private static Optional<String> header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    /** Reads everything from the request alone: which headers are signed, when, and for which region. */
    private static boolean isSigned(HttpExchange exchange, byte[] body) throws GeneralSecurityException {
        String[] parts = header(exchange, "authorization").orElse("").split("[ ,]+");
        Map<String, String> told = new TreeMap<>();
        for (String part : parts) {
            int at = part.indexOf('=');
            told.put(part.substring(0, Math.max(0, at)), part.substring(at + 1));
        }
        String date = header(exchange, "x-amz-date").orElse("");
        List<String> names = List.of(told.getOrDefault("SignedHeaders", "").split(";"));
        List<String> sent = new ArrayList<>();
        exchange.getRequestHeaders().keySet().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .filter(name -> name.startsWith("x-amz-") || name.equals("content-md5") || name.equals("host"))
                .forEach(sent::add);
        if (parts.length != 4 || !names.containsAll(sent) || date.length() != 16) {
            return false;
        }
        StringBuilder canonical = new StringBuilder(
                exchange.getRequestMethod() + "\n" + exchange.getRequestURI().getRawPath() + "\n\n");
        for (String name : names) {
            canonical
                    .append(name)
                    .append(':')
                    .append(header(exchange, name).orElse("").strip())
                    .append('\n');
        }
        canonical.append('\n').append(told.get("SignedHeaders")).append('\n').append(hex(sha256(body)));
        String scope = date.substring(0, 8) + "/eu-central-1/s3/aws4_request";
        byte[] key = ("AWS4" + SECRET).getBytes(UTF_8);
        for (String step : scope.split("/")) {
            key = hmac(key, step);
        }
        String text = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n"
                + hex(sha256(canonical.toString().getBytes(UTF_8)));
        return told.get("Credential").equals(KEY + "/" + scope)
                && told.get("Signature").equals(hex(hmac(key, text)));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(UTF_8));
    }

    private static byte[] sha256(byte[] bytes) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
