package dev.interlock.ledger;

import dev.interlock.action.Bytes;
import dev.interlock.oauth.BoundedCall;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The part of a bucket below a prefix, at a store that speaks S3. The names of objects need no escapes. */
final class S3Bucket {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final String DIGEST = "x-amz-meta-sha256";
    private static final Pattern CODE = Pattern.compile("<Code>(\\w{1,64})</Code>");
    private static final Duration PATIENCE = Duration.ofMinutes(1); // for a segment, by a slow line
    private static final int MAX_ANSWER = 128 * 1024; // a checkpoint is no longer

    private final LedgerConfig.BucketAddress address;
    private final HttpClient client;
    private final Duration patience;

    S3Bucket(LedgerConfig.BucketAddress address) {
        this(address, PATIENCE);
    }

    S3Bucket(LedgerConfig.BucketAddress address, Duration patience) {
        this.address = address;
        this.patience = patience;
        HttpClient.Builder builder = BoundedCall.client(Duration.ofSeconds(10)).version(HttpClient.Version.HTTP_1_1);
        address.tls().ifPresent(builder::sslContext);
        this.client = builder.build();
    }

    Optional<byte[]> get(String name) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = send("GET", name, new byte[0], Map.of());
        if (answer.statusCode() == 404 && code(answer).equals("NoSuchKey")) {
            return Optional.empty();
        }
        return Optional.of(successful(answer).body());
    }

    /** Stores an object that never changes, unless it is there; with a lock, if the bucket's objects get one. */
    void keep(String name, byte[] body) throws IOException, InterruptedException {
        HttpResponse<byte[]> found = send("HEAD", name, new byte[0], Map.of());
        if (found.statusCode() != 404
                && successful(found).headers().firstValue(DIGEST).equals(Optional.of(sha256(body)))) {
            return;
        }
        Map<String, String> lock = new TreeMap<>();
        if (address.lockDays() > 0) {
            Instant until = Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(address.lockDays(), ChronoUnit.DAYS);
            lock.put("x-amz-object-lock-mode", "COMPLIANCE");
            lock.put("x-amz-object-lock-retain-until-date", until.toString());
        }
        put(name, body, lock);
    }

    /** Stores an object that will be replaced by the next of its name. */
    void replace(String name, byte[] body) throws IOException, InterruptedException {
        put(name, body, Map.of());
    }

    private void put(String name, byte[] body, Map<String, String> more) throws IOException, InterruptedException {
        Map<String, String> headers = new TreeMap<>(more);
        headers.put("content-md5", md5(body)); // S3 takes no object with a lock without it
        headers.put(DIGEST, sha256(body));
        successful(send("PUT", name, body, headers));
    }

    private HttpResponse<byte[]> send(String method, String name, byte[] body, Map<String, String> more)
            throws IOException, InterruptedException {
        URI uri = address.root().resolve(name);
        SortedMap<String, String> headers = new TreeMap<>(more);
        headers.put("x-amz-date", TIME.format(Instant.now()));
        headers.put(AwsSignature.CONTENT, sha256(body));
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        headers.put("host", uri.getRawAuthority()); // the client sends it itself
        String signature = AwsSignature.of(address.key().read(), address.region())
                .authorization(method, uri.getRawPath(), headers);
        return BoundedCall.send(
                client, request.header("authorization", signature).build(), patience, MAX_ANSWER);
    }

    private HttpResponse<byte[]> successful(HttpResponse<byte[]> answer) throws IOException {
        int status = answer.statusCode();
        if (status / 100 == 2) {
            return answer;
        }
        String next = switch (status) {
            case 400 -> "with `lock-days`, it must have been made with Object Lock";
            case 403 -> "check `credentials-file`, and that its key may list, get, put and lock objects there";
            case 301, 307, 404 -> "check `url`, `endpoint` and `region` of `replica-bucket` in gateway.yaml";
            default -> "it is tried again";
        };
        throw new IOException(
                "the bucket answers with status " + status + " " + code(answer).strip() + ": " + next);
    }

    /** Returns the store's own word for what is wrong; an answer to HEAD has none. */
    private static String code(HttpResponse<byte[]> answer) {
        Matcher code = CODE.matcher(new String(answer.body(), StandardCharsets.UTF_8));
        return code.find() ? code.group(1) : "";
    }

    private static String sha256(byte[] body) {
        return AwsSignature.hex(Bytes.newSha256().digest(body));
    }

    private static String md5(byte[] body) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the Java runtime lacks MD5", e);
        }
    }
}
