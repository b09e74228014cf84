package dev.interlock.system.bypass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests bypass attempts that are one exchange on the wire. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("process")
@Tag("promise")
class BypassCorpusTest {

    /** The kinds that count as refusals. A failure of the gateway stops an attempt too, and still fails the test. */
    private static final Set<String> REFUSALS =
            Set.of("denied", "confirmation_required", "foreign_credential", "not_understood");

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path directory;

    /** Fewer than the refusals in a minute after which a lease's are only counted. */
    private static final int MAX_OF_A_LEASE = 50;

    private static int sent;
    private static BypassGateway stand;
    private static String lease;

    @BeforeAll
    static void start() throws Exception {
        stand = BypassGateway.start(directory);
        lease = stand.lease();
    }

    @AfterAll
    static void stop() throws IOException {
        if (stand != null) {
            stand.close();
        }
    }

    @TestFactory
    Stream<DynamicTest> graphql() throws IOException {
        return tests(GraphqlAttempts.all());
    }

    @TestFactory
    Stream<DynamicTest> carriers() {
        return tests(CredentialCarrierAttempts.all());
    }

    @TestFactory
    Stream<DynamicTest> framing() {
        return tests(FramingAttempts.all());
    }

    @TestFactory
    Stream<DynamicTest> malformedRequestsGetWellFormedRefusals() {
        return MalformedRequestAttempts.all(wire -> {
            long before = stand.upstream().look().withOtherTokens();
            List<RawWire.Answer> answers = stand.send(lease, wire, 1);
            assertThat(stand.upstream().look().withOtherTokens()).isEqualTo(before);
            assertThat(answers).hasSize(1);
            assertIsRefusal(REFUSALS, answers.getFirst());
        });
    }

    @Test
    void anOversizedAttemptStillLeavesAReceipt() throws Exception {
        JsonNode answer = JSON.readTree(stand.send(lease, MalformedRequestAttempts.padded(), 1)
                .getFirst()
                .body());
        Json.Members receipt = stand.ask("receipts", Json.object().with("limit", 100)).items("receipts").stream()
                .map(Json.Members.class::cast)
                .filter(one -> one.text("id").equals(answer.path("receipt").asText()))
                .findFirst()
                .orElseThrow();
        assertThat(receipt.text("agent")).startsWith("jer/");
        assertThat(receipt.canonicalText()).contains("\"actions_omitted\":").contains("\"refusal\":\"denied\"");
    }

    /** Checks permitted calls: otherwise a gateway that refuses everything would pass. */
    @TestFactory
    Stream<DynamicTest> theLeaseWorksInEveryCarrier() {
        return Stream.of(
                        List.of("Authorization: Bearer ${token}"),
                        List.of("authorization: token ${token}"),
                        List.of("Authorization: ${token}"),
                        List.of("Project-Access-Token: ${token}"),
                        List.of("Authorization: Bearer ${token}", "Project-Access-Token: ${token}"),
                        List.of("X-Api-Key: ${token}"),
                        List.of("Cookie: session=${token}"),
                        List.of(CredentialCarrierAttempts.basic("agent", lease)),
                        List.of(CredentialCarrierAttempts.basic("x-access-token", lease)),
                        List.of(CredentialCarrierAttempts.basic("", lease)),
                        List.of(CredentialCarrierAttempts.basic(lease, "")),
                        List.of(CredentialCarrierAttempts.basic(lease, "x-oauth-basic")))
                .map(carrier -> dynamicTest(carrier.toString().replace(lease, "…"), () -> {
                    long before = stand.upstream().look().executed("serviceInstanceRedeploy");
                    List<RawWire.Answer> answers =
                            stand.send(lease, CredentialCarrierAttempts.lawful(carrier.toArray(String[]::new)), 1);
                    assertThat(answers)
                            .singleElement()
                            .satisfies(answer -> assertThat(answer.status())
                                    .as(answer.body())
                                    .isEqualTo(200));
                    assertThat(stand.upstream().look().executed("serviceInstanceRedeploy"))
                            .isEqualTo(before + 1);
                }));
    }

    @Test
    void curlWithAUserNameBesideTheLeaseWorks() throws Exception {
        long before = stand.upstream().look().executed("serviceInstanceRedeploy");
        String config = "url = \"http://127.0.0.1:" + stand.port() + "/railway/graphql/v2\"\nuser = \"agent:" + lease
                + "\"\nheader = \"Content-Type: application/json\"\nsilent\nmax-time = 10\ndata = "
                + Requests.quoted("{\"query\":" + Requests.quoted(CredentialCarrierAttempts.REDEPLOY) + "}")
                + "\n";
        assertThat(BypassGateway.run(List.of("curl", "--config", "-"), config))
                .contains("\"serviceInstanceRedeploy\":true");
        assertThat(stand.upstream().look().executed("serviceInstanceRedeploy")).isEqualTo(before + 1);
    }

    /** The same request in the other version of the protocol is the same attempt. */
    @Test
    void http2StopsTheSameAttacksAndForwardsLawfulCalls() throws Exception {
        long deleted = stand.upstream().look().executed("volumeDelete");
        long redeployed = stand.upstream().look().executed("serviceInstanceRedeploy");
        String delete = "mutation { volumeDelete(volumeId: \"" + SimulatedProvider.SHARED + "\") }";
        assertThat(overHttp2(delete)).contains("\"kind\":\"denied\"");
        assertThat(stand.upstream().look().executed("volumeDelete")).isEqualTo(deleted);
        assertThat(overHttp2(CredentialCarrierAttempts.REDEPLOY)).contains("\"serviceInstanceRedeploy\":true");
        assertThat(stand.upstream().look().executed("serviceInstanceRedeploy")).isEqualTo(redeployed + 1);
    }

    /** `kubectl exec` repeats a refused WebSocket request over SPDY, and it means the same. */
    @Test
    void websocketAndSpdyUpgradesAreRefused() throws Exception {
        SimulatedProvider.ProviderState before = stand.upstream().look();
        List<JsonNode> refusals = new ArrayList<>();
        for (String name : List.of("WebSocket upgrade by GET", "SPDY upgrade, as kubectl asks")) {
            BypassAttempt attempt = FramingAttempts.all().stream()
                    .filter(one -> one.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            RawWire.Answer answer = stand.send(lease, attempt.guarded(), 1).getFirst();
            assertIsRefusal(Set.of("not_understood"), answer);
            refusals.add(JSON.readTree(answer.body()));
        }
        assertThat(refusals.getLast().path("next"))
                .isEqualTo(refusals.getFirst().path("next"));
        assertThat(refusals).noneMatch(refusal -> refusal.has("hold"));
        assertThat(stand.upstream().look().disks()).isEqualTo(before.disks());
        assertThat(stand.upstream().look().executed("volumeDelete")).isEqualTo(before.executed("volumeDelete"));
    }

    private static String overHttp2(String document) throws Exception {
        String config = "url = \"http://127.0.0.1:" + stand.port() + "/railway/graphql/v2\"\nhttp2-prior-knowledge\n"
                + "header = \"Authorization: Bearer " + lease
                + "\"\nheader = \"Content-Type: application/json\"\nsilent\n"
                + "max-time = 10\ndata = " + Requests.quoted("{\"query\":" + Requests.quoted(document) + "}") + "\n";
        return BypassGateway.run(List.of("curl", "--config", "-"), config);
    }

    private static Stream<DynamicTest> tests(List<BypassAttempt> tries) {
        return tries.stream()
                .map(attempt -> dynamicTest(attempt.name(), () -> {
                    proveItIsReal(attempt);
                    proveItIsStopped(attempt);
                }));
    }

    private static void proveItIsReal(BypassAttempt attempt) throws IOException {
        try (SimulatedProvider world = SimulatedProvider.start(directory)) {
            List<RawWire.Answer> answers = world.send(attempt.direct(), attempt.requests());
            boolean harmed = switch (attempt.harm()) {
                case BypassAttempt.AttemptHarm.ExecutedRootField(String root) ->
                    world.look().executed(root) == 1;
                case BypassAttempt.AttemptHarm.LeakedText(String secret) ->
                    answers.stream().anyMatch(answer -> answer.body().contains(secret));
            };
            assertThat(harmed).as("this is no real attack: %s", answers).isTrue();
        }
    }

    private static void proveItIsStopped(BypassAttempt attempt) throws IOException, AdminRefusedException {
        sent++;
        if (sent % MAX_OF_A_LEASE == 0) {
            lease = stand.lease(stand.newAgent());
        }
        SimulatedProvider.ProviderState before = stand.upstream().look();
        List<RawWire.Answer> answers = stand.send(lease, attempt.guarded(), attempt.requests());
        if (answers.toString().contains("asked too often")) {
            // The agent's budget of questions is used up, and the verdict must come from the policy.
            lease = stand.lease(stand.newAgent());
            answers = stand.send(lease, attempt.guarded(), attempt.requests());
        }
        SimulatedProvider.ProviderState after = stand.upstream().look();
        assertThat(after.disks()).as("the disks; answers: %s", answers).isEqualTo(before.disks());
        switch (attempt.harm()) {
            case BypassAttempt.AttemptHarm.ExecutedRootField(String root) ->
                assertThat(after.executed(root))
                        .as("%s; answers: %s", root, answers)
                        .isEqualTo(before.executed(root));
            case BypassAttempt.AttemptHarm.LeakedText(String secret) ->
                assertThat(answers.toString()).doesNotContain(secret);
        }
        if (!attempt.name().startsWith("pipelined")) {
            assertThat(after.withOtherTokens()).as("answers: %s", answers).isEqualTo(before.withOtherTokens());
        }
        assertThat(answers).as("answers").isNotEmpty();
        assertIsRefusal(attempt.kinds().isEmpty() ? REFUSALS : attempt.kinds(), answers.getLast());
        assertThat(stand.isServing()).isTrue();
    }

    /** Requires DESIGN's contract: an agent learns that this is policy, what exactly, and what it may do next. */
    private static void assertIsRefusal(Collection<String> kinds, RawWire.Answer answer) throws IOException {
        assertThat(answer.status()).as(answer.body()).isIn(400, 403);
        JsonNode body = JSON.readTree(answer.body());
        JsonNode error = body.path("errors").path(0).path("extensions");
        // What persisted queries get has no other member, because their clients go on only then.
        JsonNode problem = error.path("code").asText().equals("PERSISTED_QUERY_NOT_SUPPORTED") ? error : body;
        assertThat(problem.path("kind").asText()).as(answer.body()).isIn(kinds);
        assertThat(problem.path("detail").asText()).isNotBlank();
        assertThat(problem.path("next").asText()).isNotBlank();
        assertThat(problem.path("receipt").asText()).as(answer.body()).startsWith("R-");
    }
}
