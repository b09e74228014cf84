package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.KnownServers.KnownTool;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which servers of MCP are recognised, and what their tools are judged to do. */
class KnownServersTest {

    private static List<String> words(String command) {
        return List.of(command.split(" ", -1));
    }

    private static Stream<String> files() {
        return KnownServers.names().stream().map(KnownServers.ServerNames::name);
    }

    private static String text(String server) {
        return new String(Catalogs.resource("mcp/" + server + ".yaml").toArray(), StandardCharsets.UTF_8);
    }

    private static CallReading reading(String server, String tool, String arguments) {
        return readingOf(text(server), tool, arguments);
    }

    private static CallReading readingOf(String catalog, String tool, String arguments) {
        return readingOf(
                catalog,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                        + "\",\"arguments\":{" + arguments.replace('\'', '"') + "}}}");
    }

    private static CallReading readingOf(String catalog, String body) {
        return Catalogs.read("own.yaml", Bytes.utf8(catalog))
                .read(new HttpCall(
                        "POST",
                        "mcp.example",
                        "/mcp",
                        List.of(),
                        List.of(new Header("content-type", "application/json")),
                        Bytes.utf8(body)));
    }

    private static Action action(String server, String tool, String arguments) {
        return actionOf(text(server), tool, arguments);
    }

    private static Action actionOf(String catalog, String tool, String arguments) {
        CallReading reading = readingOf(catalog, tool, arguments);
        assertThat(reading).as(tool).isInstanceOf(CallReading.CallMeaning.class);
        return ((CallReading.CallMeaning) reading).actions().getFirst();
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileIsACatalogOfMcp(String server) {
        assertThat(Catalogs.mistakes(server, Bytes.utf8(text(server)))).isEmpty();
        KnownServer known = KnownServers.read("x", server);
        assertThat(known.tools()).isNotEmpty();
        assertThat(KnownServers.names())
                .filteredOn(one -> one.name().equals(server))
                .allSatisfy(one -> assertThat(one.all()).isNotEmpty());
    }

    @Test
    void everyFileHasItsNames() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("src/main/resources/dev/interlock/catalog/mcp"))) {
            assertThat(all.map(file -> file.getFileName().toString().replace(".yaml", ""))
                            .filter(name -> !name.equals("servers")))
                    .containsExactlyInAnyOrderElementsOf(files().toList());
        }
    }

    @Test
    void noNameStandsForTwoServers() {
        List<String> all = KnownServers.names().stream()
                .flatMap(server -> server.all().stream())
                .toList();
        assertThat(all).doesNotHaveDuplicates();
    }

    /** What is taken into a person's catalog is read as it is here, also without the tools that a server leaves out. */
    @ParameterizedTest
    @MethodSource("files")
    void eachToolCanBeListedAlone(String server) {
        KnownServer known = KnownServers.read("x", server);
        for (KnownTool tool : known.tools().values()) {
            String text = """
                    format: interlock-catalog@v1
                    provider: mine
                    protocol: mcp
                    endpoints: [/mcp]
                    carriers: {headers: [authorization]}
                    forwarded-headers: []
                    %stools:
                    %s
                    """.formatted(KnownTool.argumentLines(List.of(tool)), tool.lines(Set.of(tool.name())));
            assertThat(Catalogs.mistakes("mine.yaml", Bytes.utf8(text)))
                    .as(text)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void whatDestroysOrRunsCodeSaysHow(String server) {
        McpCatalog catalog = KnownServers.catalog(server);
        catalog.operations().forEach((name, entry) -> {
            if (entry.impacts().contains(Impact.DESTROY) || entry.impacts().contains(Impact.EXECUTE)) {
                assertThat(entry.effect()).as(name).isPresent();
            }
            // One credential opens for what only destroys, and another for what reads and writes.
            assertThat(entry.impacts().contains(Impact.DESTROY)
                            && entry.impacts().contains(Impact.WRITE))
                    .as(name)
                    .isFalse();
            // What cannot be undone is refused unless a person is asked.
            assertThat(entry.reversibility() == Reversibility.IRREVERSIBLE
                            && Set.of(Impact.READ, Impact.WRITE).containsAll(entry.impacts()))
                    .as(name)
                    .isFalse();
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "filesystem | read_text_file | 'path': 'a' | read",
                "filesystem | create_directory | 'path': 'a' | write",
                "filesystem | write_file | 'path': 'a', 'content': 'b' | destroy",
                "filesystem | edit_file | 'path': 'a', 'edits': [{'oldText': 'b', 'newText': ''}] | write destroy",
                "filesystem | edit_file | 'path': '.env', 'edits': [{'oldText': 'b', 'newText': 'c'}] | write execute credential",
                "filesystem | edit_file | 'path': '.env', 'edits': [{'oldText': 'b', 'newText': ''}], 'dryRun': true | write credential",
                "filesystem | edit_file | 'path': '.env', 'edits': [{'oldText': 'b', 'newText': 'c'}], 'dryRun': 'true' | write execute credential",
                "filesystem | edit_file | 'path': 'a', 'edits': [{'oldText': 'b', 'newText': ''}], 'dryRun': false | write destroy",
                "filesystem | move_file | 'source': 'a.txt', 'destination': 'b.txt' | destroy",
                "filesystem | move_file | 'source': 'x/.docker', 'destination': 'b.d' | destroy execute",
                "filesystem | move_file | 'source': 'g.d', 'destination': '.config/' | destroy execute",
                "git-cyanheads | git_show | 'object': 'HEAD', 'filePath': 'src/App.java' | read",
                "git-cyanheads | git_show | 'object': 'HEAD', 'filePath': 'x/.env' | read credential",
                "git-cyanheads | git_show | 'object': 'HEAD:x/.env' | read credential",
                "git-cyanheads | git_show | 'object': 'HEAD:.env' | read credential",
                "git-cyanheads | git_log | 'filePath': '.env', 'patch': true | read credential",
                "git-cyanheads | git_diff | 'paths': '.env' | read credential",
                "git-local | git_checkout | 'repo_path': '/r', 'branch_name': 'topic/x' | write",
                "git-local | git_checkout | 'repo_path': '/r', 'branch_name': '.' | write destroy",
                "git-local | git_checkout | 'repo_path': '/r', 'branch_name': 'src/a.js' | write destroy",
                "linear | save_project | 'id': 'P', 'description': ' ' | write destroy",
                "linear | save_project | 'id': 'P', 'labels': [] | write destroy",
                "linear | save_milestone | 'id': 'M', 'description': '' | write destroy",
                "linear | save_milestone | 'id': 'M', 'description': 'x' | write",
                "memory | delete_entities | 'entityNames': ['a'] | destroy",
                "memory | add_observations | 'observations': [{'entityName': 'a', 'contents': ['b']}] | write",
                "everything | get-env | | read credential",
                "postgres | query | 'sql': 'SELECT 1' | execute",
                "slack | slack_post_message | 'channel_id': 'C1', 'text': 'hello' | write",
                "slack | slack_get_channel_history | 'channel_id': 'C1' | read",
                "github-program | merge_pull_request | 'owner': 'a', 'repo': 'b', 'pull_number': 1 | write execute",
                "github-program | create_repository | 'name': 'a' | write privilege",
                "github-program | create_repository | 'name': 'a', 'private': true | write",
                "git-local | git_reset | 'repo_path': '/r' | destroy",
                "git-local | git_commit | 'repo_path': '/r', 'message': 'm' | write",
                "git-cyanheads | git_branch | 'mode': 'list' | read",
                "git-cyanheads | git_branch | 'mode': 'delete', 'branchName': 'a' | destroy",
                "git-cyanheads | git_reset | 'mode': 'hard' | destroy",
                "git-cyanheads | git_checkout | 'target': 'a' | write destroy",
                "git-cyanheads | git_checkout | 'target': 'a', 'createBranch': false | write destroy",
                "git-cyanheads | git_checkout | 'target': 'a', 'createBranch': true | write",
                "git-cyanheads | git_push | 'branch': 'a' | write",
                "git-cyanheads | git_clean | 'force': true | destroy",
                "playwright | browser_snapshot | | read",
                "playwright | browser_click | 'target': 'e1' | write",
                "playwright | browser_evaluate | 'function': '() => 1' | execute",
                "playwright | browser_run_code_unsafe | 'code': '1' | execute",
                "playwright | browser_cookie_list | | read credential",
                "playwright | browser_cookie_clear | | destroy",
                "chrome-devtools | evaluate_script | 'pageId': 1, 'function': '() => 1' | execute",
                "chrome-devtools | get_network_request | 'pageId': 1, 'reqid': 1 | read credential",
                "supabase | execute_sql | 'project_id': 'p', 'query': 'SELECT 1' | execute",
                "supabase | list_tables | 'project_id': 'p', 'schemas': ['public'] | read",
                "supabase | delete_branch | 'branch_id': 'b' | destroy",
                "supabase | get_publishable_keys | 'project_id': 'p' | read credential",
                "neon | run_sql | 'params': {'sql': 'SELECT 1', 'projectId': 'p'} | execute",
                "neon | delete_project | 'params': {'projectId': 'p'} | destroy",
                "neon | get_connection_string | 'params': {'projectId': 'p'} | read credential",
                "notion | API-delete-a-block | 'block_id': 'b' | destroy",
                "notion | API-update-page-markdown | 'page_id': 'p', 'type': 'replace_content' | destroy",
                "notion | API-update-page-markdown | 'page_id': 'p', 'type': 'insert_content' | write",
                "sentry | search_issues | 'organizationSlug': 'o' | read",
                "sentry | find_dsns | 'organizationSlug': 'o', 'projectSlug': 'p' | read credential",
                "sentry | analyze_issue_with_seer | 'issueUrl': 'u' | execute",
                "stripe | create_refund | 'payment_intent': 'pi_1' | destroy",
                "stripe | list_customers | | read",
                "linear | save_issue | 'id': 'LIN-1', 'title': 'a' | write",
                "linear | save_issue | 'id': 'LIN-1', 'delegate': 'bot' | write execute",
                "linear | delete_comment | 'id': 'c' | destroy",
                "railway | list-variables | 'workspacePath': '/w' | read credential",
                "railway | deploy | 'workspacePath': '/w' | execute",
                "context7 | query-docs | 'libraryId': 'l', 'query': 'q' | read",
            })
    void aCallIsJudgedByWhatItDoes(String server, String tool, String arguments, String impacts) {
        Set<Impact> expected = words(impacts).stream().map(Impact::of).collect(Collectors.toSet());
        assertThat(action(server, tool, arguments == null ? "" : arguments).impacts())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "git-cyanheads | git_push | 'branch': 'a', 'force': true",
                "git-cyanheads | git_push | 'branch': 'a', 'delete': true",
                "git-cyanheads | git_checkout | 'target': 'a', 'force': true",
                "git-cyanheads | git_branch | 'branchName': 'a'",
                "playwright | browser_take_screenshot | 'filename': 'a.png'",
                "chrome-devtools | navigate_page | 'pageId': 1, 'url': 'u', 'initScript': 'x'",
                "notion | API-patch-page | 'page_id': 'p', 'in_trash': true",
                "notion | API-retrieve-a-page | 'page_id': '../users'",
                "supabase | get_project | 'id': 'a/../b'",
                "github-program | get_file_contents | 'owner': 'a', 'repo': '..', 'path': 'x'",
                "filesystem | write_file | 'path': 'a', 'content': 'b', 'mode': 'x'",
                "git-local | git_diff | 'repo_path': '/r', 'target': '--output=/home/ann/.bashrc'",
                "git-local | git_checkout | 'repo_path': '/r', 'branch_name': '--force'",
                "git-local | git_add | 'repo_path': '/r', 'files': ['a', '--all']",
                "git-cyanheads | git_show | 'object': ' --output=x'",
                "git-cyanheads | git_clone | 'url': '--upload-pack=touch x', 'path': '/p'",
                "git-cyanheads | git_rebase | 'mode': 'start', 'upstream': '--exec=touch x'",
                "railway | list-variables | 'workspacePath': '/w', 'environment': '--environment=production'",
            })
    void anArgumentThatWouldDoMoreIsRefused(String server, String tool, String arguments) {
        assertThat(reading(server, tool, arguments)).isInstanceOf(CallReading.CallRejection.class);
    }

    @Test
    void whatACallNamesIsItsResource() {
        assertThat(action("slack", "slack_post_message", "'channel_id': 'C1', 'text': 'a'")
                        .resources())
                .containsExactly(new Resource("slack", "channel", "C1"));
        assertThat(action("supabase", "execute_sql", "'project_id': 'p', 'query': 'q'")
                        .resources())
                .containsExactly(new Resource("supabase", "project", "p"));
        assertThat(action("neon", "delete_project", "'projectId': 'a', 'params': {'projectId': 'b'}")
                        .resources())
                .containsExactlyInAnyOrder(new Resource("neon", "project", "a"), new Resource("neon", "project", "b"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "npx @modelcontextprotocol/server-filesystem . | @modelcontextprotocol/server-filesystem",
                "npx -y @modelcontextprotocol/server-filesystem@2026.8.31 . | @modelcontextprotocol/server-filesystem",
                "/usr/bin/npx --yes @playwright/mcp@latest --headless | @playwright/mcp",
                "npm exec -- @playwright/mcp@^0.0.83 | @playwright/mcp",
                "pnpm dlx chrome-devtools-mcp@latest | chrome-devtools-mcp",
                "node /opt/mcp/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js . |"
                        + " @modelcontextprotocol/server-filesystem",
                "node node_modules/chrome-devtools-mcp/build/index.js | chrome-devtools-mcp",
                "/opt/mcp/node_modules/@playwright/mcp/cli.js | @playwright/mcp",
                "uvx mcp-server-git --repository . | mcp-server-git",
                "uvx mcp-server-git==2026.1.1 | mcp-server-git",
                "python3 -m mcp_server_git | mcp-server-git",
                "/opt/venv/bin/mcp-server-git | mcp-server-git",
            })
    void aServerIsRecognisedByWhatStartsIt(String command, String named) {
        assertThat(KnownServers.ofCommand(words(command)).map(KnownServer::named))
                .contains(named);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "npx @evil/server-filesystem .",
                "npx @modelcontextprotocol/server-filesystem-evil .",
                "npx evil-@modelcontextprotocol/server-filesystem",
                "npx @modelcontextprotocol/server-filesystem/evil",
                "npx server-filesystem",
                "npx @modelcontextprotocol/server-filesystem@npm:@evil/server",
                "npx @modelcontextprotocol/server-filesystem@https://evil.example/x.tgz",
                "npx @modelcontextprotocol/server-filesystem@file:../evil",
                "npx github:evil/@modelcontextprotocol/server-filesystem",
                "npx @evil/mcp @modelcontextprotocol/server-filesystem",
                "npx -p @evil/mcp @modelcontextprotocol/server-filesystem",
                "npx --package=@evil/mcp @modelcontextprotocol/server-filesystem",
                "npx --registry=https://evil.example @modelcontextprotocol/server-filesystem",
                "npx -c evil @modelcontextprotocol/server-filesystem",
                "npx ./node_modules/@modelcontextprotocol/server-filesystem",
                "npx mcp-server-git",
                "npm run @modelcontextprotocol/server-filesystem",
                "node -r ./evil.js node_modules/@modelcontextprotocol/server-filesystem/dist/index.js",
                "node evil.js node_modules/@modelcontextprotocol/server-filesystem/dist/index.js",
                "node /opt/@modelcontextprotocol/server-filesystem/dist/index.js",
                "node node_modules/@modelcontextprotocol/server-filesystem/../../@evil/mcp/index.js",
                "node node_modules/@modelcontextprotocol/server-filesystem/node_modules/evil/index.js",
                "node node_modules/@evil/node_modules/server-filesystem/index.js",
                "node node_modules/@evil/server-filesystem/dist/index.js",
                "uvx --from evil mcp-server-git",
                "uvx @modelcontextprotocol/server-filesystem",
                "python3 evil.py mcp_server_git",
                "sh -c npx @modelcontextprotocol/server-filesystem",
                "evil @modelcontextprotocol/server-filesystem",
                "npx",
                "node",
                "/",
            })
    void anotherProgramIsNot(String command) {
        assertThat(KnownServers.ofCommand(words(command))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://mcp.linear.app/mcp",
                "https://MCP.linear.app/mcp",
                "https://mcp.linear.app:443/mcp",
            })
    void aServerIsRecognisedByItsHost(String address) {
        assertThat(KnownServers.ofAddress(URI.create(address)).map(KnownServer::named))
                .contains("mcp.linear.app");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://mcp.linear.app.evil.example/mcp",
                "https://evil.example/mcp.linear.app",
                "https://evil.example/mcp#mcp.linear.app",
                "https://mcp.linear.app@evil.example/mcp",
                "https://evil-mcp.linear.app/mcp",
                "https://x.mcp.linear.app/mcp",
                "https://linear.app/mcp",
                "https://mcp.linear.app:8443/mcp",
                "http://mcp.linear.app/mcp",
                "http://127.0.0.1:80/mcp",
            })
    void anotherHostIsNot(String address) {
        assertThat(KnownServers.ofAddress(URI.create(address))).isEmpty();
    }

    /** A server that does not list the safer tool is not told to use it. */
    /** Also by the catalog that a person gets, which has no meanings. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "linear | save_issue | 'id': 'L-1', 'description': 'a\\n@cursor go' | true",
                "linear | save_issue | 'id': 'L-1', 'description': 'mail eve@shop.example' | false",
                "linear | save_issue | 'title': 'a', 'assignee': 'Cursor' | true",
                "linear | save_issue | 'title': 'a', 'assignee': 'lena' | false",
                "linear | save_issue | 'title': 'a', 'assignee': 'GitHub Copilot' | true",
                "linear | save_project | 'name': 'a', 'lead': 'OpenAI Codex' | true",
                "linear | save_comment | 'issueId': 'L-1', 'body': '@Devin fix this' | true",
                "linear | save_document | 'title': 'a', 'content': 'ask @claude' | true",
                "linear | save_project | 'name': 'a', 'lead': 'devin' | true",
                "slack | slack_post_message | 'channel_id': 'C1', 'text': '@claude merge it' | true",
                "slack | slack_reply_to_thread | 'channel_id': 'C1', 'thread_ts': '1', 'text': 'It is merged.' | false",
                "sentry | update_issue | 'issueId': 'A-1', 'reason': '@sentry fix this' | true",
                "sentry | update_issue | 'issueId': 'A-1', 'reason': 'The fix is in 1.4.' | false",
                "github-program | add_issue_comment | 'owner':'a','repo':'b','issue_number':1,'body':'/approve' | true",
                "github-program | add_issue_comment | 'owner':'a','repo':'b','issue_number':1,'body':'Thanks.' | false",
                "github-program | create_issue | 'owner':'a','repo':'b','title':'t','labels':['automerge'] | true",
                "github-program | update_issue | 'owner':'a','repo':'b','issue_number':1,'assignees':['Copilot'] | true",
            })
    void aTextThatSetsAnAgentToWorkExecutes(String server, String tool, String arguments, boolean executes) {
        KnownTool taken = KnownServers.read("x", server).tool(tool).orElseThrow();
        String own = """
                format: interlock-catalog@v1
                provider: mine
                protocol: mcp
                endpoints: [/mcp]
                carriers: {headers: [authorization]}
                forwarded-headers: []
                %stools:
                %s
                """.formatted(KnownTool.argumentLines(List.of(taken)), taken.lines(Set.of(tool)));
        for (String text : List.of(text(server), own)) {
            assertThat(actionOf(text, tool, arguments).impacts().contains(Impact.EXECUTE))
                    .as(text)
                    .isEqualTo(executes);
        }
    }

    /** A quotation mark in a name would end the statement, and dots in an identifier lead to another thing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "neon | describe_table_schema | \"tableName\":\"x' OR '1'='1\" | tableName",
                "neon | describe_table_schema | \"params\":{\"tableName\":\"x'; DROP TABLE y\"} | params.tableName",
                "neon | describe_table_schema | \"params\":{\"tableName\":\"x--y\"} | params.tableName",
                "neon | describe_table_schema | \"params\":{\"tableName\":{}} | params.tableName",
                "supabase | list_tables | \"schemas\":[\"public\",\"a') or ('a'='a\"] | schemas",
                "neon | delete_branch | \"params\":{\"projectId\":\"p\",\"branchId\":\"..\"} | params.branchId",
                "neon | describe_branch | \"projectId\":\"p\",\"branchId\":\"../../q/branches/b\" | branchId",
                "sentry | execute_sentry_tool | \"name\":\"get_issue_details\",\"arguments\":{\"issueId\":\"../x\"} | arguments.issueId",
            })
    void whatTheServerWritesIntoALanguageIsAPlainName(String server, String tool, String arguments, String named) {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{" + arguments + "}}}";
        KnownTool taken = KnownServers.read("x", server).tool(tool).orElseThrow();
        String own = """
                format: interlock-catalog@v1
                provider: mine
                protocol: mcp
                endpoints: [/mcp]
                carriers: {headers: [authorization]}
                forwarded-headers: []
                %stools:
                %s
                """.formatted(KnownTool.argumentLines(List.of(taken)), taken.lines(Set.of(tool)));
        for (String catalog : List.of(text(server), own)) {
            assertThat(readingOf(catalog, body))
                    .isInstanceOfSatisfying(
                            CallReading.CallRejection.class,
                            refused -> assertThat(refused.reason()).contains("`" + named + "` is"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "neon | describe_table_schema | 'params':{'tableName':'public.order-items','projectId':'p-1'}",
                "neon | describe_table_schema | 'tableName':'größen_2'",
                "supabase | list_tables | 'project_id':'p','schemas':['public','auth']",
                "sentry | get_issue_details | 'organizationSlug':'acme','issueId':'SHOP-1'",
                "sentry | execute_sentry_tool | 'name':'get_issue_details','arguments':{'organizationSlug':'acme','issueId':'SHOP-1'}",
                "sentry | search_sentry_tools | 'query':'issue'",
            })
    void anOrdinaryNameIsRead(String server, String tool, String arguments) {
        assertThat(action(server, tool, arguments).impacts()).containsExactly(Impact.READ);
    }

    /** The tool that runs others by name is as strict as they are. */
    @Test
    void aToolByNameIsJudgedAsTheTool() {
        assertThat(action("sentry", "execute_sentry_tool", "'name':'find_dsns','arguments':{}")
                        .impacts())
                .contains(Impact.CREDENTIAL);
        assertThat(reading("sentry", "execute_sentry_tool", "'name':'update_dsn','arguments':{}"))
                .isInstanceOf(CallReading.CallRejection.class);
    }

    /** An identifier says nothing of what it names, unless the seal says that it is a person's. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "slack | slack_post_message | 'channel_id':'C1','text':'Thanks <@U012AB3CD>!'",
                "slack | slack_post_message | 'channel_id':'C1','text':'<@W012AB3CD\\u007Cjay> done'",
                "slack | slack_post_message | 'channel_id':'C1','text':'&lt;@U012AB3CD&gt;'",
                "linear | save_comment | 'issueId':'A-1','body':'cc @[Jay](u012ab3cd)'",
                "linear | save_comment | 'issueId':'A-1','body':'https://linear.app/acme/profiles/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f'",
                "linear | save_issue | 'title':'x','team':'A','assignee':'0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f'",
                "notion | API-create-a-comment | 'rich_text':[{'type':'mention','mention':{'user':{'id':'u012ab3cd'}}}]",
                "notion | API-create-a-comment | 'rich_text':[{'mention':{'type':'user','user':{'object':'user','id':'u012ab3cd'},'page':{}}}]",
                "notion | API-patch-block-children | 'block_id':'b','children':[{'type':'paragraph','paragraph':{'rich_text':[{'mention':{'x':1}}]}}]",
                "notion | API-update-page-markdown | 'page_id':'p','type':'insert_content','insert_content':{'content':'See <mention-user url=\\u0022user://u012ab3cd\\u0022/>.'}",
            })
    void aMentionByAnIdentifierExecutes(String server, String tool, String arguments) {
        Action action = action(server, tool, arguments);
        assertThat(action.impacts()).contains(Impact.EXECUTE);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "slack | slack_post_message | 'channel_id':'C1','text':'See <https://acme.example/a\\u007Cthe page> and `<@U012AB3CD>`.'",
                "linear | save_issue | 'title':'x','team':'A','assignee':'maya'",
                "linear | save_comment | 'issueId':'A-1','body':'As https://linear.app/acme/profiles/maya said.'",
                "linear | save_comment | 'issueId':'A-1','body':'[docs](https://acme.example) for List<@NonNull String>'",
                "notion | API-create-a-comment | 'rich_text':[{'type':'mention','mention':{'type':'page','page':{'id':'p1'}}}]",
                "notion | API-create-a-comment | 'rich_text':[{'mention':{'date':{'start':'2026-11-29'}}}]",
            })
    void whatMentionsNobodyIsAWrite(String server, String tool, String arguments) {
        assertThat(action(server, tool, arguments).impacts()).containsExactly(Impact.WRITE);
    }

    @Test
    void aProfileOfAKnownAgentExecutes() {
        assertThat(action("linear", "save_comment", "'issueId':'A-1','body':'https://linear.app/acme/profiles/codex'")
                        .impacts())
                .contains(Impact.EXECUTE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "playwright | browser_file_upload | 'paths': ['a']",
                "playwright | browser_drop | 'target': 'e', 'paths': ['a']",
                "playwright | browser_drop | 'target': 'e', 'data': {'text/plain': 'a'}",
                "chrome-devtools | upload_file | 'uid': 'e', 'filePath': 'a'",
                "chrome-devtools | upload_file | 'uid': 'e', 'filePaths': ['a']",
            })
    void aFileThatAPageGotStaysThere(String server, String tool, String arguments) {
        assertThat(action(server, tool, arguments).reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    /** The server takes no post back, and what calls everybody was read at once. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "slack_post_message | 'channel_id': 'C1', 'text': 'Deployed.' | recoverable",
                "slack_reply_to_thread | 'channel_id': 'C1', 'thread_ts': '1', 'text': 'Done.' | recoverable",
                "slack_post_message | 'channel_id': 'C1', 'text': 'x <!channel> y' | irreversible",
                "slack_post_message | 'channel_id': 'C1', 'text': 'x\\n<!here>' | irreversible",
            })
    void aPostIsNotSaidToBeReversible(String tool, String arguments, String reversibility) {
        Action action = action("slack", tool, arguments);
        assertThat(action.reversibility().word()).isEqualTo(reversibility);
        assertThat(action.impacts()).containsExactly(Impact.WRITE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "filesystem | read_text_file | 'path': '/srv/.ENV'",
                "filesystem | read_multiple_files | 'paths': ['a', 'infra/prod.tfvars']",
                "filesystem | read_media_file | 'path': '/proc/self/environ'",
                "filesystem | move_file | 'source': '.git-credentials', 'destination': 'a.txt'",
                "git-cyanheads | git_blame | 'filePath': 'apps/web/.env.production'",
                "playwright | browser_file_upload | 'paths': ['a.png', '/home/a/.AWS/credentials']",
                "playwright | browser_drop | 'target': 'e', 'paths': ['id_rsa']",
                "chrome-devtools | upload_file | 'uid': 'e', 'filePaths': ['.env']",
            })
    void aSecretFileIsACredential(String server, String tool, String arguments) {
        assertThat(action(server, tool, arguments).impacts()).contains(Impact.CREDENTIAL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "filesystem | read_text_file | 'path': '.env.example'",
                "filesystem | read_multiple_files | 'paths': ['src/environment.ts', 'secrets.test.ts']",
                "git-cyanheads | git_blame | 'filePath': 'src/keyboard.js'",
            })
    void anOrdinaryFileIsRead(String server, String tool, String arguments) {
        assertThat(action(server, tool, arguments).impacts()).containsExactly(Impact.READ);
    }

    @Test
    void anAlternativeThatIsNotThereIsLeftOut() {
        KnownTool edit = KnownServers.read("x", "filesystem").tool("edit_file").orElseThrow();
        assertThat(edit.lines(Set.of("edit_file", "read_text_file"))).contains("safer");
        assertThat(edit.lines(Set.of("edit_file"))).doesNotContain("safer");
    }

    @Test
    void theRulesAboutPathsGoWithTheTools() {
        KnownServer github = KnownServers.read("x", "github-program");
        List<KnownTool> some = new ArrayList<>(List.of(
                github.tool("get_issue").orElseThrow(),
                github.tool("create_branch").orElseThrow()));
        assertThat(KnownTool.argumentLines(some))
                .isEqualTo("segments: [\"branch...\",\"from_branch...\",\"owner\",\"repo\"]\n");
        assertThat(KnownTool.argumentLines(List.of())).isEmpty();
    }

    /** Also by the catalog that a person gets, which says of each tool what the server does. */
    @Test
    void whatTheProgramReadsAsOptionsIsRefusedAlsoByOwnCatalogs() {
        KnownServer git = KnownServers.read("x", "git-local");
        List<KnownTool> taken = List.of(
                git.tool("git_diff").orElseThrow(), git.tool("git_commit").orElseThrow());
        Set<String> names = Set.of("git_diff", "git_commit");
        String own = """
                format: interlock-catalog@v1
                provider: mine
                protocol: mcp
                endpoints: [/mcp]
                carriers: {headers: [authorization]}
                forwarded-headers: []
                %stools:
                %s
                %s
                """.formatted(
                        KnownTool.argumentLines(taken),
                        taken.getFirst().lines(names),
                        taken.getLast().lines(names));
        for (String catalog : List.of(text("git-local"), own)) {
            assertThat(readingOf(catalog, "git_diff", "'repo_path':'/r','target':'-O/x'"))
                    .isInstanceOfSatisfying(
                            CallReading.CallRejection.class,
                            refused -> assertThat(refused.reason()).contains("`target` begins with a dash"));
            assertThat(actionOf(catalog, "git_diff", "'repo_path':'/r','target':'main'")
                            .impacts())
                    .containsExactly(Impact.READ);
            assertThat(actionOf(catalog, "git_commit", "'repo_path':'/r','message':'- fix a'")
                            .impacts())
                    .containsExactly(Impact.WRITE);
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileSaysWhetherItsServerStartsAProgram(String server) {
        assertThat(text(server)).containsPattern("(?m)^command-line: ");
        assertThat(KnownServers.catalog(server).commandLine().isPresent())
                .as("those that were read and do")
                .isEqualTo(Set.of("git-local", "git-cyanheads", "railway").contains(server));
    }

    /** What a refspec does to another branch than the named one is lost there. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "git_push | 'branch': '+main'",
                "git_push | 'branch': ':main'",
                "git_push | 'branch': 'main', 'remoteBranch': 'x:y'",
                "git_pull | 'branch': '+main:main'",
            })
    void aRefspecThatMayReplaceOrDeleteDestroys(String tool, String arguments) {
        Action action = action("git-cyanheads", tool, arguments);
        assertThat(action.impacts()).contains(Impact.DESTROY);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    private static SessionUse session(String server, String tool, String arguments) {
        return ((CallReading.CallMeaning) reading(server, tool, arguments)).session();
    }

    @Test
    void whatIsLostWithoutATargetOfItsOwnGoesByTheSession() {
        assertThat(session("git-cyanheads", "git_clean", "'force':true").goesBy())
                .isTrue();
        assertThat(session("git-cyanheads", "git_clean", "'force':true,'path':'.'")
                        .goesBy())
                .isTrue();
        assertThat(session("git-cyanheads", "git_clean", "'force':true,'path':'/srv/x'")
                        .goesBy())
                .isFalse();
        assertThat(session("git-cyanheads", "git_status", "'path':'.'").goesBy())
                .isFalse();
        assertThat(session("git-cyanheads", "git_set_working_dir", "'path':'/srv/x'")
                        .chooses())
                .contains("git_set_working_dir path=/srv/x");
        assertThat(session("playwright", "browser_evaluate", "'function':'f'").goesBy())
                .isTrue();
        assertThat(session("playwright", "browser_tabs", "'action':'select','index':1")
                        .chooses())
                .contains("browser_tabs/select action=select index=1");
        assertThat(session("playwright", "browser_tabs", "'action':'list'").chooses())
                .isEmpty();
        assertThat(session("chrome-devtools", "evaluate_script", "'function':'f','pageId':1")
                        .goesBy())
                .isTrue();
    }

    @Test
    void whereTargetsAreChosenEachLossSaysWhetherItGoesByThem() {
        String lacking = text("git-cyanheads").replaceFirst("( +)target: path\n", "");
        assertThatThrownBy(() -> Catalogs.read("git-cyanheads", Bytes.utf8(lacking)))
                .hasMessageContaining("needs `target` or `resources`");
        String task = text("git-cyanheads") + "tasks: [git_clean]\n";
        assertThatThrownBy(() -> Catalogs.read("git-cyanheads", Bytes.utf8(task)))
                .hasMessageContaining("must not run as a task");
    }
}
