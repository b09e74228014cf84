package dev.interlock.front.postgres;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory for the messages of batches that are not judged yet, of all sessions together. A batch may be as long as
 * {@link Batch#MAX_BYTES}: some sessions alone would fill the heap. Threading: any.
 */
final class MessageMemory {

    /** The heap has 256 MB, and a message lies in it some times: as bytes, as text and as what was read of it. */
    static final long MOST = 32L << 20;

    /** What each session has for itself, so that ordinary batches wait for nobody. */
    static final int OWN = 1 << 14;

    private final AtomicLong left = new AtomicLong(MOST);

    Share share() {
        return new Share();
    }

    /** What one session holds of it. Threading: the session's own thread. */
    final class Share implements AutoCloseable {

        private long held;
        private long taken;

        private Share() {}

        /** Takes room for a message of {@code length} bytes; returns false, and takes none, if there is not enough. */
        boolean take(int length) {
            long more = Math.max(0, held + length - OWN) - taken;
            if (more > 0 && left.addAndGet(-more) < 0) {
                left.addAndGet(more);
                return false;
            }
            held += length;
            taken += Math.max(0, more);
            return true;
        }

        @Override
        public void close() {
            clear();
        }

        /** Gives back the room of all messages. */
        void clear() {
            left.addAndGet(taken);
            held = 0;
            taken = 0;
        }
    }
}
