package dev.interlock.backup;

import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.run.DisturbedException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Whether a backup that was tried lies apart now. Its source may be lost, and a trial of hours is not given up for want
 * of that: what cannot be seen, or not in time, is not known.
 */
final class SecondLook {

    private SecondLook() {}

    static Separation at(Callable<Separation> look, Duration limit) throws IOException {
        try {
            return TimedLook.at(look, limit);
        } catch (DisturbedException e) {
            throw e;
        } catch (IOException e) {
            return Separation.UNKNOWN;
        }
    }
}
