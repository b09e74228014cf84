package dev.interlock.system;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** HTTP/2 frames (RFC 9113) written by hand, so that they can be invalid. */
final class Http2Frames {

    static final int END_STREAM = 0x1;
    static final int END_HEADERS = 0x4;

    private static final int PADDED = 0x8;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int CONTINUATION = 9;
    private static final int ACK = 1;

    private static final int PATIENCE_MILLIS = 10_000;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Set<Integer> streams = new HashSet<>();

    /** A header section of names and values in turn. */
    Http2Frames head(int stream, int flags, String... fields) {
        streams.add(stream);
        return frame(HEADERS, flags, stream, section(fields));
    }

    /** The same in two frames. */
    Http2Frames split(int stream, int flags, String... fields) {
        byte[] section = section(fields);
        int half = section.length / 2;
        streams.add(stream);
        frame(HEADERS, flags & ~END_HEADERS, stream, java.util.Arrays.copyOf(section, half));
        return frame(CONTINUATION, END_HEADERS, stream, java.util.Arrays.copyOfRange(section, half, section.length));
    }

    Http2Frames data(int stream, int flags, String text) {
        return frame(DATA, flags, stream, latin(text));
    }

    Http2Frames padded(int stream, int flags, String text, String padding) {
        return frame(DATA, flags | PADDED, stream, latin((char) padding.length() + text + padding));
    }

    /** Resets the stream, so that nobody answers it. */
    Http2Frames reset(int stream) {
        streams.remove(stream);
        return frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
    }

    private Http2Frames frame(int type, int flags, int stream, byte[] payload) {
        bytes.writeBytes(new byte[] {
            (byte) (payload.length >> 16),
            (byte) (payload.length >> 8),
            (byte) payload.length,
            (byte) type,
            (byte) flags
        });
        bytes.writeBytes(new byte[] {0, (byte) (stream >> 16), (byte) (stream >> 8), (byte) stream});
        bytes.writeBytes(payload);
        return this;
    }

    /** RFC 7541 §6.2.2: literals without any table, so that every byte is sent as written here. */
    private static byte[] section(String... fields) {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            section.write(0);
            string(section, fields[i]);
            string(section, fields[i + 1]);
        }
        return section.toByteArray();
    }

    private static void string(ByteArrayOutputStream out, String text) {
        int rest = text.length() - 127;
        out.write(Math.min(text.length(), 127));
        if (rest >= 0) {
            for (; rest >= 128; rest >>= 7) {
                out.write(rest & 127 | 128);
            }
            out.write(rest);
        }
        out.writeBytes(latin(text));
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sends them all on one connection, and waits until each stream, or the connection, has ended. */
    void send(int port) throws IOException {
        Set<Integer> open = new HashSet<>(streams);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            Http2Frames begin = new Http2Frames();
            begin.bytes.writeBytes(latin("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
            begin.frame(SETTINGS, 0, 0, new byte[0]).bytes.writeBytes(bytes.toByteArray());
            socket.getOutputStream().write(begin.bytes.toByteArray());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (!open.isEmpty()) {
                int lengthAndType = in.readInt();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                in.readNBytes(lengthAndType >>> 8);
                int type = lengthAndType & 0xff;
                if (type == SETTINGS && flags != ACK) {
                    socket.getOutputStream()
                            .write(new Http2Frames()
                                    .frame(SETTINGS, ACK, 0, new byte[0])
                                    .bytes
                                    .toByteArray());
                }
                if (type == RST_STREAM || (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
                    open.remove(stream);
                }
                if (type == GOAWAY) {
                    in.readAllBytes();
                    return;
                }
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("these streams were never ended: " + open, e);
        } catch (IOException _) {
            // The server may disconnect here.
        }
    }
}
