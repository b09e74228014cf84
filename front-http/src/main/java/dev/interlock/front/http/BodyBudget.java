package dev.interlock.front.http;

/**
 * The memory for request bodies of all connections. Bodies arrive before anybody knows whose they are. No listener may
 * hold more than it leaves to all others: a single one gets half, and there is still room for a later one.
 *
 * <p>Threading: shared by all event loops, and guarded by itself. A {@link Share} or {@link Joint} belongs to one
 * connection.
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
    Door door() {
        return new Door();
    }

    /** The budget of one listener. */
    final class Door {
        private long held; // guarded by the outer budget

        private Door() {}

        /** Returns the share of one connection. */
        Share share() {
            return new Share();
        }

        /** Returns the share of one connection that carries many requests at once. */
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

        /** The memory that one connection holds. */
        final class Share {
            private long own;

            private Share() {}

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
        final class Joint {
            private final Share share = share();
            private long together;

            private Joint() {}

            Part part() {
                return new Part();
            }

            /** The memory that one stream holds. */
            final class Part {
                private long own;

                private Part() {}

                /** Does the same as {@link Share#hold}. */
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
