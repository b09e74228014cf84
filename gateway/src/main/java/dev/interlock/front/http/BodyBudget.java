package dev.interlock.front.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the bodies of all connections may take in memory: they arrive before anybody knows whose they are.
 *
 * <p>Threading: shared by all event loops; a {@link Share} or {@link Joint} belongs to one connection.
 */
final class BodyBudget {

    /**
     * A share this small is not counted, so that nobody's large bodies are in the way of ordinary requests: at 512
     * connections it is 8 MiB.
     */
    static final int UNCOUNTED = 16 * 1024;

    private final AtomicLong left;

    BodyBudget(long bytes) {
        this.left = new AtomicLong(bytes);
    }

    long left() {
        return left.get();
    }

    Share share() {
        return new Share();
    }

    /** The share of one connection that carries many requests at once. */
    Joint joint() {
        return new Joint();
    }

    /** What the streams of one connection hold together: each by itself would be too small to be counted. */
    final class Joint {
        private final Share share = new Share();
        private long held;

        private Joint() {}

        Part part() {
            return new Part();
        }

        /** What one stream holds. */
        final class Part {
            private long own;

            private Part() {}

            /** As {@link Share#hold}. */
            boolean hold(long bytes) {
                long all = held - own + bytes;
                if (!share.hold(all)) {
                    return false;
                }
                held = all;
                own = bytes;
                return true;
            }

            void release() {
                hold(0);
            }
        }
    }

    /** What one connection holds. */
    final class Share {
        private long held;

        private Share() {}

        /** Holds what {@code bytes} need, instead of what it held before; false if there is not so much. */
        boolean hold(long bytes) {
            long wanted = bytes <= UNCOUNTED ? 0 : bytes;
            long more = wanted - held;
            if (more > 0 && left.addAndGet(-more) < 0) {
                left.addAndGet(more);
                return false;
            }
            if (more < 0) {
                left.addAndGet(-more);
            }
            held = wanted;
            return true;
        }

        void release() {
            hold(0);
        }
    }
}
