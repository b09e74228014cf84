package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.catalog.mcp.ServerMessage;
import dev.interlock.evidence.Json;
import dev.interlock.testing.CaseCount;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that what a server asks for is seen however it is written, and that all else passes byte by byte. */
class AskedBodyTest {

    private static final String ROOTS = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}";
    private static final String RESULT =
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"method\":\"x\",\"n\":[{\"method\":1}]}}";

    /** Lets a `ping` pass alone. */
    private static final class PingAlone implements FakeMessage {
        private final List<String> asked = new ArrayList<>();

        @Override
        public McpReader.AskedMessage asked(Bytes message) {
            return switch (ServerMessage.read(message)) {
                case ServerMessage.ServerRequest request -> {
                    asked.add(request.method());
                    yield request.method().equals("ping")
                            ? new McpReader.PassedMessage()
                            : new McpReader.ReplacedMessage(request.refused());
                }
                case ServerMessage.InputRequired _ ->
                    new McpReader.RefusedMessage(Refusal.unavailable("It asks.", "Call another."));
                case ServerMessage.NewTask _, ServerMessage.TaskState _ ->
                    new McpReader.RefusedMessage(Refusal.unavailable("It is a task.", "Call another."));
                case ServerMessage.ServerAbilities abilities ->
                    abilities
                            .narrowed(false)
                            .<McpReader.AskedMessage>map(McpReader.ReplacedMessage::new)
                            .orElseGet(McpReader.PassedMessage::new);
                case ServerMessage.OtherMessage _ -> new McpReader.PassedMessage();
                case ServerMessage.UnreadableMessage _ -> new McpReader.EndingMessage();
            };
        }

        @Override
        public Optional<Json> id() {
            return Optional.of(new Json.Whole(7));
        }

        @Override
        public boolean isToolCall() {
            return true;
        }
    }

    private static String passed(String text, boolean isEvents, PingAlone asked) throws IOException {
        return passed(text, isEvents, asked, () -> 1);
    }

    private static String passed(String text, boolean isEvents, PingAlone asked, IntSupplier lengths)
            throws IOException {
        FakeBody split = new FakeBody();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int from = 0, until; from < bytes.length; from = until) {
            until = Math.min(bytes.length, from + lengths.getAsInt());
            split.pieces.add(Arrays.copyOfRange(bytes, from, until));
        }
        AskedBody body = new AskedBody(split, isEvents, asked, "7"::equals, new AnswerMemory().room(""));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Optional<byte[]> piece = body.next(); piece.isPresent(); piece = body.next()) {
            all.writeBytes(piece.get());
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    private static String event(String data) {
        return "id: e-1\nevent: message\ndata: " + data + "\n\n";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ": alive\n\n",
                "data: " + RESULT + "\n\n",
                "data: " + RESULT + "\r\n\r\n",
                "id: 1\ndata: \n\ndata: {\"jsonrpc\":\"2.0\",\ndata: \"id\":7,\"result\":{}}\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":0.5}}\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n\n",
            })
    void whatAsksForNothingPassesAsItIs(String events) throws IOException {
        assertThat(passed(events, true, new PingAlone())).isEqualTo(events);
    }

    @Test
    void whatMayNotBeAskedIsReplaced() throws IOException {
        PingAlone asked = new PingAlone();
        assertThat(passed(event(ROOTS) + event(RESULT), true, asked))
                .isEqualTo("id: e-1\nevent: message\n"
                        + "data: {\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"interlock/refused\"}\n\n" + event(RESULT));
        assertThat(asked.asked).containsExactly("roots/list");
        assertThat(passed(ROOTS, false, new PingAlone())).contains("interlock/refused");
        String more = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"input_required\",\"inputRequests\":"
                + "{\"a\":{\"method\":\"roots/list\"}}}}";
        assertThat(passed(more, false, new PingAlone()))
                .contains("\"id\":7", "It asks.", "\"isError\":true")
                .doesNotContain("input_required");
        assertThat(passed(event(more), true, new PingAlone()))
                .contains("It asks.")
                .doesNotContain("input_required");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"task\":{\"taskId\":\"t-1\"}}",
                "{\"t\\u0061sk\":{\"taskId\":\"t-1\"}}",
                "{\"taskId\":\"t-1\",\"status\":\"working\"}",
                "{\"resultType\":\"task\",\"taskId\":\"t-1\"}"
            })
    void aTaskThatNobodyHasAskedForIsReplaced(String result) throws IOException {
        String message = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":" + result + "}";
        assertThat(passed(event(message), true, new PingAlone()))
                .contains("It is a task.")
                .doesNotContain("t-1");
        assertThat(passed(message, false, new PingAlone()))
                .contains("It is a task.")
                .doesNotContain("t-1");
    }

    @Test
    void whatAServerCanDoIsNarrowed() throws IOException {
        String message = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"capabilities\":{\"tasks\":{}}}}";
        assertThat(passed(event(message), true, new PingAlone()))
                .isEqualTo(event("{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{\"capabilities\":{}}}"));
    }

    /** A list, a member in another case or twice, an event that only some clients see, or one that is too long. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: [" + ROOTS + "]\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"Method\":\"roots/list\"}\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"InputRequests\":{}}}\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"Task\":{\"taskId\":\"t-1\"}}}\n\n",
                ": x\u2028data: {\"id\":1,\"result\":{\"taskId\":\"t-1\"}}\u2028\u2028\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"roots/list\"}\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"roots/list\"}\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\",\"result\":{}}\n\n",
                ": x\u2028data: " + ROOTS + "\u2028\u2028\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"params\":{\"x\":\"\u2028data: y\u2028\u2028\"},\"method\":\"ping\"}\n\n"
                        + ": x\u2028data: " + ROOTS + "\u2028\u2028\n\n",
                "data: " + ROOTS + "x",
            })
    void whatOnlySomeClientsWouldReadBreaksOff(String events) {
        assertThatThrownBy(() -> passed(events, true, new PingAlone())).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a long text, and more\\\"\":1,\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":1]\"no JSON, but it ends in a text}\""
            })
    void aListOfToolsAndAnotherAnswerBreakOff(String message) {
        for (String events : List.of(event(message), ": x\u2028data: " + message + "\u2028\u2028\n\n")) {
            assertThatThrownBy(() -> passed(events, true, new PingAlone())).isInstanceOf(IOException.class);
        }
        for (int length : new int[] {1, 1_000}) {
            assertThatThrownBy(() -> passed(message, false, new PingAlone(), () -> length))
                    .isInstanceOf(IOException.class);
        }
    }

    /** What passes, and whether it breaks off, depends on the bytes alone. */
    @Test
    @Tag("random")
    void piecesMakeNoDifference() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] parts = {
            ROOTS,
            RESULT,
            "{",
            "}",
            "[",
            ",",
            ":",
            "\"id\":7",
            "\"id\":8",
            "\"result\"",
            "\"method\"",
            "\"tools\"",
            "\"a\\\"b\"",
            "\"task\"",
            "data: ",
            "data:",
            "data",
            "id: e\n",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "\r\n\r\n",
            "\u2028",
            "\u2029",
            "\u0085",
            "\u00e9",
            "\"" + "y".repeat(30) + "\"",
            "\"" + "z".repeat(30),
            "]",
            "\"" + "{z}\u00fc\u2026".repeat(5),
            "z".repeat(20) + "\u2028",
            "z".repeat(20) + "\n",
            "\u00a0",
            "z".repeat(30) + "\\\"",
            "\ufeff",
            "\u000b",
            "\u001d",
            "event: message\n",
            ": alive\n\n",
            "x"
        };
        for (int i = 0; i < CaseCount.of(20_000); i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(14); n >= 0; n--) {
                text.append(random.nextInt(4) == 0 ? event(random.nextBoolean() ? ROOTS : RESULT) : "");
                text.append(parts[random.nextInt(parts.length)]);
            }
            boolean isEvents = random.nextInt(4) > 0;
            assertThat(outcome(text.toString(), isEvents, () -> 1 + random.nextInt(40)))
                    .as("seed %d, case %d: %s", seed, i, text)
                    .isEqualTo(outcome(text.toString(), isEvents, () -> 1))
                    .isEqualTo(outcome(text.toString(), isEvents, () -> 1 << 20));
        }
    }

    private static String outcome(String text, boolean isEvents, IntSupplier lengths) {
        PingAlone asked = new PingAlone();
        try {
            return passed(text, isEvents, asked, lengths) + asked.asked;
        } catch (IOException e) {
            return e.getMessage() + asked.asked;
        }
    }

    /** It is read at once, on the event loop of its connection, so that its length is that of what passes. */
    @Test
    void aShortMessageHasTheLengthOfWhatPasses() throws IOException {
        for (String message : List.of(RESULT, ROOTS)) {
            UpstreamAnswer answer = scanned(message, "application/json");
            assertThat(ScannedBody.isShort(answer)).isTrue();
            assertThat(answer.body().length()).isEmpty();
            int length = answer.next().orElseThrow().length;
            assertThat(answer.body().length()).contains(Integer.toString(length));
        }
        UpstreamAnswer list = scanned("{\"id\":7,\"result\":{\"tools\":[]}}", "application/json");
        assertThat(list.next().orElseThrow()).isEmpty();
        assertThat(list.body().length()).isEmpty();
        assertThat(ScannedBody.isShort(scanned(event(RESULT), "text/event-stream")))
                .isFalse();
    }

    @Test
    void eventsThatHaveArrivedAreReadAtOnceAndOthersAsTheyCome() throws IOException {
        for (String message : List.of(RESULT, ROOTS)) {
            FakeBody body = new FakeBody();
            body.pieces.add(event(message).getBytes(StandardCharsets.UTF_8));
            body.pieces.add(event(RESULT).getBytes(StandardCharsets.UTF_8));
            body.ready = 1; // an event passes before the next one comes
            UpstreamAnswer coming = scanned(body);
            assertThat(ScannedBody.isShort(coming)).isFalse();
            assertThat(coming.next().orElseThrow())
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo(passed(event(message), true, new PingAlone()));
            assertThat(coming.body().length()).isEmpty();
            body.pieces.addFirst(event(message).getBytes(StandardCharsets.UTF_8));
            body.whole = true;
            UpstreamAnswer come = scanned(body);
            assertThat(ScannedBody.isShort(come)).isTrue();
            String all = new String(come.next().orElseThrow(), StandardCharsets.UTF_8);
            assertThat(all).isEqualTo(passed(event(message) + event(RESULT), true, new PingAlone()));
            assertThat(come.body().length()).contains(Integer.toString(all.length()));
            assertThat(come.next()).isEmpty();
        }
    }

    private static UpstreamAnswer scanned(FakeBody body) {
        UpstreamAnswer answer = new UpstreamAnswer(200, List.of(new Header("content-type", "text/event-stream")), body);
        return ScannedBody.of(
                ToolAnswers.withoutTools(answer, new PingAlone(), new AnswerMemory().room("")), (_, _) -> true, true);
    }

    /** How long a packed body becomes is not known when the one below has arrived. */
    @Test
    void aBodyThatMayGrowIsNotWhole() {
        FakeBody body = new FakeBody();
        body.whole = true;
        UpstreamAnswer answer = new UpstreamAnswer(200, List.of(), body);
        assertThat(answer.whenClosed(() -> {}).body().isWhole()).isTrue();
        assertThat(new DecodedBody(body, DecodedBody.Encoding.GZIP).isWhole()).isFalse();
    }

    @Test
    void theClientLearnsTheLengthOfWhatPasses() throws Exception {
        McpReader reader = (call, _, _) -> Optional.of(new Judged(call));
        for (String message : List.of(RESULT, ROOTS)) {
            String answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + message.length()
                    + "\r\n\r\n" + message;
            try (ScriptedUpstream upstream = ScriptedUpstream.always(answer);
                    FrontFixture front = new FrontFixture(route(upstream, reader), FrontFixture.PATIENT);
                    RawClient client = front.client()) {
                String head = "Content-Type: application/json\r\nContent-Length: 2\r\n";
                RawClient.Reply reply = client.send(front.request("POST", "/up/mcp", head) + "{}")
                        .reply();
                assertThat(reply.head())
                        .contains("content-length: " + reply.body().length());
                assertThat(reply.body()).isEqualTo(passed(message, false, new PingAlone()));
                assertThat(client.send(front.request("GET", "/nobody/x", ""))
                                .reply()
                                .status())
                        .isEqualTo(403);
            }
        }
    }

    private static UpstreamRoutes.UpstreamRoute route(ScriptedUpstream upstream, McpReader reader) {
        UpstreamRoutes.UpstreamRoute plain = FrontFixture.route(upstream.address());
        return new UpstreamRoutes.UpstreamRoute(
                plain.server(), plain.carriers(), _ -> false, (_, _) -> false, _ -> false, plain.push(), reader);
    }

    /** A message of a client that passes, apart from what the server asks in return. */
    private record Judged(HttpCall judged, PingAlone asking) implements FakeMessage {
        private Judged(HttpCall judged) {
            this(judged, new PingAlone());
        }

        @Override
        public McpReader.AskedMessage asked(Bytes message) {
            return asking.asked(message);
        }

        @Override
        public Optional<Json> id() {
            return asking.id();
        }

        @Override
        public boolean isToolCall() {
            return true;
        }
    }

    private static UpstreamAnswer scanned(String text, String type) {
        FakeBody body = new FakeBody();
        body.pieces.add(text.getBytes(StandardCharsets.UTF_8));
        List<Header> headers = List.of(
                new Header("content-type", type), new Header("content-length", Integer.toString(text.length())));
        UpstreamAnswer answer = new UpstreamAnswer(200, headers, body);
        return ScannedBody.of(
                ToolAnswers.withoutTools(answer, new PingAlone(), new AnswerMemory().room("")), (_, _) -> true, true);
    }

    @Test
    void aLongMessageMayAskForNothing() throws IOException {
        String padding = "\"params\":{\"x\":\"" + "a".repeat(1 << 20) + "\"}";
        String result = event("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{" + padding + "}}");
        assertThat(passed(result, true, new PingAlone())).isEqualTo(result);
        for (String asking : List.of(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"," + padding + "}",
                "{\"jsonrpc\":\"2.0\",\"id\":1," + padding + ",\"method\":\"ping\"}")) {
            assertThatThrownBy(() -> passed(event(asking), true, new PingAlone()))
                    .isInstanceOf(IOException.class);
        }
    }

    /** Its first part has passed before its end, and may hold a whole event for those who see one. */
    @Test
    void aLongMessageHidesNothingThatOnlySomeClientsWouldRead() throws IOException {
        FakeBody split = new FakeBody();
        split.pieces.add((": " + "a".repeat(1 << 20)).getBytes(StandardCharsets.UTF_8));
        split.pieces.add(("\u2028data: " + ROOTS + "\u2028\u2028a").getBytes(StandardCharsets.UTF_8));
        split.pieces.add("\n\n".getBytes(StandardCharsets.UTF_8));
        AskedBody body = new AskedBody(split, true, new PingAlone(), "7"::equals, new AnswerMemory().room(""));
        assertThat(body.next()).isPresent();
        assertThatThrownBy(body::next).isInstanceOf(IOException.class);
    }

    private static final int LONG = 900_000;
    private static final int BODIES = 64;
    private static final String END = "\"}}\n\n";

    private static String unended(int length) {
        return "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"x\":\"" + "a".repeat(length);
    }

    /** Adds bodies that have received the beginning of a long message each. Returns how much of all they hold. */
    private static long begun(AnswerMemory memory, int length, List<AskedBody> bodies) throws IOException {
        long held = 0;
        for (int i = 0; i < BODIES; i++) {
            FakeBody begun = new FakeBody();
            begun.pieces.add(unended(length).getBytes(StandardCharsets.UTF_8));
            begun.pieces.add(END.getBytes(StandardCharsets.UTF_8));
            AskedBody body = new AskedBody(begun, true, new PingAlone(), "7"::equals, memory.room("one"));
            held += unended(length).length() - body.next().orElseThrow().length;
            bodies.add(body);
        }
        return held;
    }

    private static AnswerMemory full() throws IOException {
        AnswerMemory memory = new AnswerMemory();
        begun(memory, LONG, new ArrayList<>());
        begun(memory, LONG / 20, new ArrayList<>());
        return memory;
    }

    /** A server may begin as many as there are calls, and end none. Those without room pass as they come. */
    @Test
    void begunMessagesOfAllAnswersHaveAMost() throws IOException {
        AnswerMemory memory = new AnswerMemory();
        List<AskedBody> bodies = new ArrayList<>();
        long held = begun(memory, LONG, bodies);
        assertThat(held).isBetween(1L << 20, AnswerMemory.MOST / 2L);
        long rest = 0;
        for (AskedBody body : bodies) {
            for (Optional<byte[]> piece = body.next(); piece.isPresent(); piece = body.next()) {
                rest += piece.get().length;
            }
        }
        assertThat(rest).as("all of each passed").isEqualTo(held + (long) BODIES * END.length());
        bodies.clear();
        assertThat(begun(memory, LONG, bodies)).as("each gave its room back").isEqualTo(held);
        bodies.forEach(AskedBody::close);
        assertThat(begun(memory, LONG, bodies)).as("so did a closed one").isEqualTo(held);
    }

    @Test
    void oneUpstreamLeavesRoomToOthers() throws IOException {
        AnswerMemory memory = full();
        FakeBody other = new FakeBody();
        other.pieces.add(unended(LONG).getBytes(StandardCharsets.UTF_8));
        assertThat(new AskedBody(other, true, new PingAlone(), "7"::equals, memory.room("other")).next())
                .hasValueSatisfying(piece -> assertThat(piece).isEmpty());
    }

    @Test
    void aMessageWithoutRoomMayAskForNothing() throws IOException {
        AnswerMemory memory = full();
        String padding = "\"params\":{\"x\":\"" + "a".repeat(LONG / 5) + "\"}";
        for (String asking : List.of(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"," + padding + "}",
                "{\"jsonrpc\":\"2.0\",\"id\":1," + padding + ",\"method\":\"ping\"}")) {
            FakeBody body = new FakeBody();
            body.pieces.add(event(asking).getBytes(StandardCharsets.UTF_8));
            AskedBody answer = new AskedBody(body, true, new PingAlone(), "7"::equals, memory.room("one"));
            assertThatThrownBy(answer::next).isInstanceOf(IOException.class);
        }
        FakeBody body = new FakeBody();
        body.pieces.add(event(ROOTS).getBytes(StandardCharsets.UTF_8));
        assertThat(new AskedBody(body, true, new PingAlone(), "7"::equals, memory.room("one")).next())
                .as("a short one has room of its own")
                .hasValueSatisfying(piece ->
                        assertThat(new String(piece, StandardCharsets.UTF_8)).contains("interlock/refused"));
    }

    @Test
    void aListWithoutRoomIsWithheldAndSaysWhy() throws IOException {
        FakeBody body = new FakeBody();
        body.pieces.add(("{\"x\":\"" + "a".repeat(LONG) + "\"}").getBytes(StandardCharsets.UTF_8));
        UpstreamAnswer list = new UpstreamAnswer(200, List.of(new Header("content-type", "application/json")), body);
        assertThat(ToolAnswers.shown(list, new PingAlone(), full().room("one")).note())
                .hasValueSatisfying(note -> assertThat(note).contains("too many long answers"));
    }
}
