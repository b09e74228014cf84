package dev.interlock.daemon;

import dev.interlock.action.Seal;
import dev.interlock.admin.AdminServer;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * The composition root. It makes every object that lives as long as the daemon, in phases: alerts, keys, stores, seals,
 * decision, fronts, people, housekeeping. Their parts are closed in reverse.
 */
public final class Interlock implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Interlock.class.getName());

    private final Config config;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final StoresPhase stores;
    private final SealsPhase seals;
    private final ReplayPhase replay;
    private final PeoplePhase people;

    /** Starts the gateway; it answers when this returns. The keys process reads {@code file} itself. */
    public static Interlock start(Config config, Path file) throws IOException {
        return new Interlock(config, file, Clock.systemUTC(), new SecureRandom());
    }

    private Interlock(Config config, Path file, Clock clock, SecureRandom random) throws IOException {
        this.config = config;
        try {
            keepPrivate(config.data());
            Files.createDirectories(config.run());
            DaemonContext context = DaemonContext.open(config, clock, random, parts);
            // First, and without waiting: it starts while everything else does.
            KeysPhase keys = KeysPhase.start(context, file);
            Set<UserPrincipal> admins = admins(config);
            stores = StoresPhase.open(context);
            seals = SealsPhase.open(context, stores);
            DecisionPhase decision = DecisionPhase.open(context, keys, stores, seals);
            replay = ReplayPhase.open(context, stores, seals, decision); // before anything is served
            FrontsPhase fronts = FrontsPhase.open(context, stores, seals, decision);
            people = new PeoplePhase(context, keys, stores, seals, decision, fronts, replay);
            StoreFollowing.begin(stores, decision, people, replay);
            context.part(HousekeepingPhase.start(context, stores, seals, decision, fronts, people, replay));
            decision.telemetry()
                    .open(stores.ledger(), people.confirmers, stores.leases(), context.watch(), people.push.notifier());
            keys.require();
            context.part(HousekeepingPhase.startFleet(stores, people));
            context.part(HousekeepingPhase.startProbes(context, stores, seals, fronts));
            people.administration.resume();
            context.part(AdminServer.start(config.adminSocket(), admins, people.administration));
            // Last, and without waiting: no decision depends on it.
            people.console.open(people.administration);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Requires a directory that only the daemon's user and root can enter, whatever its files permit. */
    private static void keepPrivate(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** Returns the user that this process runs as. */
    public static UserPrincipal me() throws IOException {
        return Files.getOwner(Path.of("/proc/self"));
    }

    static Set<UserPrincipal> admins(Config config) throws IOException {
        Set<UserPrincipal> admins = new HashSet<>();
        for (String name : config.admins()) {
            admins.add(FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name));
        }
        return admins;
    }

    /** Returns whether the kernel separates a gateway of this process's user from those who administer it. */
    public static boolean separate(Config config) throws IOException {
        return !admins(config).contains(me());
    }

    /** Completes with the reason when this gateway may serve no more; it refuses every call by then. */
    CompletableFuture<String> lost() {
        return stores.stores().shared().map(shared -> shared.node().lost()).orElseGet(CompletableFuture::new);
    }

    /** Returns what people see when the gateway has started: a line, and what a fault has left. */
    public String banner() {
        String found =
                replay.warnings().stream().map(line -> "\ninterlock: " + line).collect(Collectors.joining());
        return "interlock: " + config.frontAddress() + " · separation: "
                + people.status.separation() + " · seal: "
                + seals.inForce()
                        .current()
                        .map(seal -> Long.toString(seal.sequence()))
                        .orElse("none") + " · log key: "
                + stores.ledger().verifierKey()
                + found;
    }

    /** Returns the same for a program. */
    public Json.Members ready() {
        return Json.object()
                .with("listen", config.listen())
                .with("front", config.frontAddress())
                .with("separation", people.status.separation())
                .with(
                        "seal_sequence",
                        seals.inForce().current().map(Seal::sequence).orElse(0L))
                .with("log_key", stores.ledger().verifierKey().toString())
                .withTexts("found", replay.warnings());
    }

    /** Closes all parts, the youngest first. A part that fails to close does not keep the others open. */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.WARNING, "a part could not be closed", e);
            }
        }
    }
}
