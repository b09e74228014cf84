package dev.interlock.testing;

import dev.interlock.store.PostgresServer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lies before a server of PostgreSQL and counts for how many answers its clients wait: each ends what it sends by one
 * message. The sessions by which gateways follow the store are not counted. It can be cut off.
 */
public final class TripCounter implements AutoCloseable {

    private static final int SYNC = 'S';
    private static final int QUERY = 'Q';

    private final PostgresServer server;
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final AtomicLong trips = new AtomicLong();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isCut;

    public TripCounter(PostgresServer server) throws IOException {
        this.server = server;
        Thread.ofVirtual().start(this::accept);
    }

    /** Returns the server as it is reached through this. */
    public PostgresServer store() {
        return new PostgresServer(
                "127.0.0.1", socket.getLocalPort(), server.database(), server.user(), server.password(), server.ca());
    }

    public long trips() {
        return trips.get();
    }

    /** Closes all connections and accepts no other, or accepts them again. */
    public void cut(boolean cut) {
        isCut = cut;
        open.forEach(TripCounter::closeQuietly);
        open.clear();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = socket.accept();
                if (isCut) {
                    closeQuietly(client);
                } else {
                    Socket there = new Socket(server.host(), server.port());
                    open.add(client);
                    open.add(there);
                    Thread.ofVirtual().start(() -> forward(client, there));
                    Thread.ofVirtual().start(() -> answer(there, client));
                }
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void forward(Socket client, Socket there) {
        try (client;
                there) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
            OutputStream out = new BufferedOutputStream(there.getOutputStream());
            byte[] greeting = in.readNBytes(in.readInt() - Integer.BYTES);
            out.write(new byte[] {0, 0, (byte) ((greeting.length + 4) >> 8), (byte) (greeting.length + 4)});
            out.write(greeting);
            boolean isCounted = !new String(greeting, StandardCharsets.UTF_8).contains("idle_session_timeout");
            out.flush();
            for (int kind = in.read(); kind >= 0; kind = in.read()) {
                int length = in.readInt();
                byte[] message = new byte[1 + length];
                message[0] = (byte) kind;
                for (int i = 0; i < Integer.BYTES; i++) {
                    message[1 + i] = (byte) (length >>> (24 - 8 * i));
                }
                in.readFully(message, 1 + Integer.BYTES, length - Integer.BYTES);
                // The driver does not wait for the answer to the beginning of a transaction.
                boolean waits = kind == SYNC || (kind == QUERY && !startsWith(message, "BEGIN"));
                if (isCounted && waits) {
                    trips.incrementAndGet();
                }
                out.write(message);
                if (in.available() == 0) {
                    out.flush();
                }
            }
        } catch (IOException _) {
            // one side ended
        }
    }

    private static boolean startsWith(byte[] message, String words) {
        return new String(message, 1 + Integer.BYTES, message.length - 1 - Integer.BYTES, StandardCharsets.UTF_8)
                .startsWith(words);
    }

    private static void answer(Socket there, Socket client) {
        try (there;
                client;
                InputStream in = there.getInputStream()) {
            in.transferTo(client.getOutputStream());
        } catch (IOException _) {
            // one side ended
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // gone already
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        cut(true);
    }
}
