package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.gate.UndoRequests.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server has files, which its tools read, write and move as the file server's do. */
final class McpUndoHandlerTest {

    private static final String RULES = "undo: {for: 7d, agent-for: 1h, max-bytes: 4000}\nfleet: {read-grace: 30s}\n";

    @TempDir
    private Path directory;

    private final Map<String, String> files = new TreeMap<>(Map.of("notes.md", "one two"));
    private boolean isDown;
    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = GateFixture.ofServer(
                directory,
                RULES,
                "filesystem",
                Files.readString(Path.of("src/main/resources/dev/interlock/catalog/mcp/filesystem.yaml")));
        house.asker = (_, question) -> {
            if (isDown) {
                throw new IOException("nobody is there");
            }
            return answer(question);
        };
        house.upstream.meanwhile = () -> done((HttpCall) house.upstream.arrived.getLast());
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private static Json.Members arguments(HttpCall call) {
        return Json.readObject(call.body().toArray()).object("params").object("arguments");
    }

    private static String tool(HttpCall call) {
        return Json.readObject(call.body().toArray()).object("params").text("name");
    }

    private Bytes answer(HttpCall question) {
        assertThat(tool(question)).isIn("read_text_file", "get_file_info");
        Optional<String> text =
                Optional.ofNullable(files.get(arguments(question).text("path")));
        Json.Members content = Json.object()
                .with("type", "text")
                .with("text", text.orElse("ENOENT: no such file or directory, open 'x'"));
        Json.Members result = Json.object().with("content", new Json.Array(List.of(content)));
        return Bytes.of(Json.object()
                .with("jsonrpc", "2.0")
                .with("id", "interlock-tools")
                .with("result", text.isPresent() ? result : result.with("isError", true))
                .canonical());
    }

    private void done(HttpCall call) {
        Json.Members given = arguments(call);
        if (tool(call).equals("write_file")) {
            files.put(given.text("path"), given.text("content"));
        } else {
            files.put(given.text("destination"), String.valueOf(files.remove(given.text("source"))));
        }
    }

    private Outcome<String> call(String tool, Json.Members arguments) {
        Json.Members params = Json.object().with("name", tool).with("arguments", arguments);
        return send(Json.object()
                .with("jsonrpc", "2.0")
                .with("id", 0)
                .with("method", "tools/call")
                .with("params", params));
    }

    private Outcome<String> send(Json.Members message) {
        HttpCall call = new HttpCall(
                "POST",
                "api.github.com",
                "/mcp",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.of(message.canonical()));
        return house.send("github-asked", call, house.token);
    }

    private Outcome<String> write(String path, String content) {
        return call("write_file", Json.object().with("path", path).with("content", content));
    }

    private static String forwarded(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
        return outcome.receipt();
    }

    private UndoRequests.Result undo(String receipt, Mode mode) {
        return house.undoing.undo(new UndoRequests.Request(
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                receipt,
                mode,
                false,
                house.clock.instant()));
    }

    private void restored(String receipt, Mode mode) {
        assertThat(undo(receipt, mode))
                .isInstanceOfSatisfying(
                        UndoRequests.Result.UndoReport.class,
                        report -> assertThat(report.members().flag("restored")).isTrue());
    }

    private static Refusal refusal(UndoRequests.Result result) {
        assertThat(result).isInstanceOf(UndoRequests.Result.UndoRefused.class);
        return ((UndoRequests.Result.UndoRefused) result).refusal();
    }

    private String facts() {
        Json.Members action = (Json.Members) house.upstream
                .recordsOnArrival
                .getLast()
                .getLast()
                .members()
                .items("actions")
                .getFirst();
        return new String(action.canonical(), StandardCharsets.UTF_8);
    }

    @Test
    void aWriteWhoseStateIsKeptIsAChangeThatIsUndone() {
        String receipt = forwarded(write("notes.md", "three"));
        assertThat(facts()).contains("possible for 7d", "recoverable").doesNotContain("destroy");
        restored(receipt, Mode.RESTORE);
        assertThat(files).isEqualTo(Map.of("notes.md", "one two"));
    }

    @Test
    void whatSomebodyWroteSinceIsOverwrittenOnlyByForce() {
        String receipt = forwarded(write("notes.md", "three"));
        files.put("notes.md", "four");
        assertThat(refusal(undo(receipt, Mode.RESTORE)).reason())
                .contains("Somebody has changed this since", "content");
        assertThat(files).containsEntry("notes.md", "four");
        restored(receipt, Mode.FORCE);
        assertThat(files).containsEntry("notes.md", "one two");
    }

    /** The server may wait for the answer in the middle of a tool that writes. */
    @Test
    void anAnswerToAServerIsNoReadOfTheGrace() {
        Json.Members answer = Json.object()
                .with("jsonrpc", "2.0")
                .with("id", 1)
                .with("result", Json.object().with("action", "accept"));
        house.leases.kills().serveWhile(grace -> !grace.isZero());
        assertThat(((Outcome.Refused<String>) send(answer)).refusal().reason()).contains("cannot reach its store");
        Outcome<String> read = call("read_text_file", Json.object().with("path", "notes.md"));
        assertThat(((Outcome.Refused<String>) read).refusal().reason())
                .as("it may go, only no credential is for it")
                .contains("The vault stays closed");
    }

    @Test
    void aMoveIsMovedBack() {
        String receipt = forwarded(
                call("move_file", Json.object().with("source", "notes.md").with("destination", "old.md")));
        restored(receipt, Mode.RESTORE);
        assertThat(files).isEqualTo(Map.of("notes.md", "one two"));
    }

    @Test
    void whatMayLoseSomethingThatIsNotKeptWaitsForPeople() {
        isDown = true;
        assertThat(write("notes.md", "three")).isInstanceOf(Outcome.Held.class);
        isDown = false;
        files.put("taken.md", "x");
        assertThat(call("move_file", Json.object().with("source", "notes.md").with("destination", "taken.md")))
                .isInstanceOf(Outcome.Held.class);
        files.put("binary", "a\ufffdb");
        assertThat(write("binary", "three")).isInstanceOf(Outcome.Held.class);
        files.put("long", "x".repeat(4000));
        assertThat(write("long", "three")).isInstanceOf(Outcome.Held.class);
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void aNewFileIsNoLossAndIsNotUndone() {
        String receipt = forwarded(write("new.md", "three"));
        assertThat(facts()).contains("nothing is there yet").doesNotContain("possible for");
        assertThat(refusal(undo(receipt, Mode.FORCE)).reason()).startsWith("Nothing was there before this call");
        assertThat(files).containsEntry("new.md", "three");
    }

    /** The second call would keep a state that is no longer there, or take for absent what the first has made. */
    @ParameterizedTest
    @ValueSource(strings = {"notes.md", "new.md"})
    void ofTwoCallsThatReadTheSameStateOneGoes(String path) {
        List<Outcome<String>> second = new ArrayList<>();
        Runnable done = house.upstream.meanwhile;
        house.upstream.meanwhile = () -> {
            if (second.isEmpty()) {
                second.add(write(path, "second"));
            }
            done.run();
        };
        forwarded(write(path, "first"));
        assertThat(((Outcome.Refused<String>) second.getFirst()).refusal().reason())
                .contains("Another call has just changed");
        assertThat(files).containsEntry(path, "first");
    }

    /** What others write between the look and the call is not seen: what is kept is what was shown. */
    @Test
    void whatWasShownIsWhatComesBack() {
        Runnable done = house.upstream.meanwhile;
        house.upstream.meanwhile = () -> {
            files.put("notes.md", "by somebody else");
            done.run();
        };
        String receipt = forwarded(write("notes.md", "three"));
        house.upstream.meanwhile = done;
        restored(receipt, Mode.RESTORE);
        assertThat(files).containsEntry("notes.md", "one two");
    }

    private Outcome<String> move(String source, String destination) {
        return call("move_file", Json.object().with("source", source).with("destination", destination));
    }

    /** The write was let through because nothing was there, and would destroy what the move has just brought. */
    @ParameterizedTest
    @ValueSource(strings = {"new.md", "./new.md"})
    void nothingIsBroughtToWhereAWriteFoundNothing(String spelling) {
        GateFixture.HttpResolver usual = house.asker;
        house.asker = (of, question) -> {
            house.asker = usual;
            Bytes shown = answer(question);
            forwarded(move("notes.md", "new.md"));
            return shown;
        };
        assertThat(((Outcome.Refused<String>) write(spelling, "lost")).refusal().reason())
                .contains("Another call has just changed");
        assertThat(files).isEqualTo(Map.of("new.md", "one two"));
        forwarded(write("other.md", "three"));
    }

    /** A server may begin its answer before it has moved anything. */
    @Test
    void aCallIsNotOverBeforeItsAnswerIs() {
        house.upstream.streams = true;
        forwarded(move("notes.md", "old.md"));
        assertThat(((Outcome.Refused<String>) write("new.md", "three"))
                        .refusal()
                        .reason())
                .contains("Another call has just changed");
        house.upstream.ends.forEach(Runnable::run);
        forwarded(write("new.md", "three"));
    }
}
