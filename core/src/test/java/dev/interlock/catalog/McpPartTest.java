package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the part of a REST catalog about the provider's own server of MCP, and tools that do several things. */
class McpPartTest {

    private static final String TWINS =
            "same-as:\n  write_disk/rename: disks/update\n  write_disk/delete: disks/delete\n";

    private static final String TEXT = RestExample.TEXT.replace("same-as:\n", TWINS) + """
            mcp:
              endpoints: [/mcp]
              forwarded-headers: []
              segments: [project, disk, "branch..."]
              tools:
                list_disks: {takes: project, impacts: [read], reversibility: reversible, resources: {project: project}}
                write_disk:
                  takes: method project disk branch name
                  resources: {disk: "disk/{project}/*"}
                  facts: [name]
                  chosen-by: method
                  choices:
                    rename: {impacts: [write], reversibility: reversible}
                    delete:
                      impacts: [destroy]
                      reversibility: recoverable
                      safer: {use: write_disk/rename, how: Rename it.}
            """;

    private static final RestFixture ACME = new RestFixture(RestExample.load(TEXT));

    private static HttpCall call(String tool, String arguments) {
        return RestFixture.call(
                "POST /mcp",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                        + "\",\"arguments\":{" + arguments.replace('\'', '"') + "}}}");
    }

    private static Action action(String tool, String arguments) {
        return ACME.understood(call(tool, arguments)).actions().getFirst();
    }

    @Test
    void aThingIsTheSameAsByRest() {
        Action deleted = action("write_disk", "'method': 'delete', 'project': 'Shop', 'disk': 'D1'");
        Action rest = ACME.action("DELETE /projects/shop/disks/d1", "");
        assertThat(deleted.operation()).hasToString("acme/write_disk/delete");
        assertThat(deleted.impacts()).isEqualTo(rest.impacts());
        assertThat(deleted.reversibility()).isEqualTo(rest.reversibility());
        assertThat(deleted.resources()).isEqualTo(rest.resources());
    }

    @Test
    void anArgumentSaysWhatIsDone() {
        assertThat(action("write_disk", "'method': 'rename', 'project': 'a', 'disk': 'b'")
                        .impacts())
                .containsExactly(Impact.WRITE);
        assertThat(action("write_disk", "'method': 'delete', 'project': 'a', 'disk': 'b'")
                        .impacts())
                .containsExactly(Impact.DESTROY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "'method': 'Delete',", "'method': ['rename'],", "'method': null,", "'method': 'wipe',"})
    void anUnknownChoiceIsRefused(String method) {
        assertThat(ACME.refused(call("write_disk", method + "'project': 'a', 'disk': 'b'"))
                        .reason())
                .contains("does not list what the tool `write_disk` does by this `method`");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'project': 'a/..'",
                "'project': '..'",
                "'project': '.'",
                "'project': 'a\\\\b'",
                "'project': 'a%2e'",
                "'project': 'a?b'",
                "'project': 'a#b'",
                "'project': 'a b'",
                "'branch': 'x/../y'",
                "'branch': 'x//y'",
                "'branch': '/x'",
                "'branch': 'x/'",
                "'branch': ['x', '..']",
            })
    void aSegmentThatLeadsElsewhereIsRefused(String argument) {
        assertThat(ACME.refused(call("write_disk", "'method': 'rename', 'disk': 'b', " + argument))
                        .reason())
                .contains("could lead to another path");
    }

    /** What is placed for the clients of the server opens nothing else. */
    @Test
    void theServerItselfIsAThingOfItsOwn() {
        Action listed =
                ACME.action("POST /mcp", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}");
        assertThat(listed.resources()).containsExactly(new Resource("acme", "mcp", "self"));
        assertThat(RestExample.load(TEXT).touchedTypes()).containsEntry("mcp", "self");
    }

    @Test
    void otherPathsAreReadAsBefore() {
        assertThat(ACME.action("GET /projects/a/disks", "").operation()).hasToString("acme/disks/list");
        assertThat(RestExample.load(TEXT).mcp(RestFixture.call("GET /projects/a/disks", "")))
                .isEmpty();
        assertThat(RestExample.load(TEXT).mcp(call("list_disks", "'project': 'a'")))
                .isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "diskResize: disks/update | diskResize: disks/none | is neither an operation of this catalog nor a reason",
                "diskResize: disks/update | none: disks/update | which is no operation of `graphql` or `mcp`",
                "write_disk/rename: disks/update | write_disk/rename: disks/delete | must not be milder than `disks/delete`",
                "write_disk/delete: disks/delete | list_disks: disks/list | does the same as `write_disk/delete`",
            })
    void operationThatChangesSomethingNamesItsTwin(String right, String wrong, String complaint) {
        assertThat(TEXT).contains(right);
        assertThatThrownBy(() -> RestExample.load(TEXT.replace(right, wrong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(complaint);
        RestExample.load(TEXT.replace(right, right.replaceAll(": .*", ": There is none.")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'endpoints: [/mcp]' | 'endpoints: [/graphql]' | `/graphql` is a path of MCP and of something else",
                "'endpoints: [/mcp]' | 'endpoints: [/projects/a/disks]' | is a path of MCP and of something else",
                "'    list_disks:' | '    disks/list:' | `disks/list` is an operation of MCP and of something else",
                "'    list_disks:' | '    diskResize:' | `diskResize` is an operation of MCP and of something else",
                "'    list_disks:' | '    write_disk/delete:' | has the name of another tool's operation",
                "'segments: [project' | 'segments: [owner' | `mcp.segments.[0]`: is not an argument of any tool",
                "'segments: [project' | 'segments: [\"a b\"' | `mcp.segments.[0]`: `a b` is not an argument such as",
                "'chosen-by: method' | 'chosen-by: how' | `mcp.tools.write_disk.chosen-by`: must be one of the arguments",
                "'use: write_disk/rename' | 'use: write_disk' | `write_disk` is not a tool of this catalog",
                "'rename: {impacts' | 'rename: {more: 1, impacts' | `mcp.tools.write_disk.choices.rename.more`",
                "'rename: {impacts' | '\"re name\": {impacts' | must consist of letters",
                "'forwarded-headers: []~  segments' | 'forwarded-headers: [mcp-x]~  segments' | is written by the gateway",
                "'  tools:' | '  words: {}~  tools:' | `mcp.words`: is not a known key",
            })
    void aMistakeIsNamedWithFileAndKey(String right, String wrong, String complaint) {
        String part = TEXT.substring(TEXT.indexOf("\nmcp:"));
        String asWritten = right.replace('~', '\n');
        assertThat(part).contains(asWritten);
        String changed =
                part.replaceFirst(Pattern.quote(asWritten), Matcher.quoteReplacement(wrong.replace('~', '\n')));
        assertThatThrownBy(() -> RestExample.load(TEXT.replace(part, changed)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("acme.yaml:")
                .hasMessageContaining(complaint);
    }
}
