package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.front.http.AnswerMemory.HeldBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The body of an MCP server's answer. A message in which the server asks its client for something is read whole, and
 * passes only if it may. So is one about a task, or about what the server can do. All other messages pass as they come,
 * as soon as they are whole. The answer breaks off before the end of a message that lists tools, or that answers
 * another message. A message that is too long, or for which there is no room, passes as it comes, unless it asks for
 * something.
 */
final class AskedBody extends UpstreamAnswer.BodyFilter {

    private static final int MAX_ASKING = 1 << 20;

    private static final byte[] NOTHING = {};

    private final boolean isEvents;
    private final McpReader.SeparatedMessage asked;

    private final Predicate<String> isOwn;
    private final MessageReading reading = new MessageReading();
    private final MessageReading readingOfUnicodeLines = new MessageReading();
    private final UnicodeLines unicode = new UnicodeLines();
    /** What came of the message that is not whole yet, and an event's data. Empty if it passes as it comes. */
    private final HeldBytes raw;

    private final HeldBytes data;
    private final AnswerMemory.Room room;
    /** Whether there was no room for all of its data. */
    private boolean isFull;

    private boolean isLong;
    private boolean isEnded;
    private boolean isBroken;

    /** @param isOwn whether a message in it may answer an identifier */
    AskedBody(
            UpstreamAnswer.AnswerBody body,
            boolean isEvents,
            McpReader.SeparatedMessage asked,
            Predicate<String> isOwn,
            AnswerMemory.Room room) {
        super(body);
        this.isEvents = isEvents;
        this.asked = asked;
        this.isOwn = isOwn;
        this.room = room;
        this.raw = room.held();
        this.data = room.held();
    }

    private final class MessageReading {
        private final EventLines lines = new EventLines();
        private ToolsFinder finder = new ToolsFinder();
        private EventLines.Part part = EventLines.Part.OTHER;
        /** The messages so far in this event that ask for something. */
        private int asking;

        EventLines.Part read(byte b) throws IOException {
            part = isEvents ? lines.read(b) : EventLines.Part.DATA;
            if (part == EventLines.Part.DATA) {
                boolean askedBefore = finder.asks();
                if (finder.isFound(b)
                        || (b == '}' && finder.answered().filter(isOwn.negate()).isPresent())) {
                    throw new IOException(
                            "a message lists tools that nobody had asked for, or answers another message");
                }
                asking += finder.asks() && !askedBefore ? 1 : 0;
            }
            return part;
        }

        boolean isInLongText() {
            return part == EventLines.Part.DATA && finder.isInLongText();
        }
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        if (isEnded) {
            return Optional.empty();
        }
        if (isBroken) {
            throw new IOException("the answer broke off before");
        }
        isBroken = true; // unless all of this piece may pass
        Optional<byte[]> piece = body.next();
        ByteArrayOutputStream passed = new ByteArrayOutputStream();
        read(piece.orElse(NOTHING), passed);
        if (piece.isEmpty()) {
            isEnded = true;
            end(passed);
        }
        isBroken = false;
        return piece.isEmpty() && passed.size() == 0 ? Optional.empty() : Optional.of(passed.toByteArray());
    }

    private void read(byte[] piece, ByteArrayOutputStream passed) throws IOException {
        int from = 0;
        for (int i = 0; i < piece.length; i++) {
            EventLines.Part part = reading.read(piece[i]);
            if (isEvents) {
                inEvent(piece[i], part);
            }
            if (part == EventLines.Part.END) {
                keep(piece, from, i + 1, passed);
                from = i + 1;
                end(passed);
            }
            i = skipped(piece, i + 1) - 1;
        }
        keep(piece, from, piece.length, passed);
    }

    /** Returns where from {@code from} on reading has to go on: most of a long text is only kept. */
    private int skipped(byte[] piece, int from) {
        int i = from;
        boolean isText = reading.isInLongText() && (!isEvents || readingOfUnicodeLines.isInLongText());
        if (isText && isPlain(piece[from - 1])) { // so no end of a line has begun, for nobody
            while (i < piece.length && isPlain(piece[i])) {
                i++;
            }
            if (isEvents && !isLong && !isFull) {
                isFull = !data.add(piece, from, i - from);
            }
        }
        return i;
    }

    /** Returns whether {@code b} ends no text, escapes nothing, and is no part of what ends a line for anybody. */
    private boolean isPlain(byte b) {
        return b != '"' && b != '\\' && b != '}' && (isEvents ? b >= ' ' : b != 0);
    }

    private void inEvent(byte b, EventLines.Part part) throws IOException {
        if (part == EventLines.Part.DATA && !isLong && !isFull) {
            isFull = !data.add(b == '\r' ? (byte) '\n' : b);
        }
        for (byte other : unicode.next(b)) {
            if (readingOfUnicodeLines.read(other) == EventLines.Part.END) {
                readingOfUnicodeLines.finder = new ToolsFinder();
            }
        }
    }

    private void keep(byte[] piece, int from, int until, ByteArrayOutputStream passed) throws IOException {
        boolean isKept = !isLong && raw.add(piece, from, until - from);
        if (!isKept || isFull || raw.size() > MAX_ASKING) {
            isLong = true;
            passed.writeBytes(raw.take());
            data.clear();
        }
        if (!isKept) {
            passed.write(piece, from, until - from);
        }
        if (isLong && (reading.finder.asks() || readingOfUnicodeLines.asking > 0)) {
            throw new IOException(
                    "a server asks for something, or gives a task, in a message that is too long to be read");
        }
    }

    private void end(ByteArrayOutputStream passed) throws IOException {
        if (readingOfUnicodeLines.asking > reading.asking) {
            throw new IOException("a server asks for something that only some clients would see");
        }
        byte[] whole = raw.take();
        byte[] message = isEvents ? data.take() : whole;
        boolean asks = reading.finder.asks();
        isLong = false;
        isFull = false;
        reading.finder = new ToolsFinder();
        reading.asking = 0;
        readingOfUnicodeLines.asking = 0;
        passed.writeBytes(asks ? decided(whole, Bytes.of(message)) : whole);
    }

    private byte[] decided(byte[] whole, Bytes message) throws IOException {
        return switch (room.read(message, asked::asked)) {
            case McpReader.PassedMessage _ -> whole;
            case McpReader.ReplacedMessage(Bytes other) -> written(whole, other);
            case McpReader.RefusedMessage(var refusal) ->
                written(
                        whole,
                        McpTransport.refusal(asked, refusal)
                                .orElseThrow(() -> new IOException(
                                        "a server asks for something, or gives a task, without a request")));
            case McpReader.EndingMessage _ ->
                throw new IOException("a server asks for something, or gives a task, that nobody can read");
        };
    }

    private byte[] written(byte[] whole, Bytes message) {
        return isEvents ? ToolAnswers.replaced(whole, message) : message.toArray();
    }

    @Override
    public void close() {
        super.close();
        raw.close();
        data.close();
    }
}
