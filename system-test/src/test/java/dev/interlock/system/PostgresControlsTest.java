package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.evidence.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests PostgreSQL's own means of reducing backups, as SQL that a provider's API runs, with a real PostgreSQL. Each
 * waits for a person, and has had no effect by then; with a person's approval it happens, once.
 */
@Timeout(300)
@Tag("process")
class PostgresControlsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PROJECTS = 20;

    /** Queries in one line everything that the statements here would end. */
    private static final String STANDING = """
            SELECT (SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'archive')
                || ' ' || (SELECT count(*) FROM pg_database WHERE datname = 'ledger')
                || ' ' || coalesce((SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_file_settings
                    WHERE name IN ('archive_mode', 'archive_command', 'max_slot_wal_keep_size')), '')
            """;

    @TempDir
    private static Path root;

    private static ShopDatabase shop;
    private static SqlProvider provider;
    private static ServiceGatewayInstallation house;
    private static int used;

    /** The project of a test. A destroyed resource is read-only from then on, so each test has its own. */
    private String project;

    private String lease;
    private String standing;

    @BeforeAll
    static void start() throws Exception {
        ShopDatabase.assumeThatItRuns();
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        shop = new ShopDatabase(root);
        provider = new SqlProvider(root, shop);
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
                %supstreams:
                  supabase:
                    catalog: supabase
                    address: "%s"
                    ca: "%s"
                    credentials:
                      supabase-all: {environments: [staging], impacts: [read, write, destroy, privilege, credential], header: authorization, scheme: Bearer}
                    resources:
                %stasks:
                  work: {environments: [staging], impacts: [read, write, destroy, privilege, credential], ttl: 1h}
                """.formatted(
                agents(), provider.address(), provider.authority().strip().replace("\n", "\\n") + "\\n", projects());
        String cedar = """
                @id("work")
                permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                        resource in Environment::"staging");
                @id("an-owner-may-let-an-agent-do-more")
                @confirm("1 of owners")
                permit (principal, action in [Impact::Action::"destroy", Impact::Action::"privilege",
                        Impact::Action::"credential"], resource in Environment::"staging");
                """;
        house = new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar),
                Map.of("supabase-all", "sbp_the-real-one"));
        house.seal().expect(0);
        house.up();
    }

    private static String agents() {
        return IntStream.range(0, PROJECTS)
                .mapToObj(n -> "  sam/bot" + n + ": {owner: sam, teams: [bots]}\n")
                .collect(Collectors.joining());
    }

    private static String projects() {
        return IntStream.range(0, PROJECTS)
                .mapToObj(n -> "      \"supabase:project/shop-" + n + "\": {environments: [staging]}\n")
                .collect(Collectors.joining());
    }

    /** An agent may open only so many holds. */
    @BeforeEach
    void everythingStands() throws Exception {
        project = "shop-" + used;
        lease = house.admin()
                .call(
                        "lease.issue",
                        Json.object().with("agent", "sam/bot" + used++).with("task", "work"))
                .text("token");
        if (shop.asked("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'ledger'")
                .equals("0")) {
            shop.sql("postgres", "CREATE DATABASE ledger");
        }
        shop.asked(
                "postgres",
                "SELECT pg_create_physical_replication_slot('archive')"
                        + " WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'archive')",
                "ALTER SYSTEM SET archive_mode = on",
                "ALTER SYSTEM SET archive_command = 'cp %p /archive/%f'",
                "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'");
        standing = standing();
        assertThat(standing).startsWith("1 1 archive_command=cp ").contains("archive_mode=on", "=10GB");
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            house.close();
        }
        if (provider != null) {
            provider.close();
        }
        if (shop != null) {
            shop.close();
        }
    }

    private static String standing() throws Exception {
        return shop.asked("postgres", STANDING);
    }

    private String ask(String path, Map<String, Object> body) throws Exception {
        return house.curlUnder(lease, "POST", path, ServiceGatewayInstallation.json(JSON.writeValueAsString(body)));
    }

    private String query() {
        return "/supabase/v1/projects/" + project + "/database/query";
    }

    private void isHeldAndThenHappensOnce(String path, Map<String, Object> body) throws Exception {
        int before = provider.ran();
        String held = ask(path, body);
        assertThat(held).contains("\"kind\":\"confirmation_required\"").endsWith("\n403");
        Json.Members hold = house.hold(held);
        assertThat(hold.text("statement"))
                .contains("\"destroy\"")
                .contains("supabase:project/" + project)
                .as("the log has a digest of the SQL")
                .doesNotContain(JSON.writeValueAsString(body.get("query")));
        assertThat(hold.canonicalText()).as("people see it").contains(JSON.writeValueAsString(body.get("query")));
        assertThat(standing()).isEqualTo(standing);
        assertThat(provider.ran()).isEqualTo(before);

        house.sign(held, "ann");
        assertThat(ask(path, body)).endsWith("\n201");
        assertThat(provider.ran()).isEqualTo(before + 1);

        assertThat(ask(path, body))
                .contains("read-only until a person lifts that")
                .endsWith("\n403");
        assertThat(provider.ran()).isEqualTo(before + 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT pg_drop_replication_slot('archive')",
                "select PG_DROP_REPLICATION_SLOT ('archive')",
                "/* SELECT 1; */ SELECT pg_drop_replication_slot('archive')",
                "SELECT 1; SELECT pg_drop_replication_slot('archive')",
                "DO $$ BEGIN PERFORM pg_drop_replication_slot('archive'); END $$",
                "DO $$ BEGIN EXECUTE 'SELECT pg_drop_' || 'replication_slot(''archive'')'; END $$",
                "ALTER SYSTEM SET archive_mode = off",
                "alter/**/system set ARCHIVE_COMMAND = ''",
                "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'",
                "ALTER SYSTEM RESET ALL",
                "DROP DATABASE ledger",
                "-- the nightly report\nDrop Database ledger",
            })
    void aBackupRemovalIsDestroyingAndWaitsForAPerson(String sql) throws Exception {
        isHeldAndThenHappensOnce(query(), Map.of("query", sql));
        assertThat(standing()).as("what the statement would do, it does").isNotEqualTo(standing);
    }

    /** A transaction that is declared read-only does not count as a read. */
    @Test
    void aReadOnlyFlagDoesNotLowerTheImpact() throws Exception {
        isHeldAndThenHappensOnce(
                query(), Map.of("query", "SELECT pg_drop_replication_slot('archive')", "read_only", true));
    }

    /** The role's sessions merely begin read-only, and a function that runs as its owner deletes for every caller. */
    @Test
    void theReadRoleIsNotTrustedToOnlyRead() throws Exception {
        shop.asked(
                "postgres",
                "CREATE TABLE kept AS SELECT generate_series(1, 10) AS id",
                "CREATE FUNCTION purge() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM kept'");
        String sql = "BEGIN READ WRITE; SELECT purge(); COMMIT";
        isHeldAndThenHappensOnce(query() + "/read-only", Map.of("query", sql));
        assertThat(shop.asked("postgres", "SELECT count(*) FROM kept")).isEqualTo("0");
    }

    /** A person would see only the beginning of a longer statement. */
    @Test
    void anUnreadablyLongStatementIsDenied() throws Exception {
        int before = provider.ran();
        String sql = "SELECT 1;" + " ".repeat(4_000) + "SELECT pg_drop_replication_slot('archive')";
        assertThat(ask(query(), Map.of("query", sql)))
                .endsWith("\n403")
                .doesNotContain("confirmation_required")
                .contains("smaller parts");
        assertThat(provider.ran()).isEqualTo(before);
        assertThat(standing()).isEqualTo(standing);
    }

    /** Without these, a gateway that holds everything would pass. */
    @Test
    void listingAndCreatingBackupsIsOrdinaryWork() throws Exception {
        assertThat(house.curlUnder(lease, "GET", "/supabase/v1/projects/" + project + "/database/backups"))
                .endsWith("\n201");
        assertThat(ask(
                        "/supabase/v1/projects/" + project + "/database/backups/restore-point",
                        Map.of("name", "before")))
                .endsWith("\n201");
    }
}
