package dev.interlock.backup;

import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.place.Target;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.DisturbedException;
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
 * Looks at targets, each on a thread of its own. Whoever may write to a target can have whoever opens a file there wait
 * (a lease, a FIFO), and so can a server of files that is gone; nothing ends that. A look that does not get on is given
 * up, and as long as its thread has not come back, its plan has no other.
 *
 * <p>Threading: any thread may ask.
 */
public final class Looks {

    private static final String WHY_NEAR =
            "; a disk or a server of files is down, or somebody who can write there holds up whoever opens a file"
                    + " (a lease, a FIFO): see who can";

    private static final String WHY_FAR = "; see whether what keeps it can be reached from here";

    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** A program that lists a place, or storage far away, may need this for one answer. */
    private static final Duration FAR = Duration.ofMinutes(5);

    /** Whoever remembers nothing reads everything. */
    private static final Duration WHOLE = Duration.ofHours(1);

    /**
     * How long nothing may get on, and how long it may take in all.
     *
     * @param read whether a file that was read is getting on: whoever may write there can have each take its time
     */
    private record Limits(Duration still, Duration most, boolean read) {}

    private final Limits near;
    private final Limits far;
    private final Map<String, FutureTask<?>> underWay = new ConcurrentHashMap<>();

    private Looks(Limits near, Limits far) {
        this.near = near;
        this.far = far;
    }

    /** Of whoever looks every minute, and remembers what was read. */
    public static Looks often() {
        return often(MINUTE);
    }

    /** @param still how long a directory may not get on */
    static Looks often(Duration still) {
        return new Looks(new Limits(still, FAR, false), new Limits(FAR, FAR, true));
    }

    /** Of a person who waits for it. */
    public static Looks once() {
        return new Looks(new Limits(MINUTE, WHOLE, true), new Limits(WHOLE, WHOLE, true));
    }

    /** @param patience for everything */
    static Looks within(Duration patience) {
        Limits limits = new Limits(patience, patience, true);
        return new Looks(limits, limits);
    }

    /** What is to be seen. */
    interface Look<T> {

        /**
         * Looks.
         *
         * @param steps is told of each step, and throws once nobody waits any more
         */
        T at(Shelf shelf, Steps steps) throws IOException;
    }

    /** How far a look has got on. */
    static final class Steps {
        private final boolean reads;
        private volatile long last = System.nanoTime();
        private volatile boolean givenUp;

        Steps(boolean reads) {
            this.reads = reads;
        }

        void next() throws DisturbedException {
            require();
            last = System.nanoTime();
        }

        /** A file was read. */
        void read() throws DisturbedException {
            require();
            if (reads) {
                last = System.nanoTime();
            }
        }

        private void require() throws DisturbedException {
            if (givenUp) {
                throw new DisturbedException("nobody waits for this look any more");
            }
        }
    }

    /**
     * Looks at the target of {@code plan}.
     *
     * @throws IOException also if it does not answer, or has not answered yet
     */
    <T> T at(Plan plan, Encryption encryption, Look<T> look) throws IOException {
        Children children = new Children();
        Limits limits = plan.target() instanceof Target.Directory ? near : far;
        Steps steps = new Steps(limits.read());
        FutureTask<T> looking = new FutureTask<>(() -> {
            try (children) {
                return Place.reaching(() -> look.at(plan.shelf(encryption, children, Clock.systemUTC()), steps));
            }
        });
        FutureTask<?> now =
                underWay.compute(plan.name(), (_, before) -> before == null || before.isDone() ? looking : before);
        if (!now.equals(looking)) {
            throw new DisturbedException(
                    "its target was not looked at: the look before has not come back yet" + why(plan.target()));
        }
        try {
            Thread.ofPlatform().daemon().name("look at " + plan.name()).start(looking);
        } catch (Error e) {
            underWay.remove(plan.name(), looking); // there was no room for a thread
            throw e;
        }
        return answer(looking, plan.target(), limits, steps, children);
    }

    private static String why(Target target) {
        return target instanceof Target.Directory ? WHY_NEAR : WHY_FAR;
    }

    private <T> T answer(FutureTask<T> looking, Target target, Limits limits, Steps steps, Children children)
            throws IOException {
        long begun = System.nanoTime();
        while (true) {
            long now = System.nanoTime();
            long rest = Math.min(
                    limits.still().toNanos() - (now - steps.last), limits.most().toNanos() - (now - begun));
            if (rest <= 0) {
                giveUp(steps, children);
                throw new DisturbedException(
                        "its target was not looked at: it does not answer, or not in time" + why(target));
            }
            try {
                return looking.get(rest, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                // It may have got on meanwhile.
            } catch (ExecutionException e) {
                throw thrown(e.getCause());
            } catch (InterruptedException e) {
                giveUp(steps, children);
                Thread.currentThread().interrupt();
                throw new DisturbedException("interrupted", e);
            }
        }
    }

    private static void giveUp(Steps steps, Children children) {
        steps.givenUp = true;
        // What is killed may not go either.
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
