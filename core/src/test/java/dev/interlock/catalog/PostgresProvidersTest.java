package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests providers of PostgreSQL: having fewer backups is destruction, and SQL may do anything that SQL can. */
class PostgresProvidersTest {

    private static final RestFixture SUPABASE = RestFixture.of("supabase");
    private static final RestFixture NEON = RestFixture.of("neon");
    private static final String SQL = "POST /v1/projects/shop/database/query";
    private static final Set<Impact> ALL =
            Set.of(Impact.READ, Impact.WRITE, Impact.DESTROY, Impact.PRIVILEGE, Impact.CREDENTIAL);

    private static String query(String sql) {
        return "{\"query\":\"" + sql + "\"}";
    }

    /** Neither the text of a statement nor a promise that it only reads lowers its impact. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "SELECT pg_drop_replication_slot('archive')",
                "-- SELECT 1",
                "ALTER SYSTEM SET archive_mode = off",
                "",
            })
    void sqlCountsAsEveryImpact(String sql) {
        for (String path : List.of(SQL, SQL + "/read-only", "POST /v1/projects/shop/database/migrations")) {
            Action action = SUPABASE.action(path, query(sql));
            assertThat(action.impacts()).as(path).isEqualTo(ALL);
            assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
            assertThat(RestFixture.facts(action, "argument.body.query")).containsExactly(sql);
        }
        assertThat(SUPABASE.impacts(SQL, "{\"query\":\"" + sql + "\",\"read_only\":true}"))
                .isEqualTo(ALL);
    }

    /** A script may commit earlier steps before its last line fails. */
    @Test
    void aFailedScriptMayHavePartlyRun() {
        for (String path : List.of(SQL, SQL + "/read-only", "POST /v1/projects/shop/database/migrations")) {
            assertThat(SUPABASE.action(path, query("DROP TABLE orders; COMMIT; SELECT 1/0"))
                            .piecemeal())
                    .as(path)
                    .isTrue();
        }
        assertThat(SUPABASE.action("DELETE /v1/projects/shop/database/migrations", "")
                        .piecemeal())
                .isTrue();
        assertThat(SUPABASE.action("DELETE /v1/projects/shop", "").piecemeal()).isFalse();
    }

    /** Agents read logs first when something is wrong. */
    @ParameterizedTest
    @ValueSource(strings = {"logs", "logs.all"})
    void logsAreReads(String logs) {
        Action action = SUPABASE.action(
                "GET /v1/projects/shop/analytics/endpoints/" + logs
                        + "?sql=select%201&iso_timestamp_start=2026-11-22T10:00:00Z&iso_timestamp_end=2026-11-22T11:00:00Z",
                "");
        assertThat(action.impacts()).containsExactly(Impact.READ);
        assertThat(RestFixture.facts(action, "argument.query.sql")).containsExactly("select%201");
        SUPABASE.refused(RestFixture.call("GET /v1/projects/shop/analytics/endpoints/usage.api-counts?sql=select", ""));
    }

    /** The parameters of a statement decide its effect as much as its text. */
    @Test
    void parametersOfAStatementAreShown() {
        Action action = SUPABASE.action(
                SQL, "{\"query\":\"SELECT pg_drop_replication_slot($1)\",\"parameters\":[\"archive\"]}");
        assertThat(RestFixture.facts(action, "argument.body.parameters")).containsExactly("[\"archive\"]");
    }

    /** A signer must have read the end: anything may stand behind a long beginning. */
    @Test
    void anUnreadablyLongStatementIsRefused() {
        String longest = "SELECT 1" + " ".repeat(ActionFacts.MAX_WHOLE - 8);
        assertThat(RestFixture.facts(SUPABASE.action(SQL, query(longest)), "argument.body.query"))
                .containsExactly(longest);
        assertThat(SUPABASE.refused(RestFixture.call(SQL, query(longest + ";"))).reason())
                .contains("`body.query`")
                .contains("4001 characters");
        String parameters = "{\"query\":\"SELECT $1\",\"parameters\":[\"" + longest + "\"]}";
        assertThat(SUPABASE.refused(RestFixture.call(SQL, parameters)).reason()).contains("`body.parameters`");
        String rollback = "{\"rollback\":\"" + longest + ";\"}";
        assertThat(SUPABASE.refused(RestFixture.call("PATCH /v1/projects/shop/database/migrations/7", rollback))
                        .reason())
                .contains("`body.rollback`");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /v1/projects/shop/database/backups/restore            | {'id': 7}",
                "POST /v1/projects/shop/database/backups/restore-pitr       | {'recovery_time_target_unix': 1}",
                "POST /v1/projects/shop/database/backups/undo               | {'name': 'before'}",
                "PATCH /v1/projects/shop/database/backups/schedule          | {'schedule_for': '03:00:00'}",
                "PATCH /v1/projects/shop/billing/addons                     | {'addon_type': 'pitr', 'addon_variant': 'pitr_7'}",
                "DELETE /v1/projects/shop/billing/addons/pitr_7             | ~~",
                "PUT /v1/projects/shop/config/database/postgres             | {'max_slot_wal_keep_size': '1MB'}",
                "PUT /v1/projects/shop/pgsodium                             | {'root_key': 'x'}",
                "DELETE /v1/projects/shop/database/migrations?gte=1         | ~~",
                "DELETE /v1/projects/shop                                   | ~~",
                "POST /v1/projects/shop/restore                             | ~~",
                "POST /v1/branches/b-1/reset                                | {}",
                "DELETE /v1/branches/b-1?force=true                         | ~~",
                "DELETE /v1/projects/shop/branches                          | ~~",
            })
    void operationsThatReduceSupabaseBackupsDestroy(String request, String body) {
        Action action = SUPABASE.action(request, body.replace('\'', '"'));
        assertThat(action.impacts()).contains(Impact.DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @Test
    void aPausedProjectComesBack() {
        Action action = SUPABASE.action("POST /v1/projects/shop/pause", "");
        assertThat(action.impacts()).contains(Impact.DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.RECOVERABLE);
    }

    /** Without these, a catalog in which everything destroys would pass. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "GET /v1/projects/shop/database/backups               | ~~ | READ",
                "GET /v1/projects/shop/database/backups/schedule      | ~~ | READ",
                "GET /v1/projects/shop/config/database/postgres       | ~~ | READ",
                "GET /v1/projects/available-regions                   | ~~ | READ",
                "POST /v1/projects/shop/database/backups/restore-point | {'name': 'x'} | WRITE",
                "POST /v1/projects/shop/branches | {'branch_name': 'x', 'with_data': false} | WRITE",
                "POST /v1/projects/shop/branches | {'branch_name': 'x', 'with_data': true} | READ WRITE PRIVILEGE",
                "POST /v1/projects/shop/branches"
                        + " | {'branch_name': 'x', 'is_default': false, 'with_data': false} | WRITE",
                "POST /v1/projects/shop/branches"
                        + " | {'branch_name': 'x', 'is_default': false, 'git_branch': 'fix'} | WRITE EXECUTE",
                "GET /v1/projects/shop/api-keys?reveal=true           | ~~ | READ CREDENTIAL",
                "GET /v1/branches/b-1                                 | ~~ | READ CREDENTIAL",
                "GET /v1/projects/shop/database/migrations/7          | ~~ | READ CREDENTIAL",
            })
    void readsAndCreationsAreMilder(String request, String body, String impacts) {
        assertThat(SUPABASE.impacts(request, body.replace('\'', '"'))).isEqualTo(RestFixture.words(impacts));
    }

    @Test
    void changingTheDefaultBranchReplacesTheOldOne() {
        for (String odd : List.of("true", "\"false \"", "1", "[false,true]")) {
            String body = "{\"branch_name\":\"x\",\"is_default\":" + odd + "}";
            assertThat(SUPABASE.impacts("POST /v1/projects/shop/branches", body))
                    .as(odd)
                    .contains(Impact.DESTROY, Impact.PRIVILEGE);
        }
    }

    /** Nobody has classified secrets of a new branch, or an address that is notified. */
    @ParameterizedTest
    @ValueSource(
            strings = {"{'branch_name': 'x', 'secrets': {}}", "{'branch_name': 'x', 'notify_url': 'https://x.example'}"
            })
    void unknownMembersOfANewBranchAreRefused(String body) {
        SUPABASE.refused(RestFixture.call("POST /v1/projects/shop/branches", body.replace('\'', '"')));
    }

    /** A branch is a project; which of its names is used decides only what the seal has to say. */
    @Test
    void aSupabaseBranchIsAProject() {
        assertThat(SUPABASE.resources("DELETE /v1/branches/shop", "")).containsExactly("supabase:project/shop");
        assertThat(SUPABASE.resources(SQL, query("SELECT 1"))).containsExactly("supabase:project/shop");
    }

    /** `supabase:project/*` must not place by its UUID a project that the seal names by its reference. */
    @Test
    void anOlderIdOfABranchIsNoProject() {
        String id = "3f0c9d52-0b0c-4f5e-8f6a-57a61a9e0002";
        for (String request : List.of("GET /v1/branches/", "POST /v1/branches/", "DELETE /v1/branches/")) {
            String path = request + id + (request.startsWith("POST") ? "/reset" : "");
            assertThat(SUPABASE.resources(path, "")).containsExactly("supabase:branch-id/" + id);
        }
        assertThat(SUPABASE.resources("GET /v1/branches/abcdefghijklmnopqrst", ""))
                .containsExactly("supabase:project/abcdefghijklmnopqrst");
    }

    /** These requests change a project that they do not name. */
    @ParameterizedTest
    @ValueSource(strings = {"POST /v1/branches/b-1/merge", "POST /v1/branches/b-1/push", "PATCH /v1/branches/b-1"})
    void anOperationOnAnUnnamedProjectIsRefused(String request) {
        assertThat(SUPABASE.refused(RestFixture.call(request, "{}")).reason()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "PUT /api/v2/projects/p/branches/b/backup_schedule | {'schedule': []} | IRREVERSIBLE",
                "PUT /api/v2/projects/p/branches/b/backup_schedule"
                        + " | {'schedule': [{'frequency': 'daily', 'retention_seconds': 60}]} | IRREVERSIBLE",
                "PATCH /api/v2/projects/p/snapshots/s | {'snapshot': {'expires_at': '2026-01-01T00:00:00Z'}} | IRREVERSIBLE",
                "POST /api/v2/projects/p/snapshots/s/restore | {'target_branch_id': 'b'} | IRREVERSIBLE",
                "POST /api/v2/projects/p/snapshots/s/restore | {'finalize_restore': true} | IRREVERSIBLE",
                "POST /api/v2/projects/p/branches/b/finalize_restore | {} | RECOVERABLE",
            })
    void operationsThatReduceNeonBackupsDestroy(String request, String body, Reversibility least) {
        Action action = NEON.action(request, body.replace('\'', '"'));
        assertThat(action.impacts()).contains(Impact.DESTROY);
        assertThat(action.reversibility()).isGreaterThanOrEqualTo(least);
        assertThat(NEON.impacts("GET /api/v2/projects/p/branches/b/backup_schedule", ""))
                .isEqualTo(Set.of(Impact.READ));
    }

    /** Logical replication stays on for good. A database that is closed to the internet loses its clients there. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'enable_logical_replication': true}",
                "{'block_public_connections': true}",
                "{'hipaa': true}",
                "{'audit_log_level': 'base'}",
                "{'quota': {'active_time_seconds': 1}}",
                "{'allowed_ips': {'ips': []}}",
                "{}",
                "null",
            })
    void noSettingOfAProjectIsKnownToBeHarmless(String settings) {
        String body = "{\"project\":{\"settings\":" + settings.replace('\'', '"') + "}}";
        Action action = NEON.action("PATCH /api/v2/projects/p", body);
        assertThat(action.impacts()).contains(Impact.DESTROY, Impact.PRIVILEGE);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(NEON.impacts("PATCH /api/v2/projects/p", "{\"project\":{\"name\":\"x\"}}"))
                .isEqualTo(Set.of(Impact.WRITE, Impact.PRIVILEGE));
    }

    /** A staging call must not bring in production's data, password or clients. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /api/v2/projects/p/branches/b/restore | {'source_branch_id': 'm'} | branch/p/b branch/p/m",
                "POST /api/v2/projects/p/branches/b/restore | {'source_branch_id': 'b'} | branch/p/b",
                "POST /api/v2/projects/p/branches/b/reset_to_parent | ~~ | branch/p/b project/p",
                "POST /api/v2/projects/p/branches/b/finalize_restore | {} | branch/p/b project/p",
                "POST /api/v2/projects/p/branches/b/set_as_default | ~~ | branch/p/b project/p",
                "GET /api/v2/projects/p/branches/b/roles/r/reveal_password | ~~ | branch/p/b project/p",
                "GET /api/v2/projects/p/connection_uri?branch_id=m | ~~ | project/p branch/p/m",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': 'm'}} | project/p branch/p/m",
                "POST /api/v2/projects/p/endpoints | {'endpoint': {'branch_id': 'm'}} | project/p branch/p/m",
                "PATCH /api/v2/projects/p/endpoints/e | {'endpoint': {'branch_id': 'm'}} | project/p branch/p/m",
                "POST /api/v2/projects/p/snapshots/s/restore | {'target_branch_id': 'm'} | project/p branch/p/m",
                "POST /api/v2/organizations/o/api_keys | {'project_id': 'p'} | org/o project/p",
                "POST /api/v2/users/me/projects/transfer | {'destination_org_id': 'o', 'project_ids': ['p', 'q']}"
                        + " | org/o project/p project/q",
                "GET /api/v2/projects/p/branches/b | ~~ | branch/p/b",
            })
    void anOperationThatReachesAnotherNeonBranchTouchesIt(String request, String body, String resources) {
        assertThat(NEON.resources(request, body.replace('\'', '"')))
                .isEqualTo(Stream.of(resources.split(" ")).map("neon:"::concat).collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'endpoint': {'branch_id': 'b', 'type': 'read_only'}} | WRITE | REVERSIBLE",
                "{'endpoint': {'branch_id': 'b', 'autoscaling_limit_max_cu': 56}} | WRITE | IRREVERSIBLE",
                "{'endpoint': {'branch_id': 'b', 'autoscaling_limit_min_cu': 56}} | WRITE | IRREVERSIBLE",
                "{'endpoint': {'branch_id': 'b', 'suspend_timeout_seconds': -1}} | WRITE | IRREVERSIBLE",
                "{'endpoint': {'branch_id': 'b', 'settings': {}}} | WRITE PRIVILEGE | IRREVERSIBLE",
            })
    void aNeonComputeThatCostsMoreIsAskedAbout(String body, String impacts, Reversibility reversibility) {
        Action action = NEON.action("POST /api/v2/projects/p/endpoints", body.replace('\'', '"'));
        assertThat(action.impacts()).isEqualTo(RestFixture.words(impacts));
        assertThat(action.reversibility()).isEqualTo(reversibility);
    }

    /** If the request omits the source of its data, the project counts as the source, in all of its environments. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /api/v2/projects/p/branches | {'branch': {'name': 'x'}}",
                "POST /api/v2/projects/p/branches | {}",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': null}}",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': [null]}}",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': [[]]}}",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': [[null], []]}}",
                "POST /api/v2/projects/p/snapshots/s/restore | {'name': 'x', 'finalize_restore': false}",
                "POST /api/v2/projects/p/snapshots/s/restore | {'target_branch_id': 'b', 'finalize_restore': false}",
                "GET /api/v2/projects/p/branches/b/compare_schema?db_name=d | ~~",
                "GET /api/v2/projects/p/branches/b/compare_schema?db_name=d&base_lsn=0/1 | ~~",
            })
    void unnamedDataTouchesTheWholeProject(String request, String body) {
        Action action = NEON.action(request, body.replace('\'', '"'));
        assertThat(action.resources()).contains(Resource.parse("neon:project/p"));
        assertThat(action.impacts()).contains(Impact.READ, Impact.PRIVILEGE);
    }

    /** Neon does not know such a member, and might transfer the projects to somebody else. */
    @Test
    void aTransferNamesItsOrganisationAsThePublishedOneDoes() {
        NEON.refused(RestFixture.call(
                "POST /api/v2/users/me/projects/transfer", "{\"org_id\":\"o\",\"project_ids\":[\"p\"]}"));
    }

    /** Agents ask for these every day; the branch that another is compared with is touched too. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /api/v2/projects/p/branches/b/compare_schema?base_branch_id=m&db_name=d | branch/p/b branch/p/m project/p",
                "GET /api/v2/projects/p/snapshots/s | project/p",
                "GET /api/v2/projects/p/available_preload_libraries | project/p",
                "GET /api/v2/organizations/o/members/7 | org/o",
                "GET /api/v2/consumption_history/account?from=x&to=y&granularity=daily | account/self",
                "GET /api/v2/consumption_history/projects?project_ids=p&project_ids=q&limit=10 | account/self",
            })
    void neonsEverydayReadsAreReads(String request, String resources) {
        assertThat(NEON.impacts(request, "")).isEqualTo(Set.of(Impact.READ));
        assertThat(NEON.resources(request, ""))
                .isEqualTo(Stream.of(resources.split(" ")).map("neon:"::concat).collect(Collectors.toSet()));
    }

    @Test
    void networkRestrictionsOfSupabaseAreAPrivilege() {
        Action action = SUPABASE.action(
                "PATCH /v1/projects/shop/network-restrictions", "{\"add\":{\"dbAllowedCidrs\":[\"0.0.0.0/0\"]}}");
        assertThat(action.impacts()).isEqualTo(Set.of(Impact.PRIVILEGE));
        assertThat(RestFixture.facts(action, "argument.body.add"))
                .containsExactly("{\"dbAllowedCidrs\":[\"0.0.0.0/0\"]}");
    }

    @Test
    void aBranchOfANamedParentIsAMereWrite() {
        assertThat(NEON.impacts("POST /api/v2/projects/p/branches", "{\"branch\":{\"parent_id\":\"m\"}}"))
                .isEqualTo(Set.of(Impact.WRITE));
    }

    /** A branch that expires and a compute that suspends remove no permanent branch. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /api/v2/projects/p/endpoints/ep-1/suspend | ~~ | true | false",
                "POST /api/v2/projects/p/branches | {'branch': {'parent_id': 'm', 'expires_at': 'x'}} | true | true",
                "DELETE /api/v2/projects/p/endpoints/ep-1 | ~~ | true | false",
                "POST /api/v2/projects/p/snapshots/s/restore | {'finalize_restore': true} | false | false",
                "POST /api/v2/projects/p/branches/b/finalize_restore | {} | false | false",
                "DELETE /api/v2/projects/p | ~~ | false | false",
            })
    void destroyingAPartOfAProjectLosesNoBranch(String request, String body, boolean part, boolean onlyNew) {
        Action action = NEON.action(request, body.replace('\'', '"'));
        assertThat(action.has(Impact.DESTROY)).isTrue();
        assertThat(action.destroysAPart()).isEqualTo(part);
        assertThat(action.destroysOnlyWhatIsNew()).isEqualTo(onlyNew);
    }

    /** All branches of a project, and SQL that may do anything: these paths end without a name. */
    @ParameterizedTest
    @CsvSource({
        "DELETE /v1/projects/shop/branches, false",
        "DELETE /v1/projects/shop/database/migrations?gte=1, false",
        "POST /v1/projects/shop/database/query, false",
        "DELETE /v1/projects/shop, false",
        "DELETE /v1/projects/shop/functions/f, true",
    })
    void deletingASupabaseProjectIsNotPartial(String request, boolean part) {
        Action action = SUPABASE.action(request, request.endsWith("query") ? query("SELECT 1") : "");
        assertThat(action.has(Impact.DESTROY)).isTrue();
        assertThat(action.destroysAPart()).isEqualTo(part);
        assertThat(action.resources()).containsExactly(Resource.parse("supabase:project/shop"));
    }

    /** A source that is only copied from needs no backup. */
    @Test
    void theSourceOfACopyIsNotLost() {
        Action restored = NEON.action("POST /api/v2/projects/p/branches/b/restore", "{\"source_branch_id\":\"m\"}");
        assertThat(restored.impacts()).containsExactlyInAnyOrder(Impact.DESTROY, Impact.READ);
        assertThat(restored.preserves(Resource.parse("neon:branch/p/m"))).isTrue();
        assertThat(restored.preserves(Resource.parse("neon:branch/p/b"))).isFalse();
        Action over = NEON.action("POST /api/v2/projects/p/branches/b/restore", "{\"source_branch_id\":\"b\"}");
        assertThat(over.preserves(Resource.parse("neon:branch/p/b"))).isFalse();
        Action finalised = NEON.action("POST /api/v2/projects/p/branches/b/finalize_restore", "{}");
        assertThat(finalised.preserves(Resource.parse("neon:project/p"))).isFalse();
    }
}
