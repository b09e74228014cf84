package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.KnownServers;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ToolProposalTest {

    private static ToolProposal proposal(String name, ToolArgument... arguments) {
        return ToolProposal.of(
                new ListedTool(name, "", List.of(arguments), ListedTool.ToolHints.NONE), Optional.empty());
    }

    private static ToolArgument text(String name) {
        return new ToolArgument(name, ToolArgument.Kind.TEXT, "", List.of(), List.of(), false);
    }

    private static ToolArgument nested(String name) {
        return new ToolArgument(name, ToolArgument.Kind.NESTED, "", List.of(), List.of(), false);
    }

    @Test
    void namesThatCouldAddLinesAreNotListed() {
        for (String name : List.of("a\n  b: {}", "a\": {", "", "mcp/ping", "a b")) {
            assertThat(proposal(name).canBeListed()).isFalse();
        }
        assertThat(proposal("get", text("a\", x")).canBeListed()).isFalse();
    }

    /** Nor does the name of an argument within another one, which nothing checks, stand in the file. */
    @Test
    void noNameOfAServersAddsALine() {
        ToolArgument odd = new ToolArgument(
                "x", ToolArgument.Kind.NESTED, "", List.of(), List.of(text("sql\n  evil: {}\n")), false);
        assertThat(proposal("get_report", odd).lines(Set.of(), false))
                .doesNotContain("\n")
                .contains("[execute]");
    }

    @Test
    void whoSignsSeesTheArgumentsAndTheThing() {
        assertThat(proposal("delete_note", text("note"), nested("filter")).lines(Set.of(), false))
                .isEqualTo(
                        "  \"delete_note\": {takes: \"note filter:*\", resources: {note: \"note\"}, facts: [\"note\"],"
                                + " impacts: [destroy], reversibility: irreversible, effect: \"May lose what was there.\"}"
                                + " # `delete` in its name");
    }

    /** Otherwise one deleted note would freeze the project that it was in. */
    @Test
    void onlyTheThingInAToolsNameIsLost() {
        ToolArgument card = new ToolArgument("card_id", ToolArgument.Kind.TEXT, "", List.of(), List.of(), true);
        assertThat(proposal("delete_card", card, text("board_id")).lines(Set.of(), false))
                .contains("resources: {card_id: \"card\"}, besides: {board_id: \"board\"}, ")
                .doesNotContain("part:");
        assertThat(proposal("delete_card", text("card_id"), text("board_id")).lines(Set.of(), false))
                .as("without a card it may be the board")
                .contains("resources: {card_id: \"card\", board_id: \"board\"}, ");
        ToolProposal notes = proposal("delete_notes", text("project_id"));
        assertThat(notes.lines(Set.of(), false)).contains("resources: {project_id: \"project\"}, part: true, ");
        assertThat(impacts(notes, "project_id", "p")).contains(Impact.DESTROY);
        for (String whole : List.of("purge", "delete_all", "delete_project", "delete_project_data")) {
            assertThat(proposal(whole, text("project_id")).lines(Set.of(), false))
                    .as(whole)
                    .contains("resources: {project_id: \"project\"}, ")
                    .doesNotContain("part:");
        }
        assertThat(proposal("create_card", card, text("board_id")).lines(Set.of(), false))
                .doesNotContain("besides", "part:");
    }

    /** Whatever the server calls the tool and its argument: a file is secret by its own name. */
    @Test
    void aSecretFileIsACredentialForAStrangersTool() {
        for (String argument : List.of("path", "filePath", "sourceFile", "uri")) {
            assertThat(impacts(proposal("read_note", text(argument)), argument, "/srv/app/.ENV"))
                    .as(argument)
                    .contains(Impact.CREDENTIAL);
            assertThat(impacts(proposal("read_note", text(argument)), argument, "src/environment.ts"))
                    .containsExactly(Impact.READ);
        }
        ToolArgument files =
                new ToolArgument("files", ToolArgument.Kind.NESTED, "", List.of(), List.of(text("path")), false);
        assertThat(proposal("read_notes", files).lines(Set.of(), false)).contains("{files.path: [$secret-files]}");
        assertThat(proposal("search_notes", text("query"), text("profile")).lines(Set.of(), false))
                .doesNotContain("when");
    }

    /** A tool that shows things of any kind shows secrets, too. */
    @Test
    void aKindThatIsACredentialIsOneForAStrangersTool() {
        for (String argument : List.of("kind", "resourceType", "doctype", "model", "table_name", "object_type")) {
            for (String value : List.of("Secret", "res.api_key", "api_key", "serviceaccounttoken")) {
                assertThat(impacts(proposal("resources_get", text(argument), text("name")), argument, value))
                        .as(argument + " " + value)
                        .contains(Impact.CREDENTIAL);
            }
            assertThat(impacts(proposal("resources_get", text(argument), text("name")), argument, "Deployment"))
                    .containsExactly(Impact.READ);
        }
    }

    @Test
    void aTextThatCommandsABotRunsSomething() {
        for (String argument : List.of("body", "note", "commentText", "description")) {
            ToolProposal tool = proposal("create_issue_note", text(argument), text("issue_id"));
            for (String command : List.of("/merge", "@dependabot rebase", "looks good, /merge")) {
                assertThat(impacts(tool, argument, command)).as(command).contains(Impact.EXECUTE);
            }
            assertThat(impacts(tool, argument, "It works.")).containsExactly(Impact.WRITE);
        }
        ToolProposal open = proposal("create_note", nested("data"));
        assertThat(open.lines(Set.of(), false)).contains("{commands: {written: [body, ");
        assertThat(impacts(proposal("search_notes", text("text")), "text", "/merge"))
                .containsExactly(Impact.READ);
    }

    @Test
    void aFileThatRunsLaterRunsSomethingForAStrangersTool() {
        for (String name : List.of("edit_block", "append_row", "copy_document", "frob")) {
            ToolProposal tool = proposal(name, text("file_path"), text("old_string"));
            assertThat(impacts(tool, "file_path", "/srv/app/.git/hooks/pre-commit"))
                    .as(name)
                    .contains(Impact.EXECUTE);
            assertThat(impacts(tool, "file_path", "notes.md")).doesNotContain(Impact.EXECUTE);
        }
        assertThat(impacts(proposal("read_note", text("file_path")), "file_path", ".git/hooks/pre-commit"))
                .containsExactly(Impact.READ);
    }

    private static Set<Impact> impacts(ToolProposal proposal, String argument, String value) {
        String catalog = """
                format: interlock-catalog@v1
                provider: mine
                protocol: mcp
                endpoints: [/mcp]
                carriers: {headers: [authorization]}
                forwarded-headers: []
                tools:
                %s
                """.formatted(proposal.lines(Set.of(), false));
        CallReading reading = Catalogs.read("mine.yaml", Bytes.utf8(catalog))
                .read(new HttpCall(
                        "POST",
                        "mcp.example",
                        "/mcp",
                        List.of(),
                        List.of(new Header("content-type", "application/json")),
                        Bytes.utf8("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\""
                                + proposal.tool().name() + "\",\"arguments\":{\"" + argument + "\":\"" + value
                                + "\"}}}")));
        return ((CallReading.CallMeaning) reading).actions().getFirst().impacts();
    }

    @Test
    void whatLeadsToConfidentialMessagesIsAskedAbout() {
        assertThat(proposal("search_messages", text("query"), text("filter_in_im_or_mpim"))
                        .lines(Set.of(), false))
                .contains(
                        "impacts: [read], reversibility: reversible, when: [{if: {any: [{given: filter_in_im_or_mpim}]},"
                                + " impacts: [privilege], reversibility: irreversible, ");
        assertThat(proposal("search_messages", text("query"), text("channel")).lines(Set.of(), false))
                .doesNotContain("when");
        assertThat(proposal("delete_message", text("dm")).lines(Set.of(), false))
                .doesNotContain("when");
    }

    @Test
    void whatIsRunIsSeenWhole() {
        assertThat(proposal("get_report", text("sql")).lines(Set.of(), false))
                .contains("facts: [\"sql\"], whole: [\"sql\"], impacts: [execute]");
    }

    @ParameterizedTest
    @CsvSource({
        "get_page, page_id, page",
        "getIssue, issueKey, issue",
        "delete_note, note, note",
        "delete_note, id, note",
        "notes_get, id, note",
        "list_items, namespace, namespace",
        "read_rows, tableName, table",
        "create_page, project_id, project"
    })
    void anArgumentThatNamesAThingPlacesIt(String tool, String argument, String type) {
        assertThat(proposal(tool, text(argument)).types()).containsExactly(type);
    }

    @ParameterizedTest
    @CsvSource({
        "list_notes, page_number",
        "list_notes, start_cursor",
        "list_notes, request_id",
        "add_note, note",
        "update_issue_title, title",
        "create_note, name",
        "get_user_posts, id",
        "login, access_key",
        "search, query"
    })
    void whatNamesNothingThatIsThereDoesNot(String tool, String argument) {
        assertThat(proposal(tool, text(argument)).types()).isEmpty();
    }

    /** One that reads passes, and the others are asked about; what is no choice is refused. */
    @Test
    void anArgumentThatChoosesMakesOperations() {
        ToolArgument action = new ToolArgument(
                "action", ToolArgument.Kind.TEXT, "", List.of("list", "create", "delete"), List.of(), true);
        ToolProposal tool = proposal("manage_notes", action, text("id"));
        assertThat(tool.words())
                .isEqualTo(
                        "`list` reads; `create` changes; `delete` asked: something may be lost (`delete` in its name)");
        assertThat(tool.lines(Set.of(), false))
                .contains("chosen-by: action, choices: {\"list\": {impacts: [read], reversibility: reversible}, ");
        assertThat(proposal("manage_notes", action, text("sql")).choices()).isEmpty();
        assertThat(proposal("delete_notes", action).choices()).isEmpty();
    }

    @Test
    void aRepositoryHasItsOwner() {
        ToolArgument owner = new ToolArgument("owner", ToolArgument.Kind.TEXT, "", List.of(), List.of(), true);
        assertThat(proposal("list_files", owner, text("repo")).places()).containsEntry("repo", "repo/{owner}/*");
        assertThat(proposal("list_files", owner, text("repo")).types()).containsExactly("repo");
    }

    private static ToolProposal filesystem(String name, String... arguments) {
        ListedTool tool = new ListedTool(
                name, "", Stream.of(arguments).map(ToolProposalTest::text).toList(), ListedTool.ToolHints.NONE);
        return ToolProposal.of(
                tool, KnownServers.ofCommand(List.of("npx", "@modelcontextprotocol/server-filesystem", ".")));
    }

    /** The name alone would let `write_file` ask, and `create_directory` add; the judgement says more. */
    @Test
    void aKnownToolHasTheJudgementThatComesWithInterlock() {
        ToolProposal write = filesystem("write_file", "path", "content");
        assertThat(write.words())
                .isEqualTo(
                        "asked: something may be lost; what it replaces is kept, and then it passes; more with some arguments");
        assertThat(write.lines(Set.of("write_file"), false))
                .startsWith("  \"write_file\":\n    takes: \"path content\"\n    impacts: [\"destroy\"]\n")
                .contains("effect: \"Writes a file.")
                .doesNotContain("undo:");
        assertThat(write.lines(Set.of("write_file", "read_text_file"), false))
                .contains("undo: {\"read\":\"read_text_file\"");
        assertThat(filesystem("directory_tree", "path").words()).isEqualTo("reads");
        assertThat(ToolProposal.of(write.tool(), Optional.empty()).known()).isEmpty();
    }

    @Test
    void anUnknownToolOfAKnownServerIsJudgedByItsName() {
        ToolProposal tool = filesystem("list_tags", "path");
        assertThat(tool.known()).isEmpty();
        assertThat(tool.lines(Set.of(), false))
                .isEqualTo(ToolProposal.of(tool.tool(), Optional.empty()).lines(Set.of(), false));
    }

    /** It is not in the catalog, so a call with it is refused, whatever the server makes of it. */
    @Test
    void anUnknownArgumentOfAKnownToolIsNotTaken() {
        ToolProposal tool = filesystem("read_text_file", "path", "andDelete");
        assertThat(tool.words()).isEqualTo("reads; more with some arguments; refused with `andDelete`");
        assertThat(tool.lines(Set.of(), false))
                .contains("takes: \"path head tail\"")
                .doesNotContain("andDelete");
    }

    /** A rule about segments is about the whole catalog, and `renew` adds only tools to one. */
    @Test
    void aToolWhoseRulesTheCatalogLacksIsJudgedByItsName() {
        ListedTool get = new ListedTool("get_project", "", List.of(text("id")), ListedTool.ToolHints.NONE);
        ToolProposal tool = ToolProposal.of(get, KnownServers.ofAddress(URI.create("https://mcp.supabase.com/mcp")));
        assertThat(tool.within(Set.of("id", "project_id")).known()).isPresent();
        assertThat(tool.within(Set.of("project_id")).known()).isEmpty();
    }

    /** Nothing of what a server says of itself is asked for. */
    @Test
    void aServerThatSaysThatItIsKnownIsNot() {
        for (List<String> command : List.of(
                List.of("npx", "@evil/server-filesystem", "--name", "@modelcontextprotocol/server-filesystem"),
                List.of("node", "/opt/evil/secure-filesystem-server.js"))) {
            ListedTool tool = new ListedTool("write_file", "", List.of(), ListedTool.ToolHints.NONE);
            assertThat(ToolProposal.of(tool, KnownServers.ofCommand(command)).known())
                    .isEmpty();
        }
    }

    @Test
    void whatActsOnAChosenTargetGoesByTheSession() {
        ToolProposal chooser = proposal("select_project");
        ToolProposal loss = proposal("purge");
        ToolProposal read = proposal("list_notes");
        assertThat(ToolProposal.choose(List.of(loss, read), Optional.empty())).isFalse();
        assertThat(ToolProposal.choose(List.of(chooser, loss, read), Optional.empty()))
                .isTrue();
        assertThat(chooser.lines(Set.of(), true)).contains(", sets-target: true");
        assertThat(loss.lines(Set.of(), true)).contains(", target: session}");
        assertThat(loss.lines(Set.of(), false)).doesNotContain("target");
        assertThat(read.lines(Set.of(), true)).doesNotContain("target");
        assertThat(List.of(chooser.isInSession(), loss.isInSession(), read.isInSession()))
                .containsExactly(true, true, false);
    }

    @Test
    void ofAKnownServerOnlyKnownToolsChoose() {
        Optional<KnownServers.KnownServer> git = KnownServers.ofName("git-cyanheads");
        ToolProposal clean =
                ToolProposal.of(new ListedTool("git_clean", "", List.of(), ListedTool.ToolHints.NONE), git);
        ToolProposal set =
                ToolProposal.of(new ListedTool("git_set_working_dir", "", List.of(), ListedTool.ToolHints.NONE), git);
        assertThat(ToolProposal.choose(List.of(clean), git)).isFalse();
        assertThat(ToolProposal.choose(List.of(clean, set), git)).isTrue();
        assertThat(clean.lines(Set.of("git_clean"), true)).contains("target: \"path\"");
        assertThat(ToolProposal.choose(List.of(proposal("select_project")), KnownServers.ofName("linear")))
                .isFalse();
    }
}
