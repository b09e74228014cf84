package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.FairSemaphore;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * The memory for messages that are read whole before they go on, of the answers to all calls. A server may begin as
 * many long ones as there are calls, and end none. Half of it is one upstream's at most. Threading: any.
 */
final class AnswerMemory {

    /** The heap has 256 MB, and a message lies in it some times: as it came, as text and as what was read of it. */
    static final int MOST = 16 << 20;

    /** The length of a long message, in bytes. Reading one takes many times its length. */
    private static final int LONG = 1 << 16;

    private final BodyBudget bytes = new BodyBudget(MOST);
    private final ConcurrentHashMap<String, BodyBudget.ListenerBudget> upstreams = new ConcurrentHashMap<>();
    private final Semaphore turns = new Semaphore(FairSemaphore.MOST_READING, true);

    /** Returns the room of one answer of {@code upstream}. */
    Room room(String upstream) {
        return new Room(
                upstreams.computeIfAbsent(upstream, _ -> bytes.listenerBudget()).connection());
    }

    /** What one answer may take of it. Threading: the thread that reads the answer. */
    final class Room {

        private final BodyBudget.ConnectionBudget connection;

        private Room(BodyBudget.ConnectionBudget connection) {
            this.connection = connection;
        }

        BodyBudget.Share share() {
            return connection.share();
        }

        HeldBytes held() {
            return new HeldBytes(share());
        }

        /** Reads {@code message}, when it is its turn if it is long. */
        <R> R read(Bytes message, Function<Bytes, R> reader) {
            if (message.length() <= LONG) {
                return reader.apply(message);
            }
            turns.acquireUninterruptibly();
            try {
                return reader.apply(message);
            } finally {
                turns.release();
            }
        }
    }

    /** The bytes of a message that is not whole yet. Threading: one thread. */
    static final class HeldBytes {

        /** A longer message's room is given back once it is whole. */
        private static final int KEPT = 1 << 13;

        private static final int LEAST = 1 << 8;

        private final BodyBudget.Share room;
        private byte[] bytes = {};
        private int size;

        private HeldBytes(BodyBudget.Share room) {
            this.room = room;
        }

        int size() {
            return size;
        }

        /** Adds a byte; returns false, and adds none, if there is no room for it. */
        boolean add(byte b) {
            if (size == bytes.length && !grow(size + 1)) {
                return false;
            }
            bytes[size++] = b;
            return true;
        }

        boolean add(byte[] more, int from, int length) {
            if (length > bytes.length - size && !grow(size + length)) {
                return false;
            }
            System.arraycopy(more, from, bytes, size, length);
            size += length;
            return true;
        }

        private boolean grow(int least) {
            int length = Math.max(Math.max(least, LEAST), 2 * bytes.length);
            if (!room.hold(length)) {
                return false;
            }
            bytes = Arrays.copyOf(bytes, length);
            return true;
        }

        /** Returns all bytes, and holds none of them any more. */
        byte[] take() {
            byte[] all = Arrays.copyOf(bytes, size);
            clear();
            return all;
        }

        void clear() {
            size = 0;
            if (bytes.length > KEPT) {
                close();
            }
        }

        void close() {
            size = 0;
            bytes = new byte[0];
            room.release();
        }
    }

    /** Thrown for an answer that is read before it goes on, if there is no room for it. */
    static final class NoRoomException extends IOException {

        private static final long serialVersionUID = 1;

        NoRoomException() {
            super("too many long answers of its upstream are read at once; ask for less at a time");
        }
    }
}
