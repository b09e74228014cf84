package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.Loopback;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.program.ExitCodes;
import dev.interlock.signin.PinnedAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import javax.net.ssl.SSLException;

/** Asks a gateway for what it answers itself, as a lease's holder. */
final class LeaseHolderClient {

    /** The timeout: two syncs of a busy disk. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final int MAX_ANSWER = 1 << 20;

    private final URI gateway;
    private final Optional<Path> authority;

    /** Refuses an address to which the lease would go in plain text, or to another path than its own. */
    LeaseHolderClient(URI gateway, Optional<Path> authority) {
        boolean checked = "https".equalsIgnoreCase(gateway.getScheme()) && gateway.getHost() != null;
        if (!(checked || Loopback.isPlainHttp(gateway))
                || !(gateway.getRawPath().isEmpty() || gateway.getRawPath().equals("/"))) {
            throw new UsageException("a gateway's address is `http://127.0.0.1:PORT` or `https://NAME:PORT`");
        }
        this.gateway = gateway;
        this.authority = authority;
    }

    /** The gateway's answer; without {@code given} it is a refusal. */
    record HolderAnswer(boolean given, Json.Members body) {

        /** Returns the exit code of {@code print}, or that of a refusal, which it prints. */
        int exit(Terminal terminal, ToIntFunction<Json.Members> print) {
            if (!given) {
                terminal.problem(body.text("detail") + " " + body.text("next"));
                return ExitCodes.NO;
            }
            return print.applyAsInt(body);
        }
    }

    HolderAnswer derive(Secret token, Json.Members asked) throws IOException, InterruptedException {
        return post(token, "/.interlock/leases", asked);
    }

    /** Sends calls ahead. */
    HolderAnswer plan(Secret token, Json.Members plan) throws IOException, InterruptedException {
        return post(token, "/.interlock/plans", plan);
    }

    private HolderAnswer post(Secret token, String path, Json.Members body) throws IOException, InterruptedException {
        return ask(
                token,
                HttpRequest.newBuilder(gateway.resolve(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body.canonical())));
    }

    HolderAnswer whoami(Secret token) throws IOException, InterruptedException {
        return ask(
                token,
                HttpRequest.newBuilder(gateway.resolve("/.interlock/whoami")).header("Accept", "application/json"));
    }

    private HolderAnswer ask(Secret token, HttpRequest.Builder asked) throws IOException, InterruptedException {
        RawAnswer answer = send(token, asked.timeout(PATIENCE));
        try {
            return new HolderAnswer(
                    answer.status() / 100 == 2, Json.readObject(answer.body().toArray()));
        } catch (MalformedException e) {
            throw new IOException("the server at `" + gateway + "` is not an Interlock gateway", e);
        }
    }

    /** An answer of the gateway, or of an upstream; {@code type} is its media type. */
    record RawAnswer(int status, String type, Bytes body) {}

    /** Sends one read to an upstream; {@code path} begins with the upstream's name. */
    RawAnswer read(Secret token, String path, Map<String, String> headers, Duration patience)
            throws IOException, InterruptedException {
        HttpRequest.Builder asked =
                HttpRequest.newBuilder(gateway.resolve(path)).timeout(patience);
        headers.forEach(asked::header);
        return send(token, asked);
    }

    private RawAnswer send(Secret token, HttpRequest.Builder asked) throws IOException, InterruptedException {
        HttpRequest request = asked.header("Authorization", token.use(value -> "Bearer " + value))
                .build();
        HttpClient.Builder client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).proxy(HttpClient.Builder.NO_PROXY);
        if (authority.isPresent()) {
            client.sslContext(PinnedAuthority.trusting(authority.get()));
        }
        try (HttpClient http = client.build()) {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                return new RawAnswer(
                        response.statusCode(),
                        response.headers().firstValue("content-type").orElse(""),
                        Bytes.of(body.readNBytes(MAX_ANSWER)));
            }
        } catch (SSLException e) {
            throw new IOException(
                    "the certificate at `" + gateway
                            + "` is not trusted; name its CA with --ca, and use the host name in the certificate",
                    e);
        }
    }
}
