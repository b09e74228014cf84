package dev.interlock.front.http;

/**
 * The memory for request bodies of all connections. Bodies arrive before anybody knows whose they are. No listener may
 * hold more than it leaves to all others: a single one gets half, and there is still room for a later one.
 *
 * <p>Threading: shared by all event loops, and guarded by itself. A {@link ListenerBudget.ConnectionBudget} or
 * {@link ListenerBudget.SharedConnectionBudget} belongs to one connection.
 */
final class BodyBudget {

    /**
     * Maximum bytes of a share that are not counted, so that large bodies do not block ordinary requests. At 512
     * connections it is 8 MiB.
     */
    static final int UNCOUNTED = 16 * 1024;

    private long left;

    BodyBudget(long bytes) {
        this.left = bytes;
    }

    synchronized long left() {
        return left;
    }

    /** Returns the budget of one listener. */
    ListenerBudget listenerBudget() {
        return new ListenerBudget();
    }

    /** The budget of one listener. */
    final class ListenerBudget {
        private long held; // guarded by the outer budget

        private ListenerBudget() {}

        /** Returns the share of one connection. */
        ConnectionBudget share() {
            return new ConnectionBudget();
        }

        /** Returns the share of one connection that carries many requests at once. */
        SharedConnectionBudget joint() {
            return new SharedConnectionBudget();
        }

        private boolean take(long more) {
            synchronized (BodyBudget.this) {
                if (held + more > left - more) {
                    return false;
                }
                give(-more);
                return true;
            }
        }

        private void give(long back) {
            synchronized (BodyBudget.this) {
                held -= back;
                left += back;
            }
        }

        /** The memory that one connection holds. */
        final class ConnectionBudget {
            private long own;

            private ConnectionBudget() {}

            /**
             * Holds {@code bytes} in place of the amount held before. Returns false if so much is not free, or not for
             * this listener.
             */
            boolean hold(long bytes) {
                long wanted = bytes <= UNCOUNTED ? 0 : bytes;
                long more = wanted - own;
                if (more > 0 && !take(more)) {
                    return false;
                }
                if (more < 0) {
                    give(-more);
                }
                own = wanted;
                return true;
            }

            void release() {
                hold(0);
            }
        }

        /** The memory that the streams of one connection hold together. Each alone would be too small to be counted. */
        final class SharedConnectionBudget {
            private final ConnectionBudget share = share();
            private long together;

            private SharedConnectionBudget() {}

            StreamBudget part() {
                return new StreamBudget();
            }

            /** The memory that one stream holds. */
            final class StreamBudget {
                private long own;

                private StreamBudget() {}

                /** Does the same as {@link ConnectionBudget#hold}. */
                boolean hold(long bytes) {
                    long all = together - own + bytes;
                    if (!share.hold(all)) {
                        return false;
                    }
                    together = all;
                    own = bytes;
                    return true;
                }

                void release() {
                    hold(0);
                }
            }
        }
    }
}
