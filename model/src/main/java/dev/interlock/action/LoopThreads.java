package dev.interlock.action;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads that run on an event loop, so that nothing of a call is handed to another processor: it is read,
 * recorded, forwarded and answered on the loop of its connection. Waiting leaves the loop to others, as everywhere.
 * What computes for long, or waits for the disk, must {@link #leave} first.
 *
 * <p>A thread that had to wait for a lock does not return to its loop. The loop may meanwhile wait behind it for the
 * same lock, which is passed on in the order of arrival, and neither would ever go on.
 *
 * <p>The Java runtime gives such threads a scheduler only if it is started with
 * {@code --add-opens=java.base/java.lang=ALL-UNNAMED}. Otherwise they run on its own carriers, and all works the same.
 */
public final class LoopThreads {

    private static final System.Logger LOG = System.getLogger(LoopThreads.class.getName());
    private static final ScopedValue<LoopScheduler> CURRENT = ScopedValue.newInstance();
    private static final Optional<ThreadMaker> MAKER = maker();

    private LoopThreads() {}

    /** Returns a virtual thread that runs {@code task}, on {@code loop} until it leaves. */
    public static Thread unstarted(Executor loop, Runnable task) {
        return MAKER.map(maker -> maker.unstarted(loop, task))
                .orElseGet(() -> Thread.ofVirtual().unstarted(task));
    }

    /**
     * Waits as {@link LockSupport#park()} does, and goes on where the thread runs. Every other wait, as for a lock,
     * ends beside the loop. So the caller must hold no lock that a loop takes.
     */
    public static void park() {
        LockSupport.park(LoopWait.ON_LOOP);
    }

    /** Continues the current thread beside its event loop from here on, if it runs on one. */
    @SuppressWarnings("ThreadPriorityCheck") // nothing depends on who goes first
    public static void leave() {
        if (CURRENT.isBound() && !CURRENT.get().hasLeft) {
            CURRENT.get().hasLeft = true;
            Thread.yield(); // asks this thread's scheduler, which sends it elsewhere
        }
    }

    /** The blocker of a thread that waits in {@link #park}. */
    private enum LoopWait {
        ON_LOOP
    }

    private static Optional<ThreadMaker> maker() {
        try {
            Class<?> builders = Class.forName("java.lang.ThreadBuilders");
            MethodHandle thread = MethodHandles.privateLookupIn(builders, MethodHandles.lookup())
                    .findStatic(
                            builders,
                            "newVirtualThread",
                            MethodType.methodType(
                                    Thread.class, Executor.class, String.class, int.class, Runnable.class));
            Class<?> virtual = Class.forName("java.lang.VirtualThread");
            MethodHandle carriers = MethodHandles.privateLookupIn(virtual, MethodHandles.lookup())
                    .findStatic(virtual, "defaultScheduler", MethodType.methodType(Executor.class));
            return Optional.of(new ThreadMaker(thread, (Executor) carriers.invoke()));
        } catch (Throwable e) {
            LOG.log(System.Logger.Level.DEBUG, "calls run beside the event loops", e);
            return Optional.empty();
        }
    }

    private record ThreadMaker(MethodHandle maker, Executor carriers) {

        Thread unstarted(Executor loop, Runnable task) {
            LoopScheduler scheduler = new LoopScheduler(loop, carriers);
            Runnable scoped = () -> ScopedValue.where(CURRENT, scheduler).run(task);
            try {
                Thread thread = (Thread) maker.invoke((Executor) scheduler, (String) null, 0, scoped);
                scheduler.thread = thread;
                return thread;
            } catch (Throwable e) {
                throw new IllegalStateException("no virtual thread could be made", e);
            }
        }
    }

    private static final class LoopScheduler implements Executor {

        private final Executor loop;
        private final Executor carriers;
        private @Nullable Thread thread;
        private boolean hasStarted;
        private volatile boolean hasLeft;

        LoopScheduler(Executor loop, Executor carriers) {
            this.loop = loop;
            this.carriers = carriers;
        }

        @Override
        public void execute(Runnable task) {
            if (!hasLeft && staysOnLoop()) {
                try {
                    loop.execute(task);
                    return;
                } catch (RejectedExecutionException _) { // it has ended, and the thread has not
                    // goes on beside it
                }
            }
            hasLeft = true;
            carriers.execute(task);
        }

        /** Returns whether the thread begins, or wakes from {@link #park}. */
        private boolean staysOnLoop() {
            boolean stays = !hasStarted || LockSupport.getBlocker(thread) == LoopWait.ON_LOOP;
            hasStarted = true;
            return stays;
        }
    }
}
