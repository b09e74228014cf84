package dev.interlock.drill;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** The processes that a drill has started: all descendants of this one. */
final class DrillProcesses {

    /** The grace period. It is longer than the one of `interlock run` for its agent. */
    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private DrillProcesses() {}

    /** Terminates them, and kills those that do not end. None is left when this returns. */
    static void endAll() {
        List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
        ProcessHandle.current().children().forEach(ProcessHandle::destroy);
        CompletableFuture<?>[] ends = all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(ends)
                    .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            all.forEach(ProcessHandle::destroyForcibly);
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        }
    }
}
