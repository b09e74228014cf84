package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Answers of MCP servers. Of a list of tools a client gets what the catalog permits; no other answer may contain one.
 */
final class ToolAnswers {

    /** The longest page of tools that is read. */
    private static final int MAX_PAGE = 1 << 20;

    private static final String EVENTS = "text/event-stream";

    private ToolAnswers() {}

    /** Returns {@code answer}, which may be JSON or events, if it is clear which of them it is. */
    private static Optional<Boolean> isEvents(UpstreamAnswer answer) {
        List<String> types = values(answer, "content-type");
        List<String> codings = values(answer, "content-encoding");
        if (types.size() > 1 || !codings.stream().allMatch("identity"::equals)) {
            return Optional.empty();
        }
        String type = types.isEmpty() ? "" : types.getFirst();
        if (type.contains("charset") && !type.contains("utf-8")) {
            return Optional.empty();
        }
        boolean isEvents = type.split(";", 2)[0].strip().equals(EVENTS);
        return isEvents == type.contains("event-stream") && !(isEvents && type.contains("json"))
                ? Optional.of(isEvents)
                : Optional.empty();
    }

    private static List<String> values(UpstreamAnswer answer, String name) {
        return answer.values(name).stream()
                .map(value -> value.strip().toLowerCase(Locale.ROOT))
                .toList();
    }

    /** Returns what goes to the client of an answer to {@code asked}, which asks for the tools. */
    static UpstreamAnswer shown(UpstreamAnswer answer, McpReader.SeparatedMessage asked) throws IOException {
        ListReading reading = new ListReading(asked);
        Optional<Boolean> events = isEvents(answer);
        if (events.isEmpty() || !read(answer, events.get(), reading::isEnd) || reading.shown.isEmpty()) {
            return answer.withheld("it is no list of tools that every reader reads alike");
        }
        byte[] message = reading.shown.get().toArray();
        return answer.replacedBy(events.get() ? event(message) : message);
    }

    /** The reading of one answer, up to the message that is the answer. */
    private static final class ListReading {
        private final McpReader.SeparatedMessage asked;
        private Optional<Bytes> shown = Optional.empty();

        ListReading(McpReader.SeparatedMessage asked) {
            this.asked = asked;
        }

        boolean isEnd(Bytes message) {
            return switch (asked.shown(message)) {
                case McpReader.Shown(Bytes text) -> {
                    shown = Optional.of(text);
                    yield true;
                }
                case McpReader.Skipped _ -> false;
                case McpReader.Withheld _ -> true;
            };
        }
    }

    private static byte[] event(byte[] message) {
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        event.writeBytes("event: message\ndata: ".getBytes(StandardCharsets.US_ASCII));
        event.writeBytes(message);
        event.writeBytes("\n\n".getBytes(StandardCharsets.US_ASCII));
        return event.toByteArray();
    }

    /** Gives {@code check} the messages of an answer to its question. Returns whether one of them was the answer. */
    static boolean isAnswered(UpstreamAnswer answer, McpReader.ToolCheck check) throws IOException {
        Optional<Boolean> events = isEvents(answer);
        return answer.status() == 200 && events.isPresent() && read(answer, events.get(), check::isAnswer);
    }

    /**
     * Reads messages of {@code answer} until {@code isEnd} says that one is the last. Returns whether there was one
     * within the limit.
     */
    private static boolean read(UpstreamAnswer answer, boolean isEvents, Predicate<Bytes> isEnd) throws IOException {
        if (!isEvents) {
            Optional<Bytes> whole = answer.whole(MAX_PAGE);
            return whole.isPresent() && isEnd.test(whole.get());
        }
        int left = MAX_PAGE;
        EventSplitter splitter = new EventSplitter();
        for (Optional<byte[]> piece = answer.next(); piece.isPresent(); piece = answer.next()) {
            left -= piece.get().length;
            if (left < 0) {
                return false;
            }
            for (byte b : piece.get()) {
                Optional<Bytes> data = splitter.next(b);
                if (data.isPresent() && isEnd.test(data.get())) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Returns {@code answer} to {@code asked}, which breaks off if a message in it has a list of tools as its result,
     * or answers another message. A message in which the server asks for something is decided about.
     */
    static UpstreamAnswer withoutTools(UpstreamAnswer answer, McpReader.SeparatedMessage asked) {
        Optional<Boolean> events = isEvents(answer);
        // Servers that cannot read a message do not know its identifier. They say so with a status.
        Predicate<String> isOwn = answer.status() < 300 ? asked::isAnsweredBy : _ -> true;
        return events.isEmpty()
                ? answer.withheld("it is not clear in which form it is")
                : answer.decoded(
                        body -> new AskedBody(new GuardedBody(body, events.get(), isOwn), events.get(), asked));
    }

    /** Looks for what no message of an answer may be, byte by byte. */
    private static final class Guard {
        private final Predicate<String> isOwn;
        private ToolsFinder finder = new ToolsFinder();

        Guard(Predicate<String> isOwn) {
            this.isOwn = isOwn;
        }

        boolean isFound(byte b) {
            return finder.isFound(b)
                    || (b == '}' && finder.answered().filter(isOwn.negate()).isPresent());
        }

        void begin() {
            finder = new ToolsFinder();
        }
    }

    /** A body that breaks off before the end of a message that lists tools, or that answers another message. */
    private static final class GuardedBody extends UpstreamAnswer.BodyFilter {
        private final boolean isEvents;
        private final Guard document;
        private final FoundEvents events;
        private final FoundEvents eventsOfMoreLines;
        private final UnicodeLines unicode = new UnicodeLines();
        private boolean found;

        GuardedBody(UpstreamAnswer.AnswerBody body, boolean isEvents, Predicate<String> isOwn) {
            super(body);
            this.isEvents = isEvents;
            this.document = new Guard(isOwn);
            this.events = new FoundEvents(new Guard(isOwn));
            this.eventsOfMoreLines = new FoundEvents(new Guard(isOwn));
        }

        @Override
        public Optional<byte[]> next() throws IOException {
            Optional<byte[]> piece = found ? Optional.empty() : body.next();
            if (piece.isPresent()) {
                for (byte b : piece.get()) {
                    found |= isEvents ? isEvent(b) : document.isFound(b);
                }
            }
            if (found) {
                throw new IOException("a message lists tools that nobody had asked for, or answers another message");
            }
            return piece;
        }

        private boolean isEvent(byte b) {
            boolean isFound = events.isFound(b);
            for (byte other : unicode.next(b)) {
                isFound |= eventsOfMoreLines.isFound(other);
            }
            return isFound;
        }
    }

    /** Looks for the same in each event of a stream. */
    private static final class FoundEvents {
        private final EventLines lines = new EventLines();
        private final Guard guard;

        FoundEvents(Guard guard) {
            this.guard = guard;
        }

        boolean isFound(byte b) {
            return switch (lines.read(b)) {
                case DATA -> guard.isFound(b);
                case END -> {
                    guard.begin();
                    yield false;
                }
                case OTHER -> false;
            };
        }
    }
}
