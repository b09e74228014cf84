package dev.interlock.system;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client of the reverse front that holds a lease. */
final class Agent implements AutoCloseable {

    private static final Pattern KIND = Pattern.compile("\"kind\"\\s*:\\s*\"([a-z_]+)\"");
    private static final Pattern HOLD = Pattern.compile("\"hold\"\\s*:\\s*\"(H-[0-9A-Z]+)\"");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final URI address;
    private final String token;

    /** The answer. */
    record Answer(int status, String body, Optional<String> receipt) {

        /** The machine-readable kind of the refusal; empty if the answer is no refusal. */
        String kind() {
            Matcher kind = KIND.matcher(body);
            return kind.find() ? kind.group(1) : "";
        }

        String hold() {
            Matcher hold = HOLD.matcher(body);
            if (!hold.find()) {
                throw new AssertionError("no hold in: " + body);
            }
            return hold.group(1);
        }
    }

    Agent(int port, String token) {
        this.address = URI.create("http://127.0.0.1:" + port + "/railway/graphql/v2");
        this.token = token;
    }

    static String delete(String volume) {
        return "mutation { volumeDelete(volumeId: \"" + volume + "\") }";
    }

    static String variable(String name, String value) {
        return "mutation { variableUpsert(input: { projectId: \"" + TestingRailway.PROJECT
                + "\", environmentId: \"" + TestingRailway.STAGING + "\", name: \"" + name + "\", value: \""
                + value + "\" }) }";
    }

    /** A redeployment in staging. */
    static String redeploy() {
        return "mutation { serviceInstanceRedeploy(environmentId: \"" + TestingRailway.STAGING + "\", serviceId: \""
                + TestingRailway.SERVICE + "\") }";
    }

    static String read() {
        return "{ environment(id: \"" + TestingRailway.STAGING + "\") { id name } }";
    }

    Answer ask(String query) throws IOException, InterruptedException {
        return send(request(query));
    }

    /** A request that may still be changed. */
    HttpRequest.Builder request(String query) {
        return request(Json.object().with("query", query));
    }

    HttpRequest.Builder request(Json.Members body) {
        return at(address, body.canonicalText());
    }

    /** {@code query} with {@code parameters} behind the path. */
    HttpRequest.Builder request(String query, String parameters) {
        return at(
                URI.create(address + "?" + parameters),
                Json.object().with("query", query).canonicalText());
    }

    private HttpRequest.Builder at(URI target, String body) {
        return HttpRequest.newBuilder(target)
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return answer(http.send(request.build(), HttpResponse.BodyHandlers.ofString()));
    }

    CompletableFuture<Answer> sendAsync(HttpRequest.Builder request) {
        return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                .thenApply(Agent::answer);
    }

    private static Answer answer(HttpResponse<String> response) {
        return new Answer(
                response.statusCode(), response.body(), response.headers().firstValue("interlock-receipt"));
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}
