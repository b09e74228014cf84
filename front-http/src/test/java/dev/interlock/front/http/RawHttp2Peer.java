package dev.interlock.front.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One side of an HTTP/2 connection, frame by frame: it can do what no library would. */
final class RawHttp2Peer {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    /** A frame type that nobody knows (RFC 9113 §5.5). */
    static final int UNKNOWN = 0xbb;

    static final int END_STREAM = 0x1;
    static final int ACK = 0x1;
    static final int END_HEADERS = 0x4;

    static final int NO_ERROR = 0;
    static final int PROTOCOL_ERROR = 1;
    static final int INTERNAL_ERROR = 2;
    static final int REFUSED_STREAM = 7;
    static final int CANCEL = 8;
    static final int ENHANCE_YOUR_CALM = 11;

    static final int HEADER_TABLE_SIZE = 1;
    static final int MAX_CONCURRENT_STREAMS = 3;
    static final int INITIAL_WINDOW_SIZE = 4;

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int FRAME_HEAD = 9;

    private final Wire line;
    private int window = 65_535;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

    /** The connection below the frames. */
    interface Wire {

        /** Reads exactly {@code count} bytes. */
        byte[] read(int count) throws IOException;

        void say(byte[] bytes) throws IOException;
    }

    record Frame(int type, int flags, int stream, byte[] payload) {

        boolean isEnd() {
            return (flags & END_STREAM) != 0;
        }

        /** Returns the last four bytes, as a code of RST_STREAM or GOAWAY. */
        int code() {
            return ByteBuffer.wrap(payload).getInt(payload.length - 4);
        }
    }

    /** A request's head, its fields as {@code name: value}, in order. */
    record Head(int stream, List<String> fields, boolean isEnd) {

        String path() {
            return fields.stream()
                    .filter(field -> field.startsWith(":path: "))
                    .findFirst()
                    .orElseThrow()
                    .substring(":path: ".length());
        }
    }

    private RawHttp2Peer(Wire line) {
        this.line = line;
    }

    /** Returns a server's side, before any frame. */
    static RawHttp2Peer of(ScriptedUpstream.Line line) throws IOException {
        RawHttp2Peer frames = new RawHttp2Peer(line);
        line.read(PREFACE.length());
        return frames;
    }

    /**
     * Returns a server's side after both sides' settings and the server's acknowledgement. The settings are identifiers
     * and values in turn.
     */
    static RawHttp2Peer greeted(ScriptedUpstream.Line line, int... settings) throws IOException {
        return of(line).greet(settings);
    }

    /** Returns a client's side after the same. */
    static RawHttp2Peer asking(RawClient client, int... settings) throws IOException {
        client.send(PREFACE);
        return new RawHttp2Peer(client).greet(settings);
    }

    private RawHttp2Peer greet(int... settings) throws IOException {
        settings(settings);
        Frame theirs = await(SETTINGS);
        for (int i = 0; i < theirs.payload().length; i += 6) {
            if (theirs.payload()[i + 1] == INITIAL_WINDOW_SIZE) {
                window = ByteBuffer.wrap(theirs.payload()).getInt(i + 2);
            }
        }
        say(SETTINGS, ACK, 0);
        return this;
    }

    /** Returns how many bytes of one body the other side accepts before it sends an update. */
    int window() {
        return window;
    }

    void settings(int... settings) throws IOException {
        ByteBuffer payload = ByteBuffer.allocate(settings.length / 2 * 6);
        for (int i = 0; i < settings.length; i += 2) {
            payload.putShort((short) settings[i]).putInt(settings[i + 1]);
        }
        say(SETTINGS, 0, 0, payload.array());
    }

    Frame next() throws IOException {
        ByteBuffer head = ByteBuffer.wrap(line.read(FRAME_HEAD));
        int length = (head.getShort() & 0xffff) << 8 | (head.get() & 0xff);
        int type = head.get();
        int flags = head.get();
        return new Frame(type, flags, head.getInt(), line.read(length));
    }

    /** Skips all frames before one of this {@code type}. */
    Frame await(int type) throws IOException {
        Frame frame = next();
        while (frame.type() != type) {
            frame = next();
        }
        return frame;
    }

    Head request() throws IOException {
        Frame frame = await(HEADERS);
        List<String> fields = new ArrayList<>();
        try {
            decoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload()))
                    .forEach(field -> fields.add(field.getKey() + ": " + field.getValue()));
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        return new Head(frame.stream(), fields, frame.isEnd());
    }

    /** Reads a request's body, of which no frame has been read yet. */
    String body() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Frame frame = await(DATA);
        while (true) {
            body.writeBytes(frame.payload());
            if (frame.isEnd()) {
                return body.toString(StandardCharsets.UTF_8);
            }
            frame = await(DATA);
        }
    }

    void say(int type, int flags, int stream, byte... payload) throws IOException {
        line.say(frame(type, flags, stream, payload));
    }

    /** Sends some 64 KiB of such frames at once. */
    void flood(int type, int flags, int stream, byte... payload) throws IOException {
        byte[] frame = frame(type, flags, stream, payload);
        ByteBuffer many = ByteBuffer.allocate(64 * 1024 / frame.length * frame.length);
        while (many.hasRemaining()) {
            many.put(frame);
        }
        line.say(many.array());
    }

    static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(FRAME_HEAD + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** Encodes names and values in turn, exactly as given, as literals without any table (RFC 7541 §6.2.2). */
    static byte[] section(String... fields) {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                section.write(0);
            }
            byte[] text = fields[i].getBytes(StandardCharsets.ISO_8859_1);
            if (text.length < 127) {
                section.write(text.length);
            } else {
                section.write(127);
                int rest = text.length - 127;
                for (; rest >= 128; rest >>= 7) {
                    section.write(rest & 0x7f | 0x80);
                }
                section.write(rest);
            }
            section.writeBytes(text);
        }
        return section.toByteArray();
    }

    RawHttp2Peer head(int stream, int flags, String... fields) throws IOException {
        say(HEADERS, END_HEADERS | flags, stream, section(fields));
        return this;
    }

    RawHttp2Peer data(int stream, int flags, String text) throws IOException {
        say(DATA, flags, stream, text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** Sends a WINDOW_UPDATE (RFC 9113 §6.9). */
    void open(int stream, int bytes) throws IOException {
        say(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    /** Waits until the other side has read everything. */
    void settle() throws IOException {
        byte[] mark = "all read".getBytes(StandardCharsets.US_ASCII);
        say(PING, 0, 0, mark);
        Frame frame = await(PING);
        while (frame.flags() != ACK || !Arrays.equals(frame.payload(), mark)) {
            frame = await(PING);
        }
    }

    /** Waits until the other side has reset {@code stream}. */
    Frame awaitReset(int stream) throws IOException {
        Frame frame = await(RST_STREAM);
        while (frame.stream() != stream) {
            frame = await(RST_STREAM);
        }
        return frame;
    }

    void ok(int stream) throws IOException {
        head(stream, 0, ":status", "200", "content-length", "2").data(stream, END_STREAM, "ok");
    }

    void reset(int stream, int code) throws IOException {
        say(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(code).array());
    }

    void goAway(int last, int code) throws IOException {
        say(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(last).putInt(code).array());
    }
}
