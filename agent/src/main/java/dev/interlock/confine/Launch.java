package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.session.Recording;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One run of an agent, from opening its place to closing it.
 *
 * <p>The lease is renewed outside the sandbox: the agent never holds the means to prolong it.
 */
public final class Launch {

    /** Time that an agent gets to tidy up after it was asked to end. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);

    /** Time that this process takes at most to record the agent's changes after it was asked to end. */
    private static final Duration RECORDING = Duration.ofSeconds(10);

    private final Places places;
    private final Confinement confinement;
    private final InstantSource clock;
    private final Optional<Records> records;

    /** Creates runs that leave no record. */
    public Launch(AdminPlaces places, Confinement confinement, InstantSource clock) {
        this(places, confinement, clock, Optional.empty());
    }

    /** Creates runs that are recorded. */
    public Launch(AdminPlaces places, Confinement confinement, InstantSource clock, Records records) {
        this(places, confinement, clock, Optional.of(records));
    }

    Launch(Places places, Confinement confinement, InstantSource clock, Optional<Records> records) {
        this.places = places;
        this.confinement = confinement;
        this.clock = clock;
        this.records = records;
    }

    /**
     * The recording of runs.
     *
     * @param sessions the directory of all records
     * @param warned is notified, before an agent starts, of the killed runs in its workspace
     * @param told is notified of a run when it is over and recorded, before this process may end
     */
    public record Records(Path sessions, Consumer<List<Unfinished.Told>> warned, Consumer<Outcome> told) {}

    /**
     * The command to run and its surroundings, apart from those that the place brings.
     *
     * @param command the program and its arguments
     * @param workspace the directory that it may write
     * @param variables further environment variables
     * @param readable further directories that it may read
     * @param hidden paths that must stay out
     * @param covered directories that are empty inside
     * @param interactive whether it gets a terminal
     * @param guard the restrictions within the workspace
     */
    public record Order(
            List<String> command,
            Path workspace,
            Map<String, String> variables,
            List<Path> readable,
            Set<Path> hidden,
            Set<Path> covered,
            boolean interactive,
            Guard guard) {

        /** Creates one with the usual guard, in a workspace in which nothing is masked. */
        public Order(
                List<String> command,
                Path workspace,
                Map<String, String> variables,
                List<Path> readable,
                Set<Path> hidden,
                Set<Path> covered,
                boolean interactive) {
            this(command, workspace, variables, readable, hidden, covered, interactive, Guard.USUAL);
        }

        public Order {
            command = List.copyOf(command);
            variables.keySet().forEach(Cell::requireName);
            variables = Map.copyOf(variables);
            readable = List.copyOf(readable);
            hidden = Set.copyOf(hidden);
            covered = Set.copyOf(covered);
        }

        /**
         * Returns the same order with the records covered: a directory shown with {@code --read} may hold the records
         * of others.
         */
        private Order covering(Path sessions) {
            Set<Path> more = new HashSet<>(covered);
            more.add(sessions);
            return new Order(command, workspace, variables, readable, hidden, more, interactive, guard);
        }
    }

    /**
     * The restrictions on an agent within its workspace.
     *
     * @param masking the files that it sees in a different form
     * @param writable files that it may write although they run by themselves later
     * @param limits the resource limits of its processes
     * @param covered is notified, before the agent starts, of the service sockets that it will not reach; those of the
     *     workspace are relative to it
     */
    public record Guard(Masking masking, Set<Path> writable, Limits limits, Consumer<List<Path>> covered) {

        static final Guard USUAL = new Guard(Masking.NONE, Set.of(), Limits.USUAL, _ -> {});

        public Guard {
            writable = Set.copyOf(writable);
        }
    }

    /**
     * The result of a run.
     *
     * @param exit the agent's exit status
     * @param lost why its only way out was closed before it had ended, as the beginning of a sentence; it was asked to
     *     end then
     * @param left the files it left in its workspace that run by themselves later
     * @param recorded its record, if it was recorded
     */
    public record Outcome(int exit, Optional<String> lost, Leavings left, Optional<Recorded> recorded) {}

    /**
     * A run's record.
     *
     * @param lease the run's lease, by which the record is found
     * @param started when the agent was started
     * @param ended when it had ended
     * @param receipt the receipt of the record, if the ledger has its digest
     * @param troubles problems at the end, as sentences; they do not change how the agent ended
     * @param killed runs there that were killed before this one began, with the files they had left
     */
    public record Recorded(
            String lease,
            Instant started,
            Instant ended,
            Optional<String> receipt,
            List<String> troubles,
            List<Unfinished.Told> killed) {
        public Recorded {
            troubles = List.copyOf(troubles);
            killed = List.copyOf(killed);
        }
    }

    /**
     * Runs {@code order} and returns its outcome. If this process is asked to end, the agent is asked first. The place
     * is closed in any case.
     *
     * @param agent as {@code jer/cursor}; empty for the only one that the caller owns
     * @param task the task's name
     * @param environments the environments it may touch; empty for all that the task's template names
     * @param impacts the impacts it may have there; empty for all that the task's template names
     * @param uid the user that the agent will have
     * @throws UnconfinableException if the gateway opens no place, or the sandbox cannot be built; nothing ran then
     */
    public Outcome run(
            Optional<String> agent, String task, Set<String> environments, Set<String> impacts, int uid, Order order)
            throws IOException, UnconfinableException, InterruptedException {
        return run(new Places.Errand(agent, task, environments, impacts, uid), order);
    }

    Outcome run(Places.Errand errand, Order order) throws IOException, UnconfinableException, InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        try {
            if (records.isEmpty()) {
                return opened(errand, order, over, List.of());
            }
            try (Claim _ = claim(order.workspace(), records.get())) {
                return opened(errand, order, over, killed(order.workspace(), records.get()));
            }
        } finally {
            over.countDown(); // when all temporary files are removed: this process may be waiting to end
        }
    }

    private static Claim claim(Path workspace, Records kept) throws IOException, UnconfinableException {
        Path real = Boundary.requireApartFromRecords(workspace, kept.sessions());
        try {
            return Claim.of(real, kept.sessions().resolveSibling(""));
        } catch (IOException e) {
            throw unrecordable(kept, e);
        }
    }

    /** Checked before this run leaves anything that could be taken for theirs. */
    private static List<Unfinished.Told> killed(Path workspace, Records kept) throws IOException {
        List<Unfinished.Told> killed = Unfinished.around(kept.sessions(), workspace.toRealPath());
        if (!killed.isEmpty()) {
            kept.warned().accept(killed);
        }
        return killed;
    }

    private Outcome opened(Places.Errand errand, Order order, CountDownLatch over, List<Unfinished.Told> killed)
            throws IOException, UnconfinableException, InterruptedException {
        try (Tenancy tenancy = new Tenancy(places, places.open(errand), clock);
                Scratch scratch = confinement.scratch();
                Lent lent = Lent.to(errand.uid(), scratch.directory())) {
            if (records.isPresent()) {
                return recorded(errand, order, tenancy, new Means(scratch, lent, over, killed), records.get());
            }
            Furnished furnished = furnished(errand, order, tenancy.place(), lent);
            Confined confined = confinement.in(scratch).startChecked(furnished.cell());
            return confined(confined, tenancy, over, (exit, lost) -> unrecorded(tenancy, furnished, exit, lost));
        }
    }

    private static Outcome unrecorded(Tenancy tenancy, Furnished furnished, int exit, Optional<String> lost)
            throws IOException {
        tenancy.close();
        return new Outcome(exit, lost, furnished.left(), Optional.empty());
    }

    /**
     * The resources of a run.
     *
     * @param over counted down when all of them are released
     * @param killed the killed runs found there
     */
    private record Means(Scratch scratch, Lent lent, CountDownLatch over, List<Unfinished.Told> killed) {}

    private Outcome recorded(Places.Errand errand, Order order, Tenancy tenancy, Means means, Records kept)
            throws IOException, UnconfinableException, InterruptedException {
        try (Recording recording = begin(tenancy.place(), errand.uid(), means.scratch(), kept)) {
            Instant started = clock.instant();
            Order apart = order.covering(kept.sessions());
            Furnished furnished = furnished(errand, apart, tenancy.place(), means.lent());
            Json.Members about = about(errand, order, tenancy.place()).with("started", started.toString());
            Beginning beginning = begin(about, furnished, kept);
            Confined confined = started(furnished, recording, beginning, means);
            return confined(confined, tenancy, means.over(), (exit, lost) -> {
                Instant ended = clock.instant();
                Meanwhile<Leavings> looking = Meanwhile.begin("look-at-leavings", furnished::left);
                List<String> troubles = new ArrayList<>();
                closed(tenancy).ifPresent(troubles::add); // before anything that takes time
                Leavings left = looking.await();
                Json.Members whole = about.with("ended", ended.toString())
                        .with("exit", exit)
                        .withOptional("lost", lost)
                        .with("left", left.recorded().json());
                Optional<String> receipt = finish(recording, whole, tenancy.place(), troubles);
                Recorded recorded =
                        new Recorded(tenancy.place().lease(), started, ended, receipt, troubles, means.killed());
                Outcome outcome = new Outcome(exit, lost, left, Optional.of(recorded));
                kept.told().accept(outcome);
                beginning.forget();
                means.killed().forEach(told -> told.run().forget());
                return outcome;
            });
        }
    }

    private Confined started(Furnished furnished, Recording recording, Beginning beginning, Means means)
            throws IOException, UnconfinableException {
        try {
            return confinement.in(means.scratch()).startChecked(furnished.cell(), recording);
        } catch (IOException | UnconfinableException | RuntimeException e) {
            beginning.forget();
            throw e;
        }
    }

    private static Beginning begin(Json.Members about, Furnished furnished, Records kept) throws UnconfinableException {
        try {
            return Beginning.of(kept.sessions(), about, furnished.scope(), furnished.before());
        } catch (IOException e) {
            throw unrecordable(kept, e);
        }
    }

    /** Begins the record. An agent that cannot be recorded does not start. */
    private static Recording begin(Places.Place place, int uid, Scratch scratch, Records kept)
            throws UnconfinableException {
        try {
            return Recording.begin(kept.sessions(), place.lease(), place.token(), scratch.directory(), uid);
        } catch (IOException e) {
            throw unrecordable(kept, e);
        }
    }

    private static UnconfinableException unrecordable(Records kept, IOException e) {
        return new UnconfinableException(
                "The session cannot be recorded in `" + kept.sessions() + "`: " + e.getMessage() + ".",
                "Make that a directory that you may write, or name another in $XDG_STATE_HOME.");
    }

    private static Json.Members about(Places.Errand errand, Order order, Places.Place place) {
        return Json.object()
                .with("lease", place.lease())
                .withOptional("agent", place.agent().or(errand::agent))
                .withOptional("log_key", place.log())
                .with("task", errand.task())
                .withTexts("command", order.command())
                .with("workspace", order.workspace().toString())
                .with("uid", errand.uid())
                .with("terminal", order.interactive());
    }

    private static Optional<String> closed(Tenancy tenancy) {
        try {
            tenancy.close();
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.of("The gateway could not be told that the agent has ended (" + e.getMessage()
                    + "): its lease ends by itself.");
        }
    }

    /** Finishes the record. A failure here does not change how the agent ended. */
    private Optional<String> finish(
            Recording recording, Json.Members about, Places.Place place, List<String> troubles) {
        String manifest;
        try {
            manifest = recording.finish(about);
        } catch (IOException | RuntimeException e) {
            troubles.add("The record could not be finished (" + e.getMessage() + ").");
            return Optional.empty();
        }
        try {
            return Optional.of(places.record(place, manifest));
        } catch (IOException | RuntimeException e) {
            troubles.add("The ledger does not have the record's digest, so that nothing proves it (" + e.getMessage()
                    + ").");
            return Optional.empty();
        }
    }

    /**
     * A cell that is ready for its agent.
     *
     * @param before the files that ran by themselves in the workspace before the agent came
     * @param began the time of that search
     */
    private record Furnished(Cell cell, Beginning.Scope scope, Executed before, Instant began) {

        /** Returns the findings. Nothing inside writes any more, because everything has ended with the agent. */
        Leavings left() {
            try {
                return scope.left(before, began);
            } catch (IOException e) {
                return Leavings.UNSEEN;
            }
        }
    }

    private Furnished furnished(Places.Errand errand, Order order, Places.Place place, Lent lent)
            throws IOException, UnconfinableException, InterruptedException {
        Cell cell = Boundary.checked(cell(errand, order, place), confinement.homes());
        Set<Path> writable = new HashSet<>();
        for (Path path : order.guard().writable()) {
            Path loosened = cell.workspace().resolve(path).normalize();
            if (!loosened.startsWith(cell.workspace())) {
                throw UnconfinableException.ofOrder(
                        "`" + path + "` does not lie in the workspace, so it cannot be made writable.",
                        "Name it as it is called there, as `--writable package.json`.");
            }
            writable.add(loosened);
        }
        // Each searches all of the workspace.
        Meanwhile<Masking.Masked> masked =
                Meanwhile.begin("mask", () -> order.guard().masking().over(cell.workspace()));
        Meanwhile<Services> services = Meanwhile.begin("look-for-services", () -> Services.look(cell));
        Beginning.Scope scope =
                new Beginning.Scope(cell.workspace(), place.executed(), writable, cell.covered(), cell.uid());
        Instant began = clock.instant();
        Executed before = scope.look();
        requireInside(cell.workspace(), before);
        Set<Path> shut = services.await().sockets();
        order.guard().covered().accept(Services.shown(shut, cell.workspace()));
        Furnishing furnishing =
                furnishing(cell, masked.await(), place, before, lent).with(shut);
        return new Furnished(cell.with(furnishing), scope, before, began);
    }

    /**
     * Refuses links out of the workspace. An agent can replace a link inside. If its target is inside the workspace,
     * the change is reported and the target is held besides; elsewhere that is not possible.
     */
    private static void requireInside(Path workspace, Executed before) throws UnconfinableException {
        for (Path link : before.leadingOut()) {
            throw new UnconfinableException(
                    "`" + link + "`, from which things run by themselves, is a link to `"
                            + Executed.target(workspace.resolve(link))
                            + "`, which is no directory inside the workspace and cannot be looked after.",
                    "Put a directory in its place; or say `--writable " + link + "`, and look at it afterwards.");
        }
    }

    private Furnishing furnishing(Cell cell, Masking.Masked masked, Places.Place place, Executed executed, Lent lent)
            throws IOException {
        Map<Path, Bytes> copies = new TreeMap<>(masked.copies());
        copies.keySet().removeIf(path -> cell.covered().stream().anyMatch(path::startsWith));
        // The gateway must know the decoys before anybody could use one.
        places.arm(place, masked.decoys());
        Furnishing furnishing = new Furnishing(executed.held(), lent.all(copies), lent.all(place.planted()));
        lent.give();
        return furnishing;
    }

    /** The work to do when the agent has ended, before this process may end. */
    @FunctionalInterface
    private interface Afterwards {
        Outcome of(int exit, Optional<String> lost) throws IOException, InterruptedException;
    }

    private static Outcome confined(Confined confined, Tenancy tenancy, CountDownLatch over, Afterwards afterwards)
            throws IOException, InterruptedException {
        AtomicReference<Optional<String>> lost = new AtomicReference<>(Optional.empty());
        tenancy.whenLost(why -> {
            lost.set(Optional.of(why));
            end(confined);
        });
        Thread ending = new Thread(() -> end(confined, tenancy, over), "end-agent");
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            return afterwards.of(confined.exit(), lost.get());
        } finally {
            forget(ending);
        }
    }

    private static void end(Confined confined) {
        try {
            confined.end(DEFAULT_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the agent has ended, and the tenancy is being closed
        }
    }

    private static void end(Confined confined, Tenancy tenancy, CountDownLatch over) {
        try {
            confined.end(DEFAULT_PATIENCE);
            if (!over.await(RECORDING.toSeconds(), TimeUnit.SECONDS)) {
                tenancy.close();
            }
        } catch (InterruptedException | IOException e) {
            confined.kill(); // the lease then ends by its expiry
        }
    }

    private static void forget(Thread ending) {
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException e) {
            // This process is ending already; the hook is what ended the agent.
        }
    }

    private static Cell cell(Places.Errand errand, Order order, Places.Place place) {
        return new Cell(
                order.command(),
                order.workspace(),
                place.socket(),
                place.token(),
                place.trust(),
                errand.uid(),
                order.variables(),
                order.readable(),
                order.hidden(),
                order.covered(),
                order.interactive(),
                Furnishing.NONE,
                order.guard().limits());
    }
}
