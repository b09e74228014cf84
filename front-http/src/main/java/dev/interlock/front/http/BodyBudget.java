package dev.interlock.front.http;

/**
 * The memory for request bodies of all connections. Bodies arrive before anybody knows whose they are. No listener may
 * hold more than it leaves to all others: a single one gets half, and there is still room for a later one. The same
 * goes for answers and their upstreams ({@link AnswerMemory}). Threading: shared by all event loops, and guarded by
 * itself. A {@link Share} and its connection belong to one thread.
 */
final class BodyBudget {

    /**
     * Maximum bytes of a connection that are not counted, so that large bodies do not block ordinary requests. At 512
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

    ListenerBudget listenerBudget() {
        return new ListenerBudget();
    }

    final class ListenerBudget {
        private long held; // guarded by the outer budget

        private ListenerBudget() {}

        Share share() {
            return new Share(connection());
        }

        ConnectionBudget connection() {
            return new ConnectionBudget(this);
        }

        private boolean take(long more) {
            if (more == 0) {
                return true; // as for nearly every request
            }
            synchronized (BodyBudget.this) {
                if (more > 0 && held + more > left - more) {
                    return false;
                }
                held += more;
                left -= more;
                return true;
            }
        }
    }

    /** The memory that the streams of one connection hold together. Each alone would be too small to be counted. */
    static final class ConnectionBudget {
        private final ListenerBudget listener;
        private long counted;
        private long together;

        private ConnectionBudget(ListenerBudget listener) {
            this.listener = listener;
        }

        Share share() {
            return new Share(this);
        }
    }

    static final class Share {
        private final ConnectionBudget connection;
        private long own;

        private Share(ConnectionBudget connection) {
            this.connection = connection;
        }

        /**
         * Holds {@code bytes} in place of those held before; false if so much is not free, or not for this listener.
         */
        boolean hold(long bytes) {
            long all = connection.together - own + bytes;
            long wanted = all <= UNCOUNTED ? 0 : all;
            if (!connection.listener.take(wanted - connection.counted)) {
                return false;
            }
            connection.counted = wanted;
            connection.together = all;
            own = bytes;
            return true;
        }

        void release() {
            hold(0);
        }
    }
}
