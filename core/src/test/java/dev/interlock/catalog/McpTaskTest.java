package dev.interlock.catalog;

import static dev.interlock.catalog.McpExample.CATALOG;
import static dev.interlock.catalog.McpExample.WITH_TASKS;
import static dev.interlock.catalog.McpExample.request;
import static dev.interlock.catalog.McpExample.tool;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.catalog.mcp.McpMessage;
import dev.interlock.catalog.mcp.ServerMessage;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which calls may run as tasks, what a server is told of them, and what its answers say of them. */
class McpTaskTest {

    private static final String DAY = "86400000";

    private static HttpCall asTask(String tool, String task, Header... headers) {
        return request(
                "tools/call",
                "{\"name\":\"" + tool + "\",\"arguments\":{\"note\":\"n-1\"},\"task\":" + task + "}",
                headers);
    }

    private static CallReading.CallMeaning understood(HttpCall call) {
        assertThat(WITH_TASKS.read(call)).isInstanceOf(CallReading.CallMeaning.class);
        return (CallReading.CallMeaning) WITH_TASKS.read(call);
    }

    private static Refusal.Finality refused(HttpCall call) {
        assertThat(WITH_TASKS.read(call)).isInstanceOf(CallReading.CallRejection.class);
        return ((CallReading.CallRejection) WITH_TASKS.read(call)).finality();
    }

    private static String body(HttpCall call) {
        return new String(call.body().toArray(), StandardCharsets.UTF_8);
    }

    @Test
    void aCallIsTheSameAsATask() {
        CallReading.CallMeaning task = understood(asTask("write_note", "{\"ttl\":60000}"));
        CallReading.CallMeaning call = understood(tool("write_note", "{\"note\":\"n-1\"}"));
        assertThat(task.actions()).isEqualTo(call.actions());
        assertThat(body(HttpCall.of(task.outgoing()))).contains("\"task\":{\"ttl\":60000}");
        assertThat(body(HttpCall.of(call.outgoing()))).doesNotContain("task");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", DAY + ", " + DAY, "86400001, " + DAY, "999999999999999, " + DAY})
    void aServerIsAskedToKeepATaskForADayAtMost(String ttl, String sent) {
        assertThat(body(HttpCall.of(understood(asTask("write_note", "{\"ttl\":" + ttl + "}"))
                        .outgoing())))
                .contains("\"task\":{\"ttl\":" + sent + "}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "[]",
                "{\"ttl\":0}",
                "{\"ttl\":-1}",
                "{\"ttl\":1.5}",
                "{\"ttl\":\"1\"}",
                "{\"ttl\":null}",
                "{\"TTL\":1}",
                "{\"more\":1}",
            })
    void nothingElseIsSaidOfATask(String task) {
        refused(asTask("write_note", task));
    }

    @Test
    void onlyAListedToolRunsAsATask() {
        HttpCall other = asTask("delete_note", "{}");
        assertThat(refused(other)).isEqualTo(Refusal.Finality.FINAL);
        assertThat(WITH_TASKS.mcpError(other)).contains(new McpError(200, -32601, Json.object()));
        understood(tool("delete_note", "{\"note\":\"n-1\"}"));
        assertThat(CATALOG.read(asTask("write_note", "{}"))).isInstanceOf(CallReading.CallRejection.class);
        assertThat(CATALOG.read(tool("write_note", "{\"note\":\"n-1\"}"))).isInstanceOf(CallReading.CallMeaning.class);
    }

    @Test
    void noCallAsOfALaterVersionRunsAsATask() {
        refused(request(
                "tools/call",
                "{\"name\":\"write_note\",\"arguments\":{},\"task\":{},\"_meta\":{\"" + McpMessage.VERSION
                        + "\":\"2026-07-28\"}}",
                new Header("mcp-protocol-version", "2026-07-28"),
                new Header("mcp-method", "tools/call"),
                new Header("mcp-name", "write_note")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tasks/get", "tasks/result", "tasks/cancel"})
    void aTaskIsAskedForByAReadOfTheAccount(String method) {
        HttpCall call = request(method, "{\"taskId\":\"t-1\"}");
        CallReading.CallMeaning meaning = understood(call);
        assertThat(meaning.actions()).singleElement().satisfies(action -> {
            assertThat(action.operation()).hasToString("notes/mcp/" + method);
            assertThat(action.isPureRead()).isTrue();
            assertThat(action.resources()).containsExactly(new Resource("notes", "account", "self"));
            assertThat(action.facts())
                    .as("its identifier is for its client alone")
                    .noneMatch(fact -> fact.value().contains("t-1"));
        });
        McpEnvelope envelope = WITH_TASKS.mcp(call).orElseThrow();
        assertThat(envelope.isAboutTask()).isTrue();
        assertThat(envelope.task()).contains("t-1");
        refused(request(method, "{\"taskId\":\"t-1\",\"more\":1}"));
        assertThat(body(HttpCall.of(understood(request(method, "{\"taskId\":\"t-1\",\"task\":{\"ttl\":1}}"))
                        .outgoing())))
                .as("the official SDK repeats what the call said")
                .isEqualTo(body(HttpCall.of(meaning.outgoing())));
        assertThat(WITH_TASKS.operations())
                .extracting(summary -> summary.operation().name())
                .contains("mcp/" + method);
        assertThat(CATALOG.read(call)).isInstanceOf(CallReading.CallRejection.class);
        assertThat(CATALOG.operations())
                .extracting(summary -> summary.operation().name())
                .doesNotContain("mcp/" + method);
    }

    @Test
    void noListOfTasksPasses() {
        assertThat(refused(request("tasks/list", "{}"))).isEqualTo(Refusal.Finality.FINAL);
        assertThat(WITH_TASKS.mcpError(request("tasks/list", "{}"))).contains(new McpError(200, -32601, Json.object()));
    }

    private static ServerMessage said(String result) {
        return ServerMessage.read(Bytes.utf8("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":" + result + "}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1000 | PT1S",
                "0 | PT0S",
                "-5 | PT0S",
                "0.5 | PT0S",
                "999999999999999 | PT24H",
                "null | PT24H",
                "\"1\" | PT24H",
            })
    void aTaskIsKnownForADayAtMost(String ttl, Duration kept) {
        assertThat(said("{\"task\":{\"taskId\":\"t-1\",\"status\":\"working\",\"ttl\":" + ttl + "}}"))
                .isEqualTo(new ServerMessage.NewTask("t-1", kept));
    }

    @Test
    void aStateNamesItsTask() {
        assertThat(said("{\"taskId\":\"t-1\",\"status\":\"working\"}")).isEqualTo(new ServerMessage.TaskState("t-1"));
        assertThat(said("{\"resultType\":\"task\",\"taskId\":\"t-1\"}")).isEqualTo(new ServerMessage.TaskState("t-1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"task\":{}}",
                "{\"task\":null}",
                "{\"task\":\"t-1\"}",
                "{\"task\":{\"taskId\":7}}",
                "{\"task\":{\"taskId\":\"\"}}",
                "{\"task\":{\"taskId\":\"a b\"}}",
                "{\"task\":{\"taskId\":\"t\",\"taskid\":\"u\"}}",
                "{\"task\":{\"taskId\":\"t\"},\"Task\":{\"taskId\":\"u\"}}",
                "{\"task\":{\"taskId\":\"t\"},\"taskId\":\"u\"}",
                "{\"task\":{\"taskId\":\"t\"},\"resultType\":\"input_required\"}",
                "{\"taskId\":\"t\",\"inputRequests\":{}}",
                "{\"taskId\":7}",
            })
    void whatReadersCouldReadInTwoWaysIsNoTask(String result) {
        assertThat(said(result)).isInstanceOf(ServerMessage.UnreadableMessage.class);
    }

    private static String narrowed(String abilities, boolean hasTasks) {
        String result = "{\"capabilities\":" + abilities + "}";
        assertThat(said(result)).isInstanceOf(ServerMessage.ServerAbilities.class);
        return ((ServerMessage.ServerAbilities) said(result))
                .narrowed(hasTasks)
                .map(bytes -> new String(bytes.toArray(), StandardCharsets.UTF_8))
                .orElse("as it is");
    }

    @Test
    void aClientIsToldOfTheTasksThatPass() {
        String all = "{\"tools\":{},\"tasks\":{\"list\":{},\"cancel\":{},\"requests\":{\"prompts\":{\"get\":{}},"
                + "\"tools\":{\"call\":{}}}},\"extensions\":{\"a/b\":{},\"io.modelcontextprotocol/tasks\":{}}}";
        assertThat(narrowed(all, true))
                .isEqualTo("{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{\"capabilities\":{\"extensions\":{\"a/b\":{}},"
                        + "\"tasks\":{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}},\"tools\":{}}}}");
        assertThat(narrowed(all, false))
                .isEqualTo("{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{\"capabilities\":{\"extensions\":{\"a/b\":{}},"
                        + "\"tools\":{}}}}");
        assertThat(narrowed("{\"tools\":{},\"extensions\":{\"a/b\":{}}}", false))
                .isEqualTo("as it is");
        assertThat(narrowed("{\"tasks\":{\"cancel\":{}}}", true)).isEqualTo("as it is");
        assertThat(narrowed("null", true)).isEqualTo("as it is");
    }
}
