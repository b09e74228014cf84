package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.signin.PinnedAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Providers that revoke a credential when it is sent to them, without another credential. Each is asked only at its own
 * address, because sending a credential discloses it. If a kind may belong to several hosts, as GitLab's, nobody is
 * asked.
 */
enum RevocationEndpoint {
    /**
     * GitHub accepts every token, and notifies the token's owner. Installation tokens are left out: they end within the
     * hour.
     */
    GITHUB("github-token", "gh[pour]_.+|github_pat_.+", "https://api.github.com/credentials/revoke") {
        @Override
        HttpRequest.Builder asked(HttpRequest.Builder request, Secret secret) {
            return request.header("Accept", "application/vnd.github+json")
                    .header("X-GitHub-Api-Version", "2022-11-28")
                    .header("Content-Type", "application/json")
                    .POST(secret.use(token -> HttpRequest.BodyPublishers.ofString(Json.object()
                            .withTexts("credentials", java.util.List.of(token))
                            .canonicalText())));
        }

        @Override
        RevocationOutcome read(int status, String body) {
            return status == 202
                    ? new RevocationOutcome(
                            true,
                            "GitHub has accepted it and notifies the token's owner. It does "
                                    + "not say whether it knew the token.")
                    : RevocationOutcome.status(status);
        }
    },

    SLACK("slack-token", "xox[bp]-.+", "https://slack.com/api/auth.revoke") {
        @Override
        HttpRequest.Builder asked(HttpRequest.Builder request, Secret secret) {
            return request.header("Authorization", secret.use(token -> "Bearer " + token))
                    .POST(HttpRequest.BodyPublishers.noBody());
        }

        @Override
        RevocationOutcome read(int status, String body) {
            if (status == 200 && body.matches("(?s).*\"revoked\"\\s*:\\s*true.*")) {
                return new RevocationOutcome(true, "Slack has revoked it.");
            }
            Matcher error = ERROR.matcher(body);
            return status == 200 && error.find()
                    ? new RevocationOutcome(false, "Slack did not revoke it: " + error.group(1) + ".")
                    : RevocationOutcome.status(status);
        }
    };

    private static final Pattern ERROR = Pattern.compile("\"error\"\\s*:\\s*\"([a-z_]{1,60})\"");
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MAX_ANSWER = 1 << 16;

    private final String kind;
    private final Pattern form;
    private final URI address;

    RevocationEndpoint(String kind, String form, String address) {
        this.kind = kind;
        this.form = Pattern.compile(form);
        this.address = URI.create(address);
    }

    /** The result. Only those parts of the answer are shown that are known to contain no secret. */
    record RevocationOutcome(boolean done, String said) {
        static RevocationOutcome status(int status) {
            return new RevocationOutcome(
                    false, "The provider answered with status " + status + ", so the credential may still work.");
        }
    }

    abstract HttpRequest.Builder asked(HttpRequest.Builder request, Secret secret);

    abstract RevocationOutcome read(int status, String body);

    /** Returns the provider that revokes credentials of {@code kind} that look like {@code secret}, if there is one. */
    static Optional<RevocationEndpoint> of(String kind, Secret secret) {
        return Arrays.stream(values())
                .filter(one -> one.kind.equals(kind)
                        && secret.use(text -> one.form.matcher(text).matches()))
                .findFirst();
    }

    URI address() {
        return address;
    }

    /**
     * Requests the revocation at the provider's own address, or, for a rehearsal, at an address of this machine.
     *
     * @throws UsageException if the rehearsal is anywhere else
     */
    RevocationOutcome ask(Secret secret, Optional<URI> rehearsal, Optional<Path> authority)
            throws IOException, InterruptedException {
        URI target =
                rehearsal.map(here -> local(here).resolve(address.getPath())).orElse(address);
        HttpClient.Builder client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(PATIENCE);
        if (rehearsal.isPresent() && authority.isPresent()) {
            client.proxy(HttpClient.Builder.NO_PROXY).sslContext(PinnedAuthority.trusting(authority.get()));
        }
        HttpRequest request =
                asked(HttpRequest.newBuilder(target).timeout(PATIENCE), secret).build();
        try (HttpClient http = client.build()) {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                return read(response.statusCode(), new String(body.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // The cause may contain the request.
            throw new IOException("`" + target.getHost() + "` could not be asked ("
                    + e.getClass().getSimpleName() + "), so it is not known whether the credential was revoked");
        }
    }

    private static URI local(URI here) {
        if (!"https".equals(here.getScheme())
                || here.getHost() == null
                || !here.getHost().matches("localhost|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|\\[::1]")
                || here.getUserInfo() != null) {
            throw new UsageException(
                    "a rehearsal must be at `https://localhost:PORT`: the credential is sent nowhere else");
        }
        return here;
    }
}
