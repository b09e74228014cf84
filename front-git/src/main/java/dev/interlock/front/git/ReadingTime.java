package dev.interlock.front.git;

import java.time.Duration;
import org.eclipse.jgit.lib.EmptyProgressMonitor;

/** The time that reading one push may take. It starts when this is made. */
final class ReadingTime extends EmptyProgressMonitor {

    /** A push of a hundred thousand objects takes some seconds. */
    static final Duration MOST = Duration.ofSeconds(60);

    private final long until;

    ReadingTime(Duration most) {
        this.until = System.nanoTime() + most.toNanos();
    }

    void requireLeft() throws UnreadablePushException {
        if (isCancelled()) {
            throw new UnreadablePushException(PushRefusals.TOO_SLOW, MOST.toSeconds());
        }
    }

    @Override
    public boolean isCancelled() {
        return System.nanoTime() - until > 0;
    }
}
