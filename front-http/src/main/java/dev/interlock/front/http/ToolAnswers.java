package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers of MCP servers. Of a list of tools a client gets what the catalog permits; no other answer may contain one.
 */
final class ToolAnswers {

    private static final int MAX_PAGE = 1 << 20;

    static final String EVENTS = "text/event-stream";

    /** The beginning of an event of one line. */
    static final String EVENT = "event: message\ndata: ";

    private ToolAnswers() {}

    /** Returns {@code answer}, which may be JSON or events, if it is clear which of them it is. */
    static Optional<Boolean> isEvents(UpstreamAnswer answer) {
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

    static UpstreamAnswer shown(UpstreamAnswer answer, McpReader.SeparatedMessage asked, AnswerMemory.Room room)
            throws IOException {
        try {
            return read(answer, asked, room);
        } catch (AnswerMemory.NoRoomException e) {
            return answer.withheld(String.valueOf(e.getMessage()));
        }
    }

    private static UpstreamAnswer read(UpstreamAnswer answer, McpReader.SeparatedMessage asked, AnswerMemory.Room room)
            throws IOException {
        AtomicReference<@Nullable Bytes> shown = new AtomicReference<>();
        Optional<Boolean> events = isEvents(answer);
        boolean isRead = events.isPresent()
                && read(answer, events.get(), room, message -> switch (asked.shown(message)) {
                    case McpReader.Shown(Bytes text) -> {
                        shown.set(text);
                        yield true;
                    }
                    case McpReader.Skipped _ -> false;
                    case McpReader.Withheld _ -> true;
                });
        Bytes message = shown.get();
        if (!isRead || message == null) {
            return answer.withheld("it is no list of tools that every reader reads alike");
        }
        return answer.replacedBy(events.get() ? event("", message) : message.toArray());
    }

    static byte[] event(String fields, Bytes message) {
        String text = new String(message.toArray(), StandardCharsets.UTF_8);
        return (fields + EVENT + text + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Returns an event with {@code message} in the place of {@code whole}, with what resumes the stream behind it. */
    static byte[] replaced(byte[] whole, Bytes message) {
        StringBuilder resuming = new StringBuilder();
        new String(whole, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("id:") || line.startsWith("retry:"))
                .forEach(line -> resuming.append(line).append('\n'));
        return event(resuming.toString(), message);
    }

    static boolean isAnswered(UpstreamAnswer answer, McpReader.ToolCheck check, AnswerMemory.Room room)
            throws IOException {
        Optional<Boolean> events = isEvents(answer);
        return answer.status() == 200 && events.isPresent() && read(answer, events.get(), room, check::isAnswer);
    }

    private static boolean read(UpstreamAnswer answer, boolean isEvents, AnswerMemory.Room room, Predicate<Bytes> isEnd)
            throws IOException {
        BodyBudget.Share memory = room.share();
        try {
            return read(answer, isEvents, memory, message -> room.read(message, isEnd::test));
        } finally {
            memory.release();
        }
    }

    private static boolean read(
            UpstreamAnswer answer, boolean isEvents, BodyBudget.Share memory, Predicate<Bytes> isEnd)
            throws IOException {
        if (!isEvents) {
            Optional<Bytes> whole = answer.whole(MAX_PAGE, memory);
            return whole.isPresent() && isEnd.test(whole.get());
        }
        int left = MAX_PAGE;
        EventLines.EventSplitter splitter = new EventLines.EventSplitter();
        for (Optional<byte[]> piece = answer.next(); piece.isPresent(); piece = answer.next()) {
            left -= piece.get().length;
            if (left < 0) {
                return false;
            }
            if (!memory.hold(MAX_PAGE - left)) {
                throw new AnswerMemory.NoRoomException();
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
     * Returns {@code answer}, which breaks off if a message lists tools, or answers another message than {@code asked}.
     */
    static UpstreamAnswer withoutTools(
            UpstreamAnswer answer, McpReader.SeparatedMessage asked, AnswerMemory.Room room) {
        Optional<Boolean> events = isEvents(answer);
        // Servers that cannot read a message do not know its identifier. They say so with a status.
        Predicate<String> isOwn = answer.status() < 300 ? asked::isAnsweredBy : _ -> true;
        if (events.isEmpty()) {
            return answer.withheld("it is not clear in which form it is");
        }
        UpstreamAnswer passed = answer.decoded(body -> new AskedBody(body, events.get(), asked, isOwn, room));
        List<Header> headers = new ArrayList<>(passed.headers());
        if (!events.get() && ScannedBody.isShort(answer)) { // it is read at once, and has the length of what may pass
            answer.values("content-length").forEach(length -> headers.add(new Header("content-length", length)));
        }
        return passed.with(headers);
    }
}
