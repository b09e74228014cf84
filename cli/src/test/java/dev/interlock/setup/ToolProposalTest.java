package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.setup.McpDirectory.ListedArgument;
import dev.interlock.setup.McpDirectory.ListedTool;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ToolProposalTest {

    private static ToolProposal.Effect effect(String name, boolean destroys, boolean changes) {
        return ToolProposal.of(new ListedTool(name, List.of(), destroys, changes))
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
            assertThat(ToolProposal.of(new ListedTool(name, List.of(), false, false))
                            .canBeListed())
                    .isFalse();
        }
        ListedTool odd = new ListedTool("get", List.of(new ListedArgument("a\", x", false)), false, false);
        assertThat(ToolProposal.of(odd).canBeListed()).isFalse();
    }

    @Test
    void whoSignsSeesTheArguments() {
        ListedTool tool = new ListedTool(
                "delete_note",
                List.of(new ListedArgument("note", false), new ListedArgument("filter", true)),
                false,
                false);
        assertThat(ToolProposal.of(tool).line())
                .isEqualTo("  \"delete_note\": {takes: \"note filter:*\", facts: [\"note\"], impacts: [destroy],"
                        + " reversibility: irreversible}");
    }
}
