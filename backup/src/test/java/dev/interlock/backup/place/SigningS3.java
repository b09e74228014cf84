package dev.interlock.backup.place;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Adds signatures to {@link TestingS3}. It passes on requests that are signed with the known secret, by the
 * documentation of AWS Signature Version 4. It refuses all others like S3. It shares no code with the SDK that signs.
 */
final class SigningS3 implements AutoCloseable {

    private static final Pattern AUTHORIZATION =
            Pattern.compile("AWS4-HMAC-SHA256 Credential=([^/,]+)/([0-9]{8})/([^/,]+)"
                    + "/s3/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})");
    private static final Set<String> MUST_BE_SIGNED =
            Set.of("host", "x-amz-date", "x-amz-content-sha256", "content-md5", "x-amz-object-lock-mode");
    private static final Set<String> NOT_PASSED_ON =
            Set.of("host", "connection", "content-length", "expect", "upgrade", "transfer-encoding");

    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final URI behind;
    private final String id;
    private final String secret;
    final AtomicInteger passed = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();

    SigningS3(URI behind, String id, String secret) throws IOException {
        this.behind = behind;
        this.id = id;
        this.secret = secret;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void answer(HttpExchange asked) throws IOException {
        try (asked) {
            byte[] body = asked.getRequestBody().readAllBytes();
            if (!isSigned(asked, body)) {
                refused.incrementAndGet();
                byte[] words = "<Error><Code>SignatureDoesNotMatch</Code><Message>of what it was made</Message></Error>"
                        .getBytes(StandardCharsets.UTF_8);
                asked.sendResponseHeaders(403, asked.getRequestMethod().equals("HEAD") ? -1 : words.length);
                if (!asked.getRequestMethod().equals("HEAD")) {
                    asked.getResponseBody().write(words);
                }
                return;
            }
            passed.incrementAndGet();
            pass(asked, body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(HttpExchange asked, byte[] body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(behind + asked.getRequestURI().toString()))
                .method(asked.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
        asked.getRequestHeaders().forEach((name, values) -> {
            if (!NOT_PASSED_ON.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
            }
        });
        HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        boolean head = asked.getRequestMethod().equals("HEAD");
        answer.headers().map().forEach((name, values) -> {
            if (head || !NOT_PASSED_ON.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> asked.getResponseHeaders().add(name, value));
            }
        });
        boolean none = head || answer.body().length == 0;
        asked.sendResponseHeaders(answer.statusCode(), none ? -1 : answer.body().length);
        if (!none) {
            asked.getResponseBody().write(answer.body());
        }
    }

    private boolean isSigned(HttpExchange asked, byte[] body) {
        Headers headers = asked.getRequestHeaders();
        Matcher said = AUTHORIZATION.matcher(String.valueOf(headers.getFirst("Authorization")));
        if (!said.matches() || !said.group(1).equals(id)) {
            return false;
        }
        List<String> names = Arrays.asList(said.group(4).split(";"));
        boolean enough = MUST_BE_SIGNED.stream().allMatch(name -> !headers.containsKey(name) || names.contains(name));
        String hash = String.valueOf(headers.getFirst("x-amz-content-sha256"));
        boolean whole = hash.equals("UNSIGNED-PAYLOAD") ? body.length == 0 : hash.equals(hex(sha256(body)));
        if (!enough || !whole) {
            return false;
        }
        Map<String, String> signed = new TreeMap<>();
        names.forEach(name -> signed.put(name, String.join(",", headers.getOrDefault(name, List.of()))));
        String date = signed.getOrDefault("x-amz-date", "");
        return date.startsWith(said.group(2))
                && signature(secret, said.group(3), asked.getRequestMethod(), asked.getRequestURI(), signed, hash)
                        .equals(said.group(5));
    }

    /** Returns the signature of a request with the signed {@code headers}; their {@code x-amz-date} has the time. */
    static String signature(
            String secret, String region, String method, URI uri, Map<String, String> headers, String bodyHash) {
        String query = uri.getRawQuery() == null
                ? ""
                : Arrays.stream(uri.getRawQuery().split("&"))
                        .map(part -> part.contains("=") ? part : part + "=")
                        .sorted()
                        .collect(Collectors.joining("&"));
        Map<String, String> sorted = new TreeMap<>(headers);
        String canonical = method + "\n" + uri.getRawPath() + "\n" + query + "\n"
                + sorted.entrySet().stream()
                        .map(header -> header.getKey() + ":"
                                + header.getValue().strip().replaceAll(" +", " ") + "\n")
                        .collect(Collectors.joining())
                + "\n" + String.join(";", sorted.keySet()) + "\n" + bodyHash;
        String date = sorted.getOrDefault("x-amz-date", "");
        String day = date.substring(0, Math.min(8, date.length()));
        String scope = day + "/" + region + "/s3/aws4_request";
        String toSign = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n"
                + hex(sha256(canonical.getBytes(StandardCharsets.UTF_8)));
        byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
        for (String part : List.of(day, region, "s3", "aws4_request", toSign)) {
            key = hmac(key, part);
        }
        return hex(key);
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        client.close();
    }
}
