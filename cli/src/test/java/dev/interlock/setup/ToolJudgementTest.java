package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.setup.ListedTool.ToolHints;
import dev.interlock.setup.ToolArgument.Kind;
import dev.interlock.setup.ToolJudgement.Effect;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ToolJudgementTest {

    private static final ToolHints READS = new ToolHints(true, false, false);
    private static final ToolHints CHANGES = new ToolHints(false, true, false);
    private static final ToolHints DESTROYS = new ToolHints(false, true, true);

    private static ToolJudgement judged(String name, String text, ToolHints hints, ToolArgument... arguments) {
        return ToolJudgement.of(new ListedTool(name, text, List.of(arguments), hints));
    }

    private static Effect effect(String name) {
        return judged(name, "", ToolHints.NONE).effect();
    }

    private static ToolArgument argument(String name, Kind kind, String... choices) {
        return new ToolArgument(name, kind, "", List.of(choices), List.of(), true);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "list_published_posts",
                "list_sending_domains",
                "get_publishers",
                "list_notes",
                "getIssue",
                "search",
                "read-file",
                "describe_table",
                "events_list",
                "notion-get-users",
                "list_subscriptions",
                "get_address_runes",
                "list_runs",
                "get_script",
                "search_code",
                "get_run_logs",
                "code_search",
                "list_deployments",
                "list_deleted_items",
                "get_password_policy",
                "resolve_library_id",
                "list_users_and_groups",
                "list_keys",
                "list_tag_keys",
                "API-post-search",
                "get_settings",
                "list_template_variables",
                "get_css_variables",
                "listProcesses"
            })
    void whatLooksReads(String name) {
        assertThat(effect(name)).isEqualTo(Effect.READS);
        assertThat(judged(name, "", CHANGES).effect()).isEqualTo(Effect.UNCLEAR);
        assertThat(judged(name, "", DESTROYS).effect()).isEqualTo(Effect.LOSES);
        assertThat(judged(name, "Get it. This cannot be undone.", READS).effect())
                .isEqualTo(Effect.LOSES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"create_issue", "addComment", "post_issue_comment", "notes_create", "tag", "append_rows"})
    void whatAddsARecordChanges(String name) {
        assertThat(effect(name)).isEqualTo(Effect.CHANGES);
        assertThat(judged(name, "", CHANGES).effect()).isEqualTo(Effect.CHANGES);
        assertThat(judged(name, "", DESTROYS).effect()).isEqualTo(Effect.LOSES);
        assertThat(judged(name, "Adds it, and sends a mail.", CHANGES).effect()).isEqualTo(Effect.SENDS);
    }

    @ParameterizedTest
    @CsvSource({
        "delete_note, LOSES",
        "get_and_delete, LOSES",
        "find_and_update, UNCLEAR",
        "find_replace, LOSES",
        "check_in, UNCLEAR",
        "get_or_set, UNCLEAR",
        "listAndDeleteall, LOSES",
        "readCSVDelete, LOSES",
        "create_or_update_file, UNCLEAR",
        "status_update, UNCLEAR",
        "update_issue, LOSES",
        "create_frob, UNCLEAR",
        "frobnicate, UNCLEAR",
        "toString, UNCLEAR",
        "x, UNCLEAR",
        "search_and_send, SENDS",
        "send_draft, SENDS",
        "create_release, RUNS",
        "publish_page, SENDS",
        "create_ticket_reply, SENDS",
        "reply_to_a_ticket, SENDS",
        "reply_to_comment, SENDS",
        "post_comment, SENDS",
        "add_case_response, SENDS",
        "create_refund, SENDS",
        "create_payment_link, SENDS",
        "post_message, SENDS",
        "add_member, RIGHTS",
        "create_firewall_rule, RIGHTS",
        "grant_access, RIGHTS",
        "update_bucket_description, UNCLEAR",
        "create_webhook, RIGHTS",
        "getAPIKey, REVEALS",
        "listSSHKeys, REVEALS",
        "getDBPassword, REVEALS",
        "get_connection_string, REVEALS",
        "get_kubeconfig, REVEALS",
        "get-env, REVEALS",
        "cookie_list, REVEALS",
        "create_api_key, REVEALS",
        "list_provisioning_keys, REVEALS",
        "get_nonce, REVEALS",
        "get_seed_phrase, REVEALS",
        "get_magic_link, REVEALS",
        "get_signed_url, REVEALS",
        "get_database_url, REVEALS",
        "get_verification_code, REVEALS",
        "get_vpn_config, REVEALS",
        "get_project_variable, REVEALS",
        "list_workspace_variables, REVEALS",
        "get_pipeline_variables_by_id, REVEALS",
        "get_config_vars, REVEALS",
        "listEnvs, REVEALS",
        "get_app_settings, REVEALS",
        "run_query, RUNS",
        "execute_sql, RUNS",
        "get_shell, RUNS",
        "evaluate, RUNS",
        "create_pipeline, RUNS",
        "pods_exec, RUNS",
        "deploy, RUNS",
        "update_pull_request_branch, UNCLEAR"
    })
    void anythingElseIsAsked(String name, Effect effect) {
        assertThat(effect(name)).isEqualTo(effect);
        // No hint makes milder what the name says.
        assertThat(judged(name, "", READS).effect())
                .isEqualTo(Set.of("frobnicate", "toString", "x").contains(name) ? Effect.READS : effect);
    }

    @Test
    void whereTheNameSaysNothingADescriptionOrAHintMayAndIsNamed() {
        assertThat(judged("NamespaceKinds", "Retrieves kinds.", ToolHints.NONE))
                .isEqualTo(new ToolJudgement(Effect.READS, "only its description says so"));
        assertThat(judged("frobnicate", "Frobnicates.", READS))
                .isEqualTo(new ToolJudgement(Effect.READS, "only its hint `readOnlyHint` says so"));
        assertThat(judged("frobnicate", "Gets it, then deletes the rest.", READS)
                        .effect())
                .isEqualTo(Effect.UNCLEAR);
        assertThat(judged("run_list", "", ToolHints.NONE).effect()).isEqualTo(Effect.RUNS);
        assertThat(judged("run_list", "Lists runs.", ToolHints.NONE).effect()).isEqualTo(Effect.READS);
        assertThat(judged("type", "Returns the type of a key.", ToolHints.NONE).effect())
                .isEqualTo(Effect.READS);
        assertThat(judged("frobnicate", "Returns the machine that it creates.", READS)
                        .effect())
                .isEqualTo(Effect.UNCLEAR);
        assertThat(judged("get_note", "Deletes a note.", READS).effect()).isEqualTo(Effect.LOSES);
        assertThat(judged("configuration_view", "Get it as a kubeconfig", READS).effect())
                .isEqualTo(Effect.REVEALS);
    }

    @ParameterizedTest
    @CsvSource({
        "get_report, sql, TEXT, RUNS",
        "search, code, TEXT, RUNS",
        "get_output, command, TEXT, RUNS",
        "list_items, delete_expired, FLAG, LOSES",
        "list_items, purge, FLAG, LOSES",
        "get_file, output_path, TEXT, LOSES",
        "get_key_names, show_secrets, FLAG, REVEALS",
        "get_report, webhook_url, TEXT, SENDS",
        "list_pods, extra_args, LIST, RUNS",
        "query, query, TEXT, RUNS",
        "query_database, query, TEXT, RUNS",
        "list_items, delete_expired, NESTED, LOSES",
        "list_items, include_deleted, FLAG, READS",
        "list_items, delete_status, TEXT, READS",
        "list_items, country_code, TEXT, READS",
        "search_issues, query, TEXT, READS",
        "create_event, attendees, LIST, SENDS",
        "create_issue, webhook, TEXT, SENDS",
        "add_row, visibility, TEXT, RIGHTS",
        "create_page, overwrite, FLAG, LOSES",
        "create_event, guests, LIST, SENDS",
        "create_event, emails, LIST, SENDS",
        "download_report, filename, TEXT, LOSES",
        "take_screenshot, file_path, TEXT, LOSES",
        "create_tag, ref, TEXT, RUNS",
        "create_tag, name, TEXT, CHANGES",
        "create_document, filename, TEXT, LOSES",
        "copy_document, destination_filename, TEXT, LOSES",
        "write_memory, memory_name, TEXT, LOSES",
        "save_note, title, TEXT, LOSES",
        "create_note, path, TEXT, LOSES",
        "create_comment, path, TEXT, CHANGES",
        "store_memory, content, TEXT, CHANGES",
        "add_heading, filename, TEXT, CHANGES",
        "create_directory, path, TEXT, CHANGES",
        "create_bookmark, uri, TEXT, CHANGES",
        "create_page, title, TEXT, CHANGES"
    })
    void argumentsSayWhatItCanDo(String tool, String argument, Kind kind, Effect effect) {
        assertThat(judged(tool, "", READS, argument(argument, kind)).effect()).isEqualTo(effect);
    }

    @Test
    void whereACredentialMayBeChosenOneIsRevealed() {
        for (String choice : List.of("password", "totp", "client_secret", "apiToken", "privateKey", "Secret")) {
            assertThat(judged("get", "", READS, argument("object", Kind.TEXT, "username", choice))
                            .effect())
                    .as(choice)
                    .isEqualTo(Effect.REVEALS);
        }
        assertThat(judged("get", "", READS, argument("object", Kind.TEXT, "username", "folder"))
                        .effect())
                .isEqualTo(Effect.READS);
        assertThat(judged("list", "List items from your vault", READS).effect()).isEqualTo(Effect.REVEALS);
        assertThat(judged("list", "List files in your Obsidian vault", READS).effect())
                .isEqualTo(Effect.READS);
    }

    /** A record may be a user, if an argument says so. */
    @Test
    void aRecordOfAnyKindIsNoOrdinaryOne() {
        for (String name : List.of("create_record", "create_document", "insert_row", "add_item")) {
            assertThat(judged(name, "", ToolHints.NONE, argument("model", Kind.TEXT), argument("values", Kind.NESTED))
                            .effect())
                    .as(name)
                    .isEqualTo(Effect.UNCLEAR);
        }
        assertThat(judged(
                                "create_record",
                                "",
                                ToolHints.NONE,
                                argument("objectName", Kind.TEXT),
                                argument("data", Kind.TEXT))
                        .effect())
                .isEqualTo(Effect.UNCLEAR);
        assertThat(judged("create_issue", "", ToolHints.NONE, argument("kind", Kind.TEXT), argument("data", Kind.TEXT))
                        .effect())
                .isEqualTo(Effect.CHANGES);
        assertThat(judged("create_record", "", ToolHints.NONE, argument("values", Kind.NESTED))
                        .effect())
                .isEqualTo(Effect.CHANGES);
    }

    @Test
    void aQueryIsCodeIfItsLanguageIs() {
        ToolArgument sql = new ToolArgument("query", Kind.TEXT, "A SQL query", List.of(), List.of(), true);
        assertThat(judged("read_query", "Read rows.", READS, sql).effect()).isEqualTo(Effect.RUNS);
        ToolArgument words = new ToolArgument("query", Kind.TEXT, "What to look for", List.of(), List.of(), true);
        assertThat(judged("query_docs", "Query the docs.", READS, words).effect())
                .isEqualTo(Effect.READS);
    }

    @Test
    void anArgumentThatChoosesBetweenReadingAndMoreIsNoFilter() {
        assertThat(judged("get_items", "", READS, argument("action", Kind.TEXT, "list", "delete"))
                        .effect())
                .isEqualTo(Effect.RUNS);
        assertThat(judged("list_audit_log", "", READS, argument("action", Kind.TEXT, "create", "delete"))
                        .effect())
                .isEqualTo(Effect.READS);
    }

    @Test
    void whoseChoicesAllReadReads() {
        assertThat(judged("actions_get", "", READS, argument("method", Kind.TEXT, "get_workflow_run", "list_jobs"))
                        .effect())
                .isEqualTo(Effect.READS);
    }

    @Test
    void aReadOfAnyAddressCanCarrySomethingOut() {
        ToolArgument url = new ToolArgument("url", Kind.TEXT, "Any web page", List.of(), List.of(), true);
        assertThat(judged("fetch", "Fetch a page.", READS, url).effect()).isEqualTo(Effect.SENDS);
    }

    @Test
    void singleFieldsOfARecordMayBeEdited() {
        ToolArgument id = argument("issue_id", Kind.TEXT);
        assertThat(judged("update_issue", "", CHANGES, id, argument("title", Kind.TEXT))
                        .effect())
                .isEqualTo(Effect.CHANGES);
        assertThat(judged("update_issue", "", CHANGES, id, argument("fields", Kind.NESTED))
                        .effect())
                .isEqualTo(Effect.LOSES);
        assertThat(judged("update_issue", "", CHANGES, id, argument("archived", Kind.FLAG))
                        .effect())
                .isEqualTo(Effect.LOSES);
    }

    /** Whatever a server writes is judged, and soon. */
    @ParameterizedTest
    @ValueSource(strings = {"", "---", "_", "get", "get_", "Ä", "and", "get_and", "run_", "a.b/c"})
    void anyTextIsJudged(String name) {
        for (String text : List.of("", "the ".repeat(100_000), "-".repeat(100_000), "Get " + "a".repeat(100_000))) {
            for (ToolHints hints : List.of(READS, CHANGES, DESTROYS)) {
                assertThat(judged(name, text, hints, argument("", Kind.TEXT), argument("_", Kind.FLAG)))
                        .isNotNull();
            }
        }
    }

    /** Of what a reader labelled: fewer than three reads in a hundred are stopped, and nothing dangerous passes. */
    @Test
    void publicToolsAreJudgedAsAReaderDoes() throws IOException {
        List<String> stopped = new ArrayList<>();
        List<String> passed = new ArrayList<>();
        int reads = 0;
        for (String line : lines()) {
            String[] cells = line.split("\t", -1);
            String verdict = switch (ToolJudgement.of(tool(cells)).effect()) {
                case READS -> "pass";
                case CHANGES -> "change";
                default -> "ask";
            };
            boolean isRight = List.of((cells[2] + " " + cells[3]).split(" ")).contains(verdict);
            if (cells[2].equals("pass")) {
                reads++;
                if (verdict.equals("ask") && !isRight) {
                    stopped.add(cells[0] + " " + cells[1]);
                }
            } else if (!isRight && !verdict.equals("ask") && !(cells[2].equals("change") && verdict.equals("change"))) {
                passed.add(cells[0] + " " + cells[1]);
            }
        }
        assertThat(reads).isGreaterThan(60);
        assertThat(passed).isEmpty();
        assertThat(stopped.size() * 100.0 / reads).as("%s", stopped).isLessThan(3);
    }

    private static List<String> lines() throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(ToolJudgementTest.class.getResourceAsStream("tools.tsv")),
                StandardCharsets.UTF_8))) {
            return lines.lines().filter(line -> !line.startsWith("#")).skip(1).toList();
        }
    }

    private static final Pattern ARGUMENT = Pattern.compile("([^!:]+)(!?):([a-z*]+)(?:=([^(]*))?(?:\\((.*)\\))?");

    private static ListedTool tool(String[] cells) {
        List<String> hints = List.of(cells[4].split(" "));
        return new ListedTool(
                cells[1],
                cells[5],
                Stream.of(cells[6].split(", "))
                        .filter(text -> !text.isEmpty())
                        .map(ToolJudgementTest::argument)
                        .toList(),
                new ToolHints(hints.contains("reads"), hints.contains("changes"), hints.contains("destroys")));
    }

    private static ToolArgument argument(String text) {
        Matcher parts = ARGUMENT.matcher(text);
        assertThat(parts.matches()).as(text).isTrue();
        String choices = parts.group(4);
        return new ToolArgument(
                parts.group(1),
                parts.group(3).equals("*")
                        ? Kind.NESTED
                        : Kind.valueOf(parts.group(3).toUpperCase(Locale.ROOT)),
                parts.group(5) == null ? "" : parts.group(5),
                choices == null ? List.of() : List.of(choices.split("/")),
                List.of(),
                !parts.group(2).isEmpty());
    }
}
