package dev.interlock.cli;

import dev.interlock.Backups;
import dev.interlock.backup.Due;
import dev.interlock.backup.Job;
import dev.interlock.backup.Listing;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Remembered;
import dev.interlock.backup.Standing;
import dev.interlock.backup.Turns;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Take and verify every plan's backups when they are due, and remove those that its rules let go, until ended. What"
                    + " is due is read off the target itself, so that a restart forgets nothing. One is taken and one is tried at a time.",
            "Once an hour other tools (`listings`) are asked what they have, and the gateway is told, for people to see.",
            "With --once: what is due now, and then end. Exit code 1 if something came out bad, 69 if something could not be done."
        },
        footer = {"", "Example:", "  interlock backup run", "  interlock backup run --once"})
final class BackupRunCommand implements Callable<Integer> {

    /** A clock may be set, and a target may come back: nobody sleeps for a day. */
    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);

    /** What takes longer has not gone on for a long time, or is by far too much for its plan. */
    private static final Duration LIMIT = Duration.ofHours(24);

    /** How much longer than ever before a trial may take. */
    private static final int SLOWER = 10;

    private final Terminal terminal;
    private final Turns turns = new Turns(System::nanoTime);
    private final Map<String, Remembered> remembered = new HashMap<>();
    private final Map<String, Duration> limits = new HashMap<>();
    private final CompletionService<Ended> jobs = new ExecutorCompletionService<>(Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("backup-", 0).factory()));

    /**
     * What came of a turn.
     *
     * @param failure why nothing did
     */
    private record Ended(Turns.Turn turn, int exit, Optional<Exception> failure) {}

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
            List<Turns.Turn> due = new ArrayList<>();
            for (Plan plan : backups.plans().values()) {
                worst = Math.max(worst, look(plan, work, due));
            }
            for (Due.Work one : Due.Work.values()) {
                turns.begin(one, due, Instant.now()).ifPresent(turn -> begin(turn, backups.plan(turn.plan()), work));
            }
            if (once && turns.isIdle()) {
                worst = Math.max(worst, listings.await());
                break;
            }
            Duration rest = turns.rest(due, Instant.now(), LONGEST_SLEEP);
            Future<Ended> done = jobs.poll(rest.plusMillis(1).toNanos(), TimeUnit.NANOSECONDS);
            for (; done != null; done = jobs.poll()) {
                worst = Math.max(worst, end(done));
            }
        }
        return worst;
    }

    /** Tells what is to be told of {@code plan}, and adds what is to be done to {@code due}; the exit code. */
    private int look(Plan plan, BackupWork work, List<Turns.Turn> due) {
        if (ending || turns.isHeld(plan.name())) {
            return Exit.OK;
        }
        try {
            Optional<Standing> standing = work.standing(plan);
            Optional<String> counted = standing.flatMap(Standing::counted);
            Listing listing = Listing.of(plan, work.encryption(), remembered(plan.name()), counted);
            work.tellTrouble(plan, listing.troubled());
            boolean isGone = work.tellGone(plan, counted, listing);
            if (standing.isPresent()) {
                work.handIn(plan, standing.get(), listing);
            }
            Due.of(plan, listing, standing.orElse(Standing.UNKNOWN))
                    .forEach(one -> due.add(new Turns.Turn(plan.name(), one)));
            limits.put(plan.name(), limit(plan, listing));
            return isGone ? Exit.NO : Exit.OK;
        } catch (IOException | RuntimeException e) {
            return failed(plan.name(), EnumSet.allOf(Due.Work.class), e);
        }
    }

    private Remembered remembered(String plan) {
        return remembered.computeIfAbsent(plan, _ -> new Remembered());
    }

    /** What never ends, for whatever reason, is given up, said, and tried again when the others had their turn. */
    private static Duration limit(Plan plan, Listing listing) {
        return Stream.of(LIMIT, plan.every(), listing.longestTrial().multipliedBy(SLOWER))
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    private void begin(Turns.Turn turn, Plan plan, BackupWork work) {
        Optional<Duration> limit = Optional.ofNullable(limits.get(turn.plan()));
        var _ = jobs.submit(() -> ended(turn, plan, work, limit));
    }

    private static Ended ended(Turns.Turn turn, Plan plan, BackupWork work, Optional<Duration> limit) {
        try {
            int exit = switch (turn.due().work()) {
                case TAKE -> work.take(plan, limit);
                case VERIFY -> work.verify(plan, turn.due().backup(), limit);
            };
            return new Ended(turn, exit, Optional.empty());
        } catch (IOException | RuntimeException e) {
            return new Ended(turn, Exit.UNAVAILABLE, Optional.of(e));
        }
    }

    /** What came of it; the exit code. */
    private int end(Future<Ended> done) throws InterruptedException {
        Ended ended;
        try {
            ended = done.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a job came to an end that nobody expects", e);
        }
        Turns.Turn turn = ended.turn();
        turns.end(turn);
        turn.due().backup().ifPresent(remembered(turn.plan())::forget);
        if (turn.due().isAtOnce()) { // the gateway may not believe it even now
            turns.hold(turn.plan(), turn.due().work());
        }
        return ended.failure()
                .map(why -> failed(turn.plan(), EnumSet.of(turn.due().work()), why))
                .orElse(ended.exit());
    }

    private int failed(String plan, Set<Due.Work> works, Exception e) {
        if (!ending) {
            terminal.problem(
                    plan + ": " + e.getMessage() + "; it is tried again in " + Turns.AGAIN.toMinutes() + " minutes");
        }
        works.forEach(work -> turns.hold(plan, work));
        return Exit.UNAVAILABLE;
    }
}
