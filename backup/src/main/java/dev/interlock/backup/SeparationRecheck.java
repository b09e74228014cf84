package dev.interlock.backup;

import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.run.InconclusiveException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Rechecks after a restore test that the backup is separate from its source. The source may be lost, and a test of
 * hours must not fail for that reason. So the result is "unknown" if it cannot be determined in time.
 */
final class SeparationRecheck {

    private SeparationRecheck() {}

    static Separation at(Callable<Separation> look, Duration limit) throws IOException {
        try {
            return TimedCheck.at(look, limit);
        } catch (InconclusiveException e) {
            throw e;
        } catch (IOException e) {
            return Separation.UNKNOWN;
        }
    }
}
