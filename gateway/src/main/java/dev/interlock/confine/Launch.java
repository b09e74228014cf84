package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One run of an agent, from opening its place to closing it.
 *
 * <p>The lease is renewed out here: the agent never holds the means to prolong it.
 */
public final class Launch {

    /** How long an agent that was asked to end may tidy up. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);

    private final Places places;
    private final Confinement confinement;
    private final InstantSource clock;

    public Launch(AdminPlaces places, Confinement confinement, InstantSource clock) {
        this((Places) places, confinement, clock);
    }

    Launch(Places places, Confinement confinement, InstantSource clock) {
        this.places = places;
        this.confinement = confinement;
        this.clock = clock;
    }

    /**
     * What to run, apart from what the place brings.
     *
     * @param command the program and its arguments
     * @param workspace the directory that it may write
     * @param variables further environment variables
     * @param readable further directories that it may read
     * @param hidden what must stay out
     * @param covered directories of which only their emptiness may be seen
     * @param interactive whether it is to have the terminal
     */
    public record Order(
            List<String> command,
            Path workspace,
            Map<String, String> variables,
            List<Path> readable,
            Set<Path> hidden,
            Set<Path> covered,
            boolean interactive) {
        public Order {
            command = List.copyOf(command);
            variables = Map.copyOf(variables);
            readable = List.copyOf(readable);
            hidden = Set.copyOf(hidden);
            covered = Set.copyOf(covered);
        }
    }

    /**
     * How it went.
     *
     * @param exit the agent's exit status
     * @param lost why its only way out was closed before it had ended, as the beginning of a sentence; it was asked to
     *     end then
     */
    public record Outcome(int exit, Optional<String> lost) {}

    /**
     * Runs {@code order} and answers how it went. If this process is asked to end, the agent is asked first, and the
     * place is closed in any case.
     *
     * @param agent as {@code jer/cursor}; empty for the only one that the caller owns
     * @param task the task's name
     * @param environments what it may touch; empty for all that the task's template names
     * @param impacts what it may do there; empty for all that the task's template names
     * @param uid the user that the agent will have
     * @throws UnconfinableException if the gateway opens no place, or the sandbox cannot be built; nothing ran then
     */
    public Outcome run(
            Optional<String> agent, String task, Set<String> environments, Set<String> impacts, int uid, Order order)
            throws IOException, UnconfinableException, InterruptedException {
        return run(new Places.Errand(agent, task, environments, impacts, uid), order);
    }

    Outcome run(Places.Errand errand, Order order) throws IOException, UnconfinableException, InterruptedException {
        try (Tenancy tenancy = new Tenancy(places, places.open(errand), clock)) {
            return confined(confinement.start(cell(errand, order, tenancy.place())), tenancy);
        }
    }

    private static Outcome confined(Confined confined, Tenancy tenancy) throws InterruptedException {
        AtomicReference<Optional<String>> lost = new AtomicReference<>(Optional.empty());
        tenancy.whenLost(why -> {
            lost.set(Optional.of(why));
            end(confined);
        });
        Thread ending = new Thread(() -> end(confined, tenancy), "end-agent");
        Runtime.getRuntime().addShutdownHook(ending);
        int exit = confined.exit();
        forget(ending);
        return new Outcome(exit, lost.get());
    }

    private static void end(Confined confined) {
        try {
            confined.end(DEFAULT_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it has ended: the tenancy is being closed
        }
    }

    private static void end(Confined confined, Tenancy tenancy) {
        try {
            confined.end(DEFAULT_PATIENCE);
            tenancy.close();
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
                order.interactive());
    }
}
