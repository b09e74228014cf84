package dev.interlock.cli;

import dev.interlock.Backups;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Tells the gateway what other tools list, now and again. On a thread of its own: a tool that hangs holds up no backup.
 *
 * <p>Threading: to be called by one thread.
 */
final class ListingsTold {

    /** Nothing rests on it; a person who looks should see the same day. */
    private static final Duration EVERY = Duration.ofHours(1);

    private final Terminal terminal;
    private final Options own;
    private final Backups backups;

    private Instant next = Instant.MIN;
    private Optional<Thread> asking = Optional.empty();
    private volatile int exit = Exit.OK;

    ListingsTold(Terminal terminal, Options own, Backups backups) {
        this.terminal = terminal;
        this.own = own;
        this.backups = backups;
    }

    /** Begins, if it is time and the last one is over. */
    void look() {
        Instant now = Instant.now();
        if (backups.listings().isEmpty()
                || now.isBefore(next)
                || asking.filter(Thread::isAlive).isPresent()) {
            return;
        }
        next = now.plus(EVERY);
        // A tool ends with the thread that started it, and a virtual one has none of its own.
        asking = Optional.of(Thread.ofPlatform().daemon().name("listings").start(this::tell));
    }

    /** Waits for what was begun; the exit code. */
    int await() throws InterruptedException {
        if (asking.isPresent()) {
            asking.get().join();
        }
        return exit;
    }

    private void tell() {
        ListedBackups listed = ListedBackups.of(backups);
        listed.notKnown().forEach(why -> terminal.problem("not found out: " + why));
        exit = listed.notKnown().isEmpty() ? Exit.OK : Exit.UNAVAILABLE;
        try {
            own.daemon()
                    .within(BackupGateway.ANSWER)
                    .call("backup.listings", listed.toTell(Instant.now()).orElseThrow());
        } catch (Exception e) {
            terminal.problem("the gateway was not told what other tools list: " + e.getMessage());
        }
    }
}
