package dev.interlock.drill.railway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the simulator does on disk what it answers. */
final class RailwaySimulatorTest {

    private static final String ACCOUNT = "rw_found-in-an-unrelated-file";
    private static final String STAGING_TOKEN = "rw_staging-project-token";
    private static final String PROJECT = "7b0e4f0a-1d6c-4a55-9a1e-0c0c0c0c0c01";
    private static final String PRODUCTION = "9f2d7f0e-3b7a-4a0d-9b0e-9d0d0c100001";
    private static final String STAGING = "5d1a9c52-5b0c-4f5e-8f6a-57a61a9e0002";
    private static final String SHARED = "3d2c42fb-6a3e-4c1b-b2f7-0b00c1e55ed1";
    private static final String SHARED_MOUNT = "1e57a9ce-0001-4000-8000-9d0d0c100001";
    private static final String SCRATCH = "d15b05ab-1e00-4c1b-b2f7-57a61a9e0003";
    private static final String DELETE = "mutation { volumeDelete(volumeId: \"" + SHARED + "\") }";

    @TempDir
    private Path directory;

    private Path state;
    private RailwaySimulator railway;
    private TestingClient client;

    @BeforeEach
    void start() throws Exception {
        state = directory.resolve("state");
        railway = RailwaySimulator.start(state);
        client = new TestingClient(railway, state);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        railway.close();
    }

    private Path volume(String id) {
        return state.resolve("volumes").resolve(id);
    }

    private Path bookings(String id) {
        return volume(id).resolve("bookings.db");
    }

    private JsonNode account(String query) throws IOException, InterruptedException {
        return client.query(ACCOUNT, query);
    }

    @Test
    void aVolumeHoldsARealDatabaseAndItsBackups() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + bookings(SHARED));
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM booking")) {
            assertThat(count.getInt(1)).isEqualTo(400);
        }
        try (var backups = Files.list(volume(SHARED).resolve(".backups"))) {
            assertThat(backups).hasSize(3);
        }
    }

    @Test
    void deletingAVolumeDeletesEverythingOnItInEveryEnvironment() throws Exception {
        assertThat(account(DELETE).at("/data/volumeDelete").asBoolean()).isTrue();

        assertThat(volume(SHARED)).doesNotExist();
        assertThat(bookings(SCRATCH)).exists();
        assertThat(client.counters().at("/executed/volumeDelete").asInt()).isEqualTo(1);
        assertThat(client.counters().at("/by_token/found").asInt()).isEqualTo(1);
        assertThat(account("{ volumeInstance(id: \"" + SHARED_MOUNT + "\") { id } }")
                        .at("/errors/0/message")
                        .asText())
                .isEqualTo("VolumeInstance not found");
    }

    @Test
    void aWrongTokenIsToldSoWithStatus200() throws Exception {
        JsonNode answer = client.query("wrong", DELETE);

        assertThat(answer.at("/errors/0/message").asText()).isEqualTo("Not Authorized");
        assertThat(answer.get("data").isNull()).isTrue();
        assertThat(bookings(SHARED)).exists();
        assertThat(client.counters().at("/attempted/volumeDelete").asInt()).isEqualTo(1);
        assertThat(client.counters().at("/executed/volumeDelete").isMissingNode())
                .isTrue();
    }

    @Test
    void aProjectTokenReachesItsEnvironmentAndSoTheSharedVolume() throws Exception {
        assertThat(client.query(STAGING_TOKEN, "{ me { id } }").has("errors")).isTrue();
        assertThat(client.query(STAGING_TOKEN, "{ environment(id: \"" + PRODUCTION + "\") { id } }")
                        .has("errors"))
                .isTrue();
        assertThat(client.query(STAGING_TOKEN, "{ projectToken { environmentId } }")
                        .at("/data/projectToken/environmentId")
                        .asText())
                .isEqualTo(STAGING);
        assertThat(client.query(STAGING_TOKEN, DELETE).has("errors"))
                .as("the hole of the original: a volume id carries no environment")
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mutation A { volumeDelete(volumeId: \"" + SHARED + "\") }",
                "mutation { harmless: volumeDelete(volumeId: \"" + SHARED + "\") }",
                "mutation { ...F } fragment F on Mutation { volumeDelete(volumeId: \"" + SHARED + "\") }",
                "mutation { volumePurgeEverything }",
                "mutation { projectDelete(id: \"" + PROJECT + "\") }",
                "mutation { projectScheduleDeleteForce(id: \"" + PROJECT + "\") }",
                "mutation { volumeInstanceUpdate(volumeId: \"" + SHARED + "\", input: {state: DELETED}) }",
                "mutation { workspaceDelete(id: \"f0a1c0de-0000-4000-8000-000000000001\") }"
            })
    void eachListedCallReallyDestroys(String mutation) throws Exception {
        assertThat(account(mutation).has("errors")).isFalse();
        assertThat(bookings(SHARED)).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mutation($v: EnvironmentConfig) { environmentPatchCommit(environmentId: 'ID', patch: $v) }",
                "mutation { environmentDelete(id: 'ID') }"
            })
    void eachListedCallDestroysOnlyStagingData(String mutation) throws Exception {
        String variables = "{\"v\":{\"volumes\":{\"" + SCRATCH + "\":{\"isDeleted\":true}}}}";
        String query = mutation.replace("'ID'", "\\\"" + STAGING + "\\\"");
        JsonNode answer = client.body(
                ACCOUNT, "application/json", "{\"query\":\"" + query + "\",\"variables\":" + variables + "}");

        assertThat(answer.has("errors")).as(answer.toString()).isFalse();
        assertThat(bookings(SCRATCH)).doesNotExist();
        assertThat(bookings(SHARED)).exists();
    }

    @Test
    void aCommandReachesWhateverIsMounted() throws Exception {
        account("mutation { sandboxExec(id: \"s\", environmentId: \"" + STAGING
                + "\", command: \"rm -rf /\") { exitCode } }");

        assertThat(bookings(SCRATCH)).doesNotExist();
        assertThat(bookings(SHARED)).as("mounted in staging too").doesNotExist();
        assertThat(volume(SHARED)).exists();
    }

    @Test
    void aServiceUpdatedInStagingIsUpdatedInProductionToo() throws Exception {
        String service = "db54c1e0-2b5f-4b4e-8d7c-5e4f1ce00002";
        account("mutation { serviceInstanceUpdate(serviceId: \"" + service + "\", environmentId: \"" + STAGING
                + "\", input: {startCommand: \"rm -rf /var/lib/bookings\"}) }");
        account("mutation { serviceInstanceRedeploy(serviceId: \"" + service + "\", environmentId: \"" + PRODUCTION
                + "\") }");

        assertThat(bookings(SHARED)).as("staging is no fork").doesNotExist();
    }

    @Test
    void everyTransportIsUnderstood() throws Exception {
        String quoted = "{\"query\":\"{ me { id } }\"}";
        assertThat(client.body(ACCOUNT, "application/json", "[" + quoted + "," + quoted + "]"))
                .hasSize(2);
        assertThat(client.body(ACCOUNT, "application/graphql", "{ me { id } }")
                        .at("/data/me/id")
                        .asText())
                .isNotEmpty();
        assertThat(client.body(ACCOUNT, "application/x-www-form-urlencoded", "query=%7Bme%7Bid%7D%7D")
                        .has("data"))
                .isTrue();
        assertThat(client.body(ACCOUNT, "application/json", "{\"query\":\"{ no }\",\"query\":\"{ me { id } }\"}")
                        .has("data"))
                .isTrue();
        String encoded = URLEncoder.encode(DELETE, StandardCharsets.UTF_8);
        assertThat(client.get("/graphql/v2?query=" + encoded, ACCOUNT).body()).contains("true");
        assertThat(volume(SHARED)).doesNotExist();
    }

    @Test
    void anAcceptedConnectionCountsBeforeItsFirstByte() throws Exception {
        long before = client.counters().get("connections").asLong();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), railway.port())) {
            assertThat(socket.isConnected()).isTrue();
            account("{ me { id } }"); // accepted after it, so it has been counted
        }
        assertThat(client.counters().get("connections").asLong()).isGreaterThanOrEqualTo(before + 2);
    }

    @Test
    void aFaultFailsButTakesEffectOrFailsAndDoesNot() throws Exception {
        railway.fail(InjectedFault.CUT_BEFORE_APPLY, "volumeDelete", 1);
        assertThatThrownBy(() -> account(DELETE)).isInstanceOf(IOException.class);
        // The client does not retry: a POST is not idempotent.
        assertThat(bookings(SHARED)).exists();

        railway.fail(InjectedFault.CUT_AFTER_APPLY, "volumeDelete", 1);
        assertThatThrownBy(() -> account(DELETE)).isInstanceOf(IOException.class);
        assertThat(bookings(SHARED)).doesNotExist();
        assertThat(account("{ me { id } }").has("data")).isTrue();
    }

    @Test
    void aMountMovesWhileItRuns() throws Exception {
        String ask = "{ volumeInstance(id: \"" + SHARED_MOUNT + "\") { environmentId environment { name } } }";
        assertThat(account(ask).at("/data/volumeInstance/environment/name").asText())
                .isEqualTo("production");

        railway.move(SHARED_MOUNT, STAGING);

        assertThat(account(ask).at("/data/volumeInstance/environment/name").asText())
                .isEqualTo("staging");
    }

    @Test
    void restoringReplacesTheDataAndDropsNewerBackups() throws Exception {
        byte[] before = Files.readAllBytes(bookings(SHARED));
        Files.writeString(bookings(SHARED), "corrupt");

        account("mutation { volumeInstanceBackupRestore(volumeInstanceId: \"" + SHARED_MOUNT
                + "\", volumeInstanceBackupId: \"bac00001-0000-4000-8000-000000000002\") { workflowId } }");

        assertThat(Files.readAllBytes(bookings(SHARED))).isEqualTo(before);
        assertThat(account("{ volumeInstanceBackupList(volumeInstanceId: \"" + SHARED_MOUNT + "\") { id } }")
                        .at("/data/volumeInstanceBackupList"))
                .hasSize(2);
    }

    @Test
    void variablesAreSecretsThatAnybodyWithATokenReads() throws Exception {
        String variables = "{ variables(environmentId: \"" + STAGING + "\", projectId: \"" + PROJECT + "\") }";
        assertThat(account(variables).at("/data/variables/LOG_LEVEL").asText()).isEqualTo("info");

        account("mutation { variableCollectionUpsert(input: {environmentId: \"" + STAGING + "\", projectId: \""
                + PROJECT + "\", replace: true, variables: {ONLY: \"this\"}}) }");

        assertThat(account(variables).at("/data/variables").toString()).isEqualTo("{\"ONLY\":\"this\"}");
    }

    @Test
    void aMintedTokenWorks() throws Exception {
        String minted = account("mutation { apiTokenCreate(input: {name: \"x\"}) }")
                .at("/data/apiTokenCreate")
                .asText();

        assertThat(client.query(minted, "{ me { id } }").has("errors")).isFalse();
    }

    @Test
    void aDirectoryWithVolumesIsNotTakenOver() {
        assertThatThrownBy(() -> RailwaySimulator.start(state)).isInstanceOf(IOException.class);
        assertThat(bookings(SHARED)).exists();
    }

    @Test
    void countersHoldNoToken() throws Exception {
        account("{ me { id } }");

        assertThat(Files.readString(state.resolve("counters.json"))).doesNotContain(ACCOUNT);
    }
}
