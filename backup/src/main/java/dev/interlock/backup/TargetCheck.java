package dev.interlock.backup;

import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Checks targets, each on its own thread. Anybody who can write to a target can block a process that opens a file there
 * (with a lease or a FIFO). So can a dead file server, and nothing ends such a wait. A check without progress is
 * abandoned. Until its thread returns, its plan gets no other check.
 *
 * <p>Threading: any thread may ask.
 */
public final class TargetCheck {

    private static final String WHY_NEAR =
            "; a disk or file server is down, or somebody who can write there blocks those who "
                    + "open a file (a lease, a FIFO): find out who can";

    private static final String WHY_FAR = "; check whether the storage can be reached from here";

    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** Timeout for storage far away: it, or a program that lists it, may need this long for one answer. */
    private static final Duration FAR = Duration.ofMinutes(5);

    /** Timeout for a check without a cache, which reads everything. */
    private static final Duration WHOLE = Duration.ofHours(1);

    /**
     * The limits of a check: without progress, and in total.
     *
     * @param read whether reading a file counts as progress; somebody with write access could make each file slow
     */
    private record Limits(Duration still, Duration most, boolean read) {}

    private final Limits near;
    private final Limits far;
    private final Map<String, FutureTask<?>> underWay = new ConcurrentHashMap<>();

    private TargetCheck(Limits near, Limits far) {
        this.near = near;
        this.far = far;
    }

    /** Returns checks for a caller that checks every minute and caches what it read. */
    public static TargetCheck periodic() {
        return periodic(MINUTE);
    }

    /** @param still how long a directory may make no progress */
    static TargetCheck periodic(Duration still) {
        return new TargetCheck(new Limits(still, FAR, false), new Limits(FAR, FAR, true));
    }

    /** Returns checks for a person who waits for the result. */
    public static TargetCheck once() {
        return new TargetCheck(new Limits(MINUTE, WHOLE, true), new Limits(WHOLE, WHOLE, true));
    }

    /** @param patience for everything */
    static TargetCheck within(Duration patience) {
        Limits limits = new Limits(patience, patience, true);
        return new TargetCheck(limits, limits);
    }

    /** The work of one check. */
    interface TargetReader<T> {

        /**
         * Reads the target.
         *
         * @param steps receives each step of progress, and throws once nobody waits any more
         */
        T at(BackupRepository repository, CheckProgress steps) throws IOException;
    }

    /** The progress of a check. */
    static final class CheckProgress {
        private final boolean reads;
        private volatile long last = System.nanoTime();
        private volatile boolean givenUp;

        CheckProgress(boolean reads) {
            this.reads = reads;
        }

        void next() throws InconclusiveException {
            require();
            last = System.nanoTime();
        }

        /** Reports that a file was read. */
        void read() throws InconclusiveException {
            require();
            if (reads) {
                last = System.nanoTime();
            }
        }

        private void require() throws InconclusiveException {
            if (givenUp) {
                throw new InconclusiveException("this check was abandoned");
            }
        }
    }

    /**
     * Checks the target of {@code plan}.
     *
     * @throws IOException also if it does not answer, or an earlier check has not returned yet
     */
    <T> T at(BackupPlanConfig plan, Encryption encryption, TargetReader<T> look) throws IOException {
        ChildProcesses children = new ChildProcesses();
        Limits limits = plan.target() instanceof BackupTarget.Directory ? near : far;
        CheckProgress steps = new CheckProgress(limits.read());
        FutureTask<T> looking = new FutureTask<>(() -> {
            try (children) {
                return BackupStorage.runOnStorage(
                        () -> look.at(plan.repository(encryption, children, Clock.systemUTC()), steps));
            }
        });
        FutureTask<?> now =
                underWay.compute(plan.name(), (_, before) -> before == null || before.isDone() ? looking : before);
        if (!now.equals(looking)) {
            throw new InconclusiveException(
                    "its target was not checked: the previous check has not returned yet" + why(plan.target()));
        }
        try {
            Thread.ofPlatform().daemon().name("look at " + plan.name()).start(looking);
        } catch (Error e) {
            underWay.remove(plan.name(), looking); // no memory for a thread
            throw e;
        }
        return answer(looking, plan.target(), limits, steps, children);
    }

    private static String why(BackupTarget target) {
        return target instanceof BackupTarget.Directory ? WHY_NEAR : WHY_FAR;
    }

    private <T> T answer(
            FutureTask<T> looking, BackupTarget target, Limits limits, CheckProgress steps, ChildProcesses children)
            throws IOException {
        long begun = System.nanoTime();
        while (true) {
            long now = System.nanoTime();
            long rest = Math.min(
                    limits.still().toNanos() - (now - steps.last), limits.most().toNanos() - (now - begun));
            if (rest <= 0) {
                giveUp(steps, children);
                throw new InconclusiveException(
                        "its target was not checked: it does not answer, or not in time" + why(target));
            }
            try {
                return looking.get(rest, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                // The check may have made progress meanwhile; the loop decides.
            } catch (ExecutionException e) {
                throw thrown(e.getCause());
            } catch (InterruptedException e) {
                giveUp(steps, children);
                Thread.currentThread().interrupt();
                throw new InconclusiveException("interrupted", e);
            }
        }
    }

    private static void giveUp(CheckProgress steps, ChildProcesses children) {
        steps.givenUp = true;
        // Closing may block as well if a killed child does not end.
        var _ = Thread.ofPlatform().daemon().name("giving up").start(children::close);
    }

    private static IOException thrown(@Nullable Throwable why) {
        return switch (why) {
            case IOException e -> e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> throw new IllegalStateException(why);
        };
    }
}
