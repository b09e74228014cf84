package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.KnownServers;
import dev.interlock.setup.McpDirectory.ListedArgument;
import dev.interlock.setup.McpDirectory.ListedTool;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ToolProposalTest {

    private static ToolProposal.Effect effect(String name, boolean destroys, boolean changes) {
        return ToolProposal.of(new ListedTool(name, List.of(), destroys, changes), Optional.empty())
                .effect();
    }

    @ParameterizedTest
    @ValueSource(strings = {"list_notes", "getIssue", "search", "read-file", "describe_table"})
    void plainReadsAreReads(String name) {
        assertThat(effect(name, false, false)).isEqualTo(ToolProposal.Effect.READS);
        assertThat(effect(name, false, true)).isEqualTo(ToolProposal.Effect.ASKS);
        assertThat(effect(name, true, false)).isEqualTo(ToolProposal.Effect.ASKS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"create_issue", "addComment", "post_reply"})
    void plainAdditionsAreAdditions(String name) {
        assertThat(effect(name, false, true)).isEqualTo(ToolProposal.Effect.ADDS);
        assertThat(effect(name, true, true)).isEqualTo(ToolProposal.Effect.ASKS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "delete_note",
                "get_and_delete",
                "get_or_set",
                "find_and_update",
                "listAndDeleteall",
                "create_or_update_file",
                "getAPIKey",
                "listSSHKeys",
                "getDBPassword",
                "readCSVDelete",
                "search_and_send",
                "status_update",
                "frobnicate",
                "get-env",
                "toString",
                "x"
            })
    void anythingElseAsks(String name) {
        assertThat(effect(name, false, false)).isEqualTo(ToolProposal.Effect.ASKS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"run_query", "execute_sql", "get_shell", "listProcesses", "open_terminal", "evaluate"})
    void whatRunsCodeIsDenied(String name) {
        assertThat(effect(name, false, false)).isEqualTo(ToolProposal.Effect.RUNS);
    }

    @Test
    void namesThatCouldAddLinesAreNotListed() {
        for (String name : List.of("a\n  b: {}", "a\": {", "", "mcp/ping", "a b")) {
            assertThat(ToolProposal.of(new ListedTool(name, List.of(), false, false), Optional.empty())
                            .canBeListed())
                    .isFalse();
        }
        ListedTool odd = new ListedTool("get", List.of(new ListedArgument("a\", x", false)), false, false);
        assertThat(ToolProposal.of(odd, Optional.empty()).canBeListed()).isFalse();
    }

    @Test
    void whoSignsSeesTheArguments() {
        ListedTool tool = new ListedTool(
                "delete_note",
                List.of(new ListedArgument("note", false), new ListedArgument("filter", true)),
                false,
                false);
        assertThat(ToolProposal.of(tool, Optional.empty()).lines(Set.of(), false))
                .isEqualTo("  \"delete_note\": {takes: \"note filter:*\", facts: [\"note\"], impacts: [destroy],"
                        + " reversibility: irreversible}");
    }

    private static ToolProposal filesystem(String name, String... arguments) {
        ListedTool tool = new ListedTool(
                name,
                Stream.of(arguments)
                        .map(argument -> new ListedArgument(argument, false))
                        .toList(),
                false,
                false);
        return ToolProposal.of(
                tool, KnownServers.ofCommand(List.of("npx", "@modelcontextprotocol/server-filesystem", ".")));
    }

    /** The name alone would let `write_file` ask, and `create_directory` add; the judgement says more. */
    @Test
    void aKnownToolHasTheJudgementThatComesWithInterlock() {
        ToolProposal write = filesystem("write_file", "path", "content");
        assertThat(write.words()).isEqualTo("a person is asked");
        assertThat(write.lines(Set.of("write_file"), false))
                .startsWith("  \"write_file\":\n    takes: \"path content\"\n    impacts: [\"destroy\"]\n")
                .contains("effect: \"Writes a file.");
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
        assertThat(tool.words()).isEqualTo("reads; refused with `andDelete`");
        assertThat(tool.lines(Set.of(), false)).contains("takes: \"path head tail\"").doesNotContain("andDelete");
    }

    /** A rule about segments is about the whole catalog, and `renew` adds only tools to one. */
    @Test
    void aToolWhoseRulesTheCatalogLacksIsJudgedByItsName() {
        ListedTool get = new ListedTool("get_project", List.of(new ListedArgument("id", false)), false, false);
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
            ListedTool tool = new ListedTool("write_file", List.of(), false, false);
            assertThat(ToolProposal.of(tool, KnownServers.ofCommand(command)).known())
                    .isEmpty();
        }
    }

    private static ToolProposal named(String name) {
        return ToolProposal.of(new ListedTool(name, List.of(), false, false), Optional.empty());
    }

    @Test
    void whatActsOnAChosenTargetGoesByTheSession() {
        ToolProposal chooser = named("select_project");
        ToolProposal loss = named("purge");
        ToolProposal read = named("list_notes");
        assertThat(ToolProposal.choose(List.of(loss, read), Optional.empty())).isFalse();
        assertThat(ToolProposal.choose(List.of(chooser, loss, read), Optional.empty())).isTrue();
        assertThat(chooser.lines(Set.of(), true)).endsWith("sets-target: true, target: session}");
        assertThat(loss.lines(Set.of(), true)).endsWith("irreversible, target: session}");
        assertThat(loss.lines(Set.of(), false)).doesNotContain("target");
        assertThat(read.lines(Set.of(), true)).doesNotContain("target");
        assertThat(List.of(chooser.isInSession(), loss.isInSession(), read.isInSession()))
                .containsExactly(true, true, false);
    }

    @Test
    void ofAKnownServerOnlyKnownToolsChoose() {
        Optional<KnownServers.KnownServer> git = KnownServers.ofName("git-cyanheads");
        ToolProposal clean = ToolProposal.of(new ListedTool("git_clean", List.of(), false, false), git);
        ToolProposal set = ToolProposal.of(new ListedTool("git_set_working_dir", List.of(), false, false), git);
        assertThat(ToolProposal.choose(List.of(clean), git)).isFalse();
        assertThat(ToolProposal.choose(List.of(clean, set), git)).isTrue();
        assertThat(clean.lines(Set.of("git_clean"), true)).contains("target: \"path\"");
        assertThat(ToolProposal.choose(List.of(named("select_project")), KnownServers.ofName("linear"))).isFalse();
    }
}
