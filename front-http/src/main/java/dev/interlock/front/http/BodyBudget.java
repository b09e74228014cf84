package dev.interlock.front.http;

/**
 * What the bodies of all connections may take in memory: they arrive before anybody knows whose they are. No door may
 * hold more than it leaves to all others: a single one has half, and whoever comes last still finds room.
 *
 * <p>Threading: shared by all event loops, and guarded by itself; a {@link Share} or {@link Joint} belongs to one
 * connection.
 */
final class BodyBudget {

    /**
     * A share this small is not counted, so that nobody's large bodies are in the way of ordinary requests: at 512
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

    /** What those hold who come in at one door. */
    Door door() {
        return new Door();
    }

    /** One of the doors. */
    final class Door {
        private long held; // guarded by the budget

        private Door() {}

        /** The share of one connection. */
        Share share() {
            return new Share();
        }

        /** The share of one connection that carries many requests at once. */
        Joint joint() {
            return new Joint();
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

        /** What one connection holds. */
        final class Share {
            private long own;

            private Share() {}

            /**
             * Holds what {@code bytes} need, instead of what it held before; false if there is not so much, or not for
             * who comes in there.
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

        /** What the streams of one connection hold together: each by itself would be too small to be counted. */
        final class Joint {
            private final Share share = share();
            private long together;

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
