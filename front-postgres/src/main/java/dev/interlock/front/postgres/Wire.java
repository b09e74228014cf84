package dev.interlock.front.postgres;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.Socket;
import java.time.Duration;

/**
 * One end of a connection. A slow reader at the other end stops the writer here: nothing is queued. Threading: one
 * thread reads; writers exclude each other.
 */
final class Wire implements Closeable {

    private static final int BUFFER = 1 << 13;

    private final Socket socket;
    private final Buffered buffered;
    private final DataInputStream in;
    private final OutputStream out;

    Wire(Socket socket) throws IOException {
        this(socket, new byte[0]);
    }

    /** @param read what has been read already */
    Wire(Socket socket, byte[] read) throws IOException {
        this.socket = socket;
        InputStream all = new SequenceInputStream(new ByteArrayInputStream(read), socket.getInputStream());
        this.buffered = new Buffered(all);
        this.in = new DataInputStream(buffered);
        this.out = new BufferedOutputStream(socket.getOutputStream(), BUFFER);
    }

    Socket socket() {
        return socket;
    }

    DataInputStream in() {
        return in;
    }

    /** Returns whether nothing has arrived that is not read yet. */
    boolean isDrained() throws IOException {
        return buffered.isEmpty() && in.available() == 0;
    }

    /** Says without asking the kernel whether it holds anything. */
    private static final class Buffered extends BufferedInputStream {

        Buffered(InputStream in) {
            super(in, BUFFER);
        }

        boolean isEmpty() {
            return pos >= count;
        }
    }

    /** Reads a type, or -1 if the other side has ended properly between messages. */
    int type() throws IOException {
        return in.read();
    }

    /** Reads the length of what follows it. */
    int length(int most) throws IOException {
        int length = in.readInt() - 4;
        if (length < 0 || length > most) {
            throw new ProtocolException("a message has " + length + " bytes, and at most " + most + " are read");
        }
        return length;
    }

    /** Reads a whole message of at most {@code most} bytes. */
    Message read(int most) throws IOException {
        int type = type();
        if (type < 0) {
            throw new EOFException("the connection ended");
        }
        return new Message((char) type, in.readNBytes(length(most)));
    }

    synchronized void write(Message message) throws IOException {
        out.write(message.written());
    }

    synchronized void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
    }

    void send(byte[] bytes) throws IOException {
        write(bytes, bytes.length);
        flush();
    }

    synchronized void flush() throws IOException {
        out.flush();
    }

    void send(Message message) throws IOException {
        write(message);
        flush();
    }

    /** Closes {@code open} after {@code patience}, unless the thread that it returns is interrupted before. */
    static Thread closeAfter(Duration patience, Closeable open) {
        return Thread.ofVirtual().name("postgres-deadline").start(() -> {
            try {
                Thread.sleep(patience);
                open.close();
            } catch (InterruptedException | IOException _) {
                // it was in time, or is gone
            }
        });
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
