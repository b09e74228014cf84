package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.program.ExitCodes;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Tells the gateway, at intervals, which backups other tools list. It uses its own thread, because a tool that hangs
 * must not delay backups.
 *
 * <p>Threading: to be called by one thread.
 */
final class ToolBackupReporter {

    /** The interval. Nothing depends on the report, but people should see the state of the same day. */
    private static final Duration EVERY = Duration.ofHours(1);

    private final Terminal terminal;
    private final Options own;
    private final BackupConfig backups;

    private Instant next = Instant.MIN;
    private Optional<Thread> asking = Optional.empty();
    private volatile int exit = ExitCodes.OK;

    ToolBackupReporter(Terminal terminal, Options own, BackupConfig backups) {
        this.terminal = terminal;
        this.own = own;
        this.backups = backups;
    }

    /** Starts a report, if it is due and the last one is finished. */
    void report() {
        Instant now = Instant.now();
        if (backups.listings().isEmpty()
                || now.isBefore(next)
                || asking.filter(Thread::isAlive).isPresent()) {
            return;
        }
        next = now.plus(EVERY);
        // A platform thread: the tool dies with the thread that started it (parent-death signal), and a virtual thread
        // has none of its own.
        asking = Optional.of(Thread.ofPlatform().daemon().name("listings").start(this::tell));
    }

    /** Waits for the report in progress, and returns the exit code. */
    int await() throws InterruptedException {
        if (asking.isPresent()) {
            asking.get().join();
        }
        return exit;
    }

    private void tell() {
        ListedBackups listed = ListedBackups.of(backups);
        listed.notKnown().forEach(why -> terminal.problem("not found out: " + why));
        exit = listed.notKnown().isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
        try {
            own.daemon()
                    .within(BackupGateway.ANSWER)
                    .call("backup.listings", listed.toTell(Instant.now()).orElseThrow());
        } catch (Exception e) {
            terminal.problem("the gateway could not be notified of other tools' backups: " + e.getMessage());
        }
    }
}
