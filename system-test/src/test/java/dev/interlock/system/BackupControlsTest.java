package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests the operations of Railway that reduce backups. The agent may write in staging, and needs a person's approval to
 * destroy there. Each call waits for one, and nothing has happened at the provider by then.
 */
@Timeout(300)
@Tag("process")
class BackupControlsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path root;

    private static TestingRailway railway;
    private static ServiceGatewayInstallation house;
    private static String lease;

    /** More than there are tests here. */
    private static final int AGENTS = 40;

    private static int tests;

    @BeforeAll
    static void start() throws Exception {
        railway = new TestingRailway(root);
        String yaml = """
                organisation: acme
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  sam: {groups: [owners], keys: ["SAM"]}
                  ann: {groups: [owners], keys: ["ANN"]}
                confirm: {software-keys: true}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                %s
                upstreams:
                  railway:
                    catalog: railway
                    address: "%s"
                    ca: "%s"
                    resolver: railway-read
                    credentials:
                      railway-read: {environments: [production, staging], impacts: [read], header: authorization, scheme: Bearer}
                      railway-staging: {environments: [staging], impacts: [read, write], header: authorization, scheme: Bearer}
                      railway-destroy: {environments: [staging], impacts: [destroy], header: authorization, scheme: Bearer}
                    resources:
                      "railway:environment/%s": {environments: [production]}
                      "railway:environment/%s": {environments: [staging]}
                tasks:
                  work: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                """.formatted(
                        IntStream.rangeClosed(1, AGENTS)
                                .mapToObj(i -> "  sam/bot" + i + ": {owner: sam, teams: [bots]}")
                                .collect(Collectors.joining("\n")),
                        railway.address(),
                        railway.authority().strip().replace("\n", "\\n") + "\\n",
                        TestingRailway.PRODUCTION,
                        TestingRailway.STAGING);
        String cedar = ServiceGatewayInstallation.CONFIRMED;
        house = new ServiceGatewayInstallation(
                root, Map.of("interlock.yaml", yaml, "policy.cedar", cedar), railway.tokens());
        house.seal().expect(0);
        house.up();
    }

    /** The number of holds of one agent is limited. */
    @BeforeEach
    void anotherAgent() throws Exception {
        tests++;
        lease = house.admin()
                .call(
                        "lease.issue",
                        Json.object().with("agent", "sam/bot" + tests).with("task", "work"))
                .text("token");
    }

    @AfterAll
    static void stop() throws IOException {
        house.close();
        railway.close();
    }

    private static String ask(String document) throws Exception {
        return house.curlUnder(
                lease,
                "POST",
                "/railway/graphql/v2",
                ServiceGatewayInstallation.json("{\"query\":" + JSON.writeValueAsString(document) + "}"));
    }

    private static String filled(String call) throws Exception {
        String backup = call.contains("BACKUP") ? backups(1).get(0).path("id").asText() : "";
        return call.replace("BACKUP", "\"" + backup + "\"")
                .replace("STAGING", "\"" + TestingRailway.STAGING + "\"")
                .replace("PROJECT", "\"" + TestingRailway.PROJECT + "\"")
                .replace("SERVICE", "\"" + TestingRailway.SERVICE + "\"")
                .replace("MOUNT", "\"" + TestingRailway.mountOf(1) + "\"")
                .replace('\'', '"');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "volumeInstanceBackupScheduleUpdate | (volumeInstanceId: MOUNT, kinds: [])",
                "volumeInstanceBackupScheduleUpdate | (volumeInstanceId: MOUNT, kinds: [MONTHLY])",
                "volumeInstanceBackupRestore | (volumeInstanceId: MOUNT, volumeInstanceBackupId: BACKUP) { workflowId }",
                "variableUpsert | (input: {projectId: PROJECT, environmentId: STAGING, serviceId: SERVICE, name: 'WAL_ARCHIVE_MODE', value: 'off'})",
                "variableUpsert | (input: {projectId: PROJECT, environmentId: STAGING, serviceId: SERVICE, name: 'wal_archive_retention', value: '1'})",
                "variableDelete | (input: {projectId: PROJECT, environmentId: STAGING, serviceId: SERVICE, name: 'WAL_ARCHIVE_MODE'})",
                "variableCollectionUpsert | (input: {projectId: PROJECT, environmentId: STAGING, serviceId: SERVICE, replace: false, variables: {WAL_ARCHIVE_BUCKET: 'x'}})",
                "disablePitrForHaCluster | (input: {projectId: PROJECT, environmentId: STAGING, rootServiceId: SERVICE}) { workflowId }",
            })
    void aBackupRemovalIsDestroyingAndWaitsForAPerson(String operation, String arguments) throws Exception {
        long before = railway.attempted(operation);
        String held = ask("mutation { " + operation + filled(arguments) + " }");
        assertThat(held).contains("\"kind\":\"confirmation_required\"").endsWith("\n403");
        assertThat(house.hold(held).text("statement"))
                .contains("\"impacts\":[")
                .contains("\"destroy\"")
                .contains("railway/" + operation);
        assertThat(railway.attempted(operation)).isEqualTo(before);
    }

    /** Production mounts the volume too, and what these may do to it is not known. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "environmentPatchCommit | (environmentId: STAGING, patch: {services: {s: {variables: {WAL_ARCHIVE_MODE: {value: 'off'}}}}})",
                "environmentStageChanges | (environmentId: STAGING, merge: true, input: {sharedVariables: {WAL_ARCHIVE_MODE: {value: 'off'}}}) { id }",
                "cancelPitrHaWorkflow | (environmentId: STAGING, rootServiceId: SERVICE)",
            })
    void aChangeOfUnknownExtentCountsInProductionToo(String operation, String arguments) throws Exception {
        long before = railway.attempted(operation);
        assertThat(ask("mutation { " + operation + filled(arguments) + " }"))
                .contains("\"kind\":\"denied\"", "does not name `production`")
                .endsWith("\n403");
        assertThat(railway.attempted(operation)).isEqualTo(before);
    }

    /** A checkpoint of a sandbox does not name its environment: it may belong to production. */
    @Test
    void possiblyProductionBackupsAreDenied() throws Exception {
        assertThat(ask(filled("mutation { sandboxCheckpointDelete(environmentId: STAGING, id: 'c-1') }")))
                .contains("\"kind\":\"denied\"")
                .contains("destroy in production");
        assertThat(railway.attempted("sandboxCheckpointDelete")).isZero();
    }

    /** Only a comment in the provider's own tool mentions it; its effect is unknown. */
    @Test
    void unknownBackupsAreDenied() throws Exception {
        assertThat(ask("mutation { volumeInstanceBackupBatchDelete(ids: [\"b-1\"]) }"))
                .endsWith("\n403")
                .doesNotContain("confirmation_required");
        assertThat(railway.attempted("volumeInstanceBackupBatchDelete")).isZero();
    }

    /** Without these, a gateway that holds everything would pass. */
    @Test
    void variablesAndAdditionalBackupsAreOrdinaryWork() throws Exception {
        assertThat(ask(filled("mutation { variableUpsert(input: {projectId: PROJECT, environmentId: STAGING,"
                        + " serviceId: SERVICE, name: 'WAL_LEVEL', value: 'replica'}) }")))
                .endsWith("\n200");
        long before = railway.executed("volumeInstanceBackupCreate");
        backups(2);
        assertThat(railway.executed("volumeInstanceBackupCreate")).isEqualTo(before + 1);
    }

    @Test
    void removingTheLastBackupNeedsAPersonWhoSeesThat() throws Exception {
        backups(0);
        JsonNode backups = backups(0);
        assertThat(backups).hasSize(2);
        String first = delete(backups.get(0));
        String last = delete(backups.get(1));

        String held = ask(first);
        assertThat(held).contains("\"kind\":\"confirmation_required\"").contains("1 other backup would remain");
        assertThat(railway.executed("volumeInstanceBackupDelete")).isZero();
        house.sign(held, "ann");
        assertThat(ask(first)).endsWith("\n200");
        assertThat(railway.executed("volumeInstanceBackupDelete")).isEqualTo(1);

        assertThat(ask(last)).contains("\"kind\":\"confirmation_required\"").contains("the last one");
        assertThat(railway.executed("volumeInstanceBackupDelete")).isEqualTo(1);
    }

    /** Makes one more backup of the {@code n}th volume, and lists them: both are ordinary work. */
    private static JsonNode backups(int n) throws Exception {
        String mount = "(volumeInstanceId: \"" + TestingRailway.mountOf(n) + "\")";
        assertThat(ask("mutation { volumeInstanceBackupCreate" + mount + " { workflowId } }"))
                .endsWith("\n200");
        String list = ask("{ volumeInstanceBackupList" + mount + " { id } }");
        JsonNode backups =
                JSON.readTree(list.substring(0, list.lastIndexOf('\n'))).at("/data/volumeInstanceBackupList");
        assertThat(backups).as(list).isNotEmpty();
        return backups;
    }

    private static String delete(JsonNode backup) {
        return "mutation { volumeInstanceBackupDelete(volumeInstanceId: \"" + TestingRailway.mountOf(0)
                + "\", volumeInstanceBackupId: \"" + backup.path("id").asText() + "\") { workflowId } }";
    }
}
