package dev.interlock.system.bypass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests attempts to turn a person's signature, or its absence, into something that nobody signed. Every test has a
 * volume of its own, which is staging's alone. One confirmed request may delete it, and nothing else may. A stopped
 * request is sent past the gateway afterwards, at another such volume.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("process")
@Tag("promise")
class ConfirmationBypassTest {

    private static final String CONFIRM = "interlock-confirm@v1";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path directory;

    private static BypassGateway stand;

    private String agent = "";
    private String lease = "";
    private String volume = "";

    private final List<StoppedRequest> stopped = new ArrayList<>();

    /** A request that was stopped, and the volume that it targets. */
    private record StoppedRequest(byte[] wire, String victim) {}

    @BeforeAll
    static void start() throws Exception {
        stand = BypassGateway.start(directory);
    }

    @AfterAll
    static void stop() throws IOException {
        if (stand != null) {
            stand.close();
        }
    }

    @BeforeEach
    void aFreshVolumeAndLease() throws Exception {
        agent = stand.newAgent();
        lease = stand.lease(agent);
        volume = stand.disposable();
    }

    /** An attempt that would not destroy anything without the gateway proves nothing about the gateway. */
    @AfterEach
    void whatWasStoppedDestroysDirectly() throws IOException {
        for (StoppedRequest attempt : stopped) {
            String twin = stand.disposable();
            String wire = new String(attempt.wire(), StandardCharsets.ISO_8859_1);
            byte[] direct = Requests.latin(wire.replace(attempt.victim(), twin));
            List<RawWire.Answer> answers = stand.upstream().send(direct, 1);
            assertThat(stand.upstream().look().disks())
                    .as("this is no real attack: %s", answers)
                    .doesNotContainKey(twin);
        }
    }

    private byte[] delete() {
        return delete(volume);
    }

    private static byte[] delete(String which) {
        return Requests.query("mutation { volumeDelete(volumeId: \"" + which + "\") }");
    }

    private static JsonNode ask(String token, byte[] wire) throws IOException {
        return JSON.readTree(stand.send(token, wire, 1).getFirst().body());
    }

    /** Returns the hold that {@code wire} opens. */
    private String hold(byte[] wire) throws IOException {
        JsonNode answer = ask(lease, wire);
        assertThat(answer.path("kind").asText()).as(answer.toString()).isEqualTo("confirmation_required");
        assertThat(answer.toString()).as("the nonce is for people").doesNotContain("nonce");
        return answer.path("hold").asText();
    }

    private static String statement(String hold) throws Exception {
        return stand.ask("hold.show", Json.object().with("hold", hold)).text("statement");
    }

    private static void submit(String hold, String signature) throws Exception {
        stand.ask("hold.sign", Json.object().with("hold", hold).with("signature", signature));
    }

    private static void signed(String hold) throws Exception {
        submit(hold, stand.signature("sam", CONFIRM, statement(hold)));
    }

    private static void assertRejected(String hold, String signature) {
        assertThatThrownBy(() -> submit(hold, signature)).isInstanceOf(AdminRefusedException.class);
    }

    // Requires exactly this answer: one with another cause, such as a spent budget of questions, proves nothing.
    private void assertStillHeld(String token, byte[] wire) throws IOException {
        assertAnswered("confirmation_required", token, wire);
    }

    private void assertAnswered(String kind, String token, byte[] wire) throws IOException {
        stopped.add(new StoppedRequest(wire, volume));
        JsonNode answer = ask(token, wire);
        assertThat(answer.path("kind").asText()).as(answer.toString()).isEqualTo(kind);
        assertThat(answer.path("next").asText()).isNotBlank();
        assertIntact(volume);
    }

    /** It is held like any other call, or not understood. */
    private void assertNotReleased(byte[] wire) throws IOException {
        JsonNode answer = ask(lease, wire);
        assertThat(answer.path("kind").asText()).as(answer.toString()).isIn("confirmation_required", "not_understood");
        assertIntact(volume);
    }

    private static void assertIntact(String which) throws IOException {
        assertThat(stand.upstream().look().disks()).containsKey(which);
    }

    private void assertReleasedOnce() throws IOException {
        long before = stand.upstream().look().executed("volumeDelete");
        assertThat(ask(lease, delete()).at("/data/volumeDelete").asBoolean()).isTrue();
        assertThat(stand.upstream().look().disks()).doesNotContainKey(volume);
        assertThat(stand.upstream().look().executed("volumeDelete")).isEqualTo(before + 1);
    }

    @Test
    void aSignedCallIsSentExactlyOnce() throws Exception {
        signed(hold(delete()));
        assertReleasedOnce();
        long done = stand.upstream().look().executed("volumeDelete");
        JsonNode replay = ask(lease, delete());
        stopped.add(new StoppedRequest(delete(), volume));
        assertThat(replay.path("kind").asText()).as(replay.toString()).isNotEmpty();
        assertThat(stand.upstream().look().executed("volumeDelete")).isEqualTo(done);
    }

    @Test
    void aVariantOfASignedCallIsAnotherRequest() throws Exception {
        signed(hold(delete()));
        assertStillHeld(lease, Requests.query("mutation { x: volumeDelete(volumeId: \"" + volume + "\") }"));
        assertStillHeld(lease, Requests.query("mutation Other { volumeDelete(volumeId: \"" + volume + "\") }"));
        assertStillHeld(lease, Requests.query("mutation { volumeDelete(volumeId: \"" + volume + "\") __typename }"));
        assertStillHeld(
                lease,
                Requests.query(
                        "mutation($v: String!) { volumeDelete(volumeId: $v) b: __typename }",
                        "{\"v\":\"" + volume + "\"}"));
        assertReleasedOnce();
    }

    @Test
    void aChangedFieldIsAnotherRequest() throws Exception {
        signed(hold(delete()));
        byte[] other = Requests.post(
                Requests.JSON,
                Requests.utf8("{\"query\":" + Requests.quoted("mutation { volumeDelete(volumeId: \"" + volume + "\") }")
                        + "}"),
                "Accept: application/graphql-response+json");
        assertStillHeld(lease, other);
        // What no catalog reads is part of the request as well.
        String query = "{\"query\":" + Requests.quoted("mutation { volumeDelete(volumeId: \"" + volume + "\") }");
        for (String member :
                List.of("\"force\":true", "\"extensions\":{\"force\":true}", "\"variables\":{\"force\":true}")) {
            assertNotReleased(Requests.postJson(query + "," + member + "}"));
        }
        assertNotReleased(Requests.latin(new String(delete(), StandardCharsets.ISO_8859_1)
                .replace("POST ${path} ", "POST ${path}?force=true ")));
        assertReleasedOnce();
    }

    /** Clients add headers of their own. Such a call is the signed one, to the byte, when it is sent. */
    @Test
    void aHeaderThatGoesNowhereChangesNothing() throws Exception {
        signed(hold(delete()));
        long before = stand.upstream().look().executed("volumeDelete");
        byte[] another = Requests.latin(
                new String(delete(), StandardCharsets.ISO_8859_1).replaceFirst("\r\n", "\r\nX-Client-Version: 2\r\n"));
        assertThat(ask(lease, another).at("/data/volumeDelete").asBoolean()).isTrue();
        assertThat(stand.upstream().look().executed("volumeDelete")).isEqualTo(before + 1);
        assertThat(ask(lease, delete()).path("kind").asText()).isNotEmpty();
        assertThat(stand.upstream().look().executed("volumeDelete")).isEqualTo(before + 1);
    }

    @Test
    void anotherVolumeIsAnotherRequest() throws Exception {
        signed(hold(delete()));
        String signed = volume;
        volume = stand.disposable();
        assertStillHeld(lease, delete());
        volume = signed;
        assertReleasedOnce();
    }

    @Test
    void deletingTwoVolumesIsAnotherRequest() throws Exception {
        String other = stand.disposable();
        signed(hold(delete()));
        signed(hold(delete(other)));
        assertStillHeld(
                lease,
                Requests.query("mutation { a: volumeDelete(volumeId: \"" + volume + "\") b: volumeDelete(volumeId: \""
                        + other + "\") }"));
        assertIntact(other);
    }

    @Test
    void anotherLeaseOfTheSameAgentHasNoConfirmation() throws Exception {
        signed(hold(delete()));
        assertStillHeld(stand.lease(agent), delete());
    }

    @Test
    void aSignatureInAnotherNamespaceDoesNotCount() throws Exception {
        String hold = hold(delete());
        for (String namespace : List.of("interlock-seal@v1", "interlock-lease@v1", "file", "git")) {
            assertRejected(hold, stand.signature("sam", namespace, statement(hold)));
        }
        assertStillHeld(lease, delete());
    }

    @Test
    void aSignatureUnderAnotherStatementDoesNotCount() throws Exception {
        String hold = hold(delete());
        String other = hold(delete(stand.disposable()));
        assertRejected(hold, stand.signature("sam", CONFIRM, statement(other)));
        assertRejected(hold, stand.signature("sam", CONFIRM, statement(hold) + "\n"));
        assertRejected(hold, stand.signature("sam", CONFIRM, ""));
        assertRejected(hold, "");
        assertRejected(hold, "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n");
        assertStillHeld(lease, delete());
    }

    @Test
    void thePersonBehindTheLeaseMayNotSignWithASoftwareKey() throws Exception {
        String hold = hold(delete());
        assertRejected(hold, stand.signature("jer", CONFIRM, statement(hold)));
        assertStillHeld(lease, delete());
    }

    /**
     * The requester of a lease names the agent: with another owner's agent, a key file of theirs would be a second
     * person.
     */
    @Test
    void theLeaseSignerMayNotSignWithASoftwareKey() throws Exception {
        Json.Members more =
                Json.object().with("agent", agent).with("task", "fix-staging").with("ttl", "2h");
        String asked = stand.ask("lease.prepare", more).text("statement");
        lease = stand.ask(
                        "lease.issue",
                        Json.object()
                                .with("statement", asked)
                                .with("signature", stand.signature("sam", "interlock-lease@v1", asked)))
                .text("token");
        String hold = hold(delete());
        assertRejected(hold, stand.signature("sam", CONFIRM, statement(hold)));
        assertStillHeld(lease, delete());
    }

    @Test
    void anUnknownKeyDoesNotCount() throws Exception {
        String hold = hold(delete());
        assertRejected(hold, stand.signature("sealer", CONFIRM, statement(hold)));
        assertStillHeld(lease, delete());
    }

    @Test
    void aDenialCoversVariants() throws Exception {
        String hold = hold(delete());
        stand.ask("hold.deny", Json.object().with("hold", hold).with("reason", "not today"));
        assertRejected(hold, stand.signature("sam", CONFIRM, statement(hold)));
        assertAnswered("denied", lease, Requests.query("mutation { x: volumeDelete(volumeId: \"" + volume + "\") }"));
        assertAnswered("denied", lease, delete());
    }

    @Test
    void aLeaseThatEndedHasNoConfirmation() throws Exception {
        signed(hold(delete()));
        for (Json listed : stand.ask("lease.list", Json.object()).items("leases")) {
            stand.ask("lease.revoke", Json.object().with("lease", ((Json.Members) listed).text("id")));
        }
        assertAnswered("denied", lease, delete());
    }

    @Test
    void theLossMayNotGrowAfterSigning() throws Exception {
        signed(hold(delete()));
        // Mounts cannot be added from outside; a backup on the volume also adds to the loss.
        String look = "{ environment(id: \"" + SimulatedProvider.STAGING
                + "\") { volumeInstances { edges { node { id volumeId } } } } }";
        JsonNode mounts = JSON.readTree(
                stand.upstream().send(Requests.query(look), 1).getFirst().body());
        for (JsonNode edge : mounts.at("/data/environment/volumeInstances/edges")) {
            if (edge.at("/node/volumeId").asText().equals(volume)) {
                String backUp = "mutation { volumeInstanceBackupCreate(volumeInstanceId: \""
                        + edge.at("/node/id").asText() + "\", name: \"precious\") { workflowId } }";
                stand.upstream().send(Requests.query(backUp), 1);
            }
        }
        assertStillHeld(lease, delete());
    }

    @Test
    void oneOfRacingCopiesIsSent() throws Exception {
        signed(hold(delete()));
        long before = stand.upstream().look().executed("volumeDelete");
        int copies = 2; // more would use up the questions of one lease within a minute
        CountDownLatch together = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<JsonNode>> answers = new ArrayList<>();
            for (int i = 0; i < copies; i++) {
                answers.add(threads.submit(() -> {
                    together.await();
                    return ask(lease, delete());
                }));
            }
            together.countDown();
            int went = 0;
            for (Future<JsonNode> answer : answers) {
                went += answer.get().at("/data/volumeDelete").asBoolean() ? 1 : 0;
            }
            assertThat(went).isOne();
        }
        assertThat(stand.upstream().look().executed("volumeDelete")).isEqualTo(before + 1);
    }
}
