package dev.interlock.cli;

import dev.interlock.Backups;
import dev.interlock.backup.Due;
import dev.interlock.backup.Job;
import dev.interlock.backup.Listing;
import dev.interlock.backup.Plan;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Take and verify every plan's backups when they are due, and remove those that its rules let go, until ended. What"
                    + " is due is read off the target itself, so that a restart forgets nothing. One job at a time.",
            "Once an hour other tools (`listings`) are asked what they have, and the gateway is told, for people to see.",
            "With --once: what is due now, and then end. Exit code 1 if something came out bad, 69 if something could not be done."
        },
        footer = {"", "Example:", "  interlock backup run", "  interlock backup run --once"})
final class BackupRunCommand implements Callable<Integer> {

    /** What failed is tried again soon enough to matter, and seldom enough that a log can be read. */
    private static final Duration AGAIN = Duration.ofMinutes(10);

    /** A clock may be set, and a target may come back: nobody sleeps for a day. */
    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);

    /** When it is due to try what was gone and is there again: before all else. */
    private static final Instant BACK = Instant.MIN;

    private final Terminal terminal;
    private final Map<Piece, Instant> notBefore = new HashMap<>();

    private volatile boolean ending;

    @Option(names = "--once", description = "Do what is due now, and end.")
    private boolean once;

    @Mixin
    private Options own = new Options();

    BackupRunCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Backups backups = Backups.beside(own.configFile());
        if (backups.attestKey().isEmpty()) {
            throw new IllegalArgumentException(
                    "backups.yaml names no `attest-key`: nobody would know what came of trying a backup");
        }
        BackupWork work = new BackupWork(terminal, own, backups);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ending = true, "ending"));
        ListingsTold listings = new ListingsTold(terminal, own, backups);
        int worst = Exit.OK;
        Job.clear(backups.scratch()); // whoever was killed may have left rows there, in the clear
        while (!ending) {
            listings.look();
            Instant next = Instant.now().plus(LONGEST_SLEEP);
            for (Plan plan : backups.plans().values()) {
                Looked looked = look(plan, work);
                worst = Math.max(worst, looked.exit());
                next = looked.next().isBefore(next) ? looked.next() : next;
            }
            Duration rest = Duration.between(Instant.now(), next);
            if (once && rest.isPositive()) {
                worst = Math.max(worst, listings.await());
                break;
            }
            if (rest.isPositive()) {
                Thread.sleep(rest.plusMillis(1));
            }
        }
        return worst;
    }

    /** What may fail while the other goes well: trying needs room and programs, and taking does not. */
    private record Piece(String plan, Due.Work work) {}

    /**
     * What came of looking after one plan.
     *
     * @param next when to look again
     */
    private record Looked(Instant next, int exit) {}

    /** At most one job, so that no plan waits for another one that always has something to do. */
    private Looked look(Plan plan, BackupWork work) {
        Instant now = Instant.now();
        if (ending || (isHeld(plan, Due.Work.TAKE, now) && isHeld(plan, Due.Work.VERIFY, now))) {
            return new Looked(now.plus(LONGEST_SLEEP), Exit.OK);
        }
        Due due;
        int gone;
        try {
            Optional<String> counted = work.counted(plan);
            Listing listing = Listing.of(plan, work.encryption());
            work.tellTrouble(plan, listing.troubled());
            gone = work.tellGone(plan, counted, listing) ? Exit.NO : Exit.OK;
            due = due(plan, listing, work)
                    .min(Comparator.comparing(one -> start(plan, one)))
                    .orElseThrow();
        } catch (IOException | RuntimeException e) {
            return failed(plan, EnumSet.allOf(Due.Work.class), e);
        }
        if (start(plan, due).isAfter(now)) {
            return new Looked(start(plan, due), gone);
        }
        try {
            int exit = switch (due.work()) {
                case TAKE -> work.take(plan);
                case VERIFY -> work.verify(plan, due.backup());
            };
            if (due.at().equals(BACK)) { // the gateway may not believe it even now
                hold(plan, due.work());
            }
            return new Looked(Instant.now(), Math.max(gone, exit));
        } catch (IOException | RuntimeException e) {
            return failed(plan, EnumSet.of(due.work()), e);
        }
    }

    /** What was gone and is there again is tried at once: whether it is whole, nobody knows. */
    private static Stream<Due> due(Plan plan, Listing listing, BackupWork work) {
        return Stream.concat(
                Due.of(plan, listing).stream(),
                listing
                        .youngest()
                        .filter(entry -> work.isBack(plan, entry))
                        .map(entry -> new Due(Due.Work.VERIFY, BACK, Optional.of(entry.id())))
                        .stream());
    }

    private boolean isHeld(Plan plan, Due.Work work, Instant now) {
        return notBefore.getOrDefault(new Piece(plan.name(), work), Instant.MIN).isAfter(now);
    }

    /** When it is due, and what failed may be tried again. */
    private Instant start(Plan plan, Due due) {
        Instant held = notBefore.getOrDefault(new Piece(plan.name(), due.work()), Instant.MIN);
        return held.isAfter(due.at()) ? held : due.at();
    }

    private Looked failed(Plan plan, Set<Due.Work> works, Exception e) {
        if (!ending) {
            terminal.problem(
                    plan.name() + ": " + e.getMessage() + "; it is tried again in " + AGAIN.toMinutes() + " minutes");
        }
        works.forEach(work -> hold(plan, work));
        // Something else may be due at once.
        return new Looked(works.size() > 1 ? Instant.now().plus(AGAIN) : Instant.now(), Exit.UNAVAILABLE);
    }

    private void hold(Plan plan, Due.Work work) {
        notBefore.put(new Piece(plan.name(), work), Instant.now().plus(AGAIN));
    }
}
