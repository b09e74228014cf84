package dev.interlock.listeners;

import dev.interlock.action.Alert;
import dev.interlock.action.MaskedCredential;
import dev.interlock.admin.Listeners;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.RunProcess;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.postgres.PostgresFront;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.InvalidIdentityException;
import dev.interlock.identity.PlaceStore;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.vault.Decoys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One directory for each running agent, below the run directory. It holds the agent's socket and the certificate that
 * its tools must trust.
 *
 * <p>Threading: any.
 */
public final class SandboxListeners implements Listeners {

    private static final String SOCKET = "gateway.sock";

    private static final String DATABASES = "postgres.sock";

    private static final System.Logger LOG = System.getLogger(SandboxListeners.class.getName());

    private static final String AUTHORITY = "authority.pem";
    private static final String TRUST_STORE = "authority.p12";
    private static final List<String> PUBLIC = List.of(AUTHORITY, TRUST_STORE);

    private final HttpFront front;
    private final Optional<PostgresFront> databases;
    private final Decoys decoys;
    private final PlaceStore kept;
    private final Consumer<Alert> alerts;
    private final Path directory;
    private final Set<String> open = ConcurrentHashMap.newKeySet();

    public SandboxListeners(
            HttpFront front,
            Optional<PostgresFront> databases,
            Decoys decoys,
            PlaceStore kept,
            Path run,
            Consumer<Alert> alerts) {
        this.databases = databases;
        this.kept = kept;
        this.alerts = alerts;
        this.front = front;
        this.decoys = decoys;
        this.directory = run.resolve("places");
    }

    @Override
    public OpenListener open(String place, PlaceUsers entrants) throws IOException {
        try {
            OpenListener opened = listen(place, entrants);
            open.add(place);
            return opened;
        } catch (IOException | RuntimeException e) {
            close(place);
            throw e;
        }
    }

    private OpenListener listen(String place, PlaceUsers entrants) throws IOException {
        Path own = made(place);
        Path socket = own.resolve(SOCKET);
        CertificateAuthority authority = front.openPlace(place, socket, entering(place, entrants));
        openDatabases(place, entrants);
        kept.add(new PlaceStore.StoredPlace(
                place,
                entrants.starter(),
                entrants.agent(),
                entrants.runner().map(RunProcess::text),
                authority.pem(),
                authority.key(),
                Map.of()));
        Files.writeString(own.resolve(AUTHORITY), authority.pem());
        Files.write(own.resolve(TRUST_STORE), authority.trustStore());
        for (String name : PUBLIC) {
            Files.setPosixFilePermissions(own.resolve(name), PosixFilePermissions.fromString("r--r--r--"));
        }
        return new OpenListener(
                socket, own, databases.map(PostgresFront::databases).orElse(List.of()));
    }

    private void openDatabases(String place, PlaceUsers entrants) throws IOException {
        if (databases.isPresent()) {
            databases.get().openPlace(place, directory.resolve(place).resolve(DATABASES), entering(place, entrants));
        }
    }

    /** Makes the directory that the sandbox mounts. A socket that is made in it later is visible inside, too. */
    private Path made(String place) throws IOException {
        Path own = directory.resolve(place);
        Files.createDirectories(own);
        // Users may pass through it, but not list it. The name is no secret, because the kernel lists sockets; every
        // peer is checked.
        for (Path shared : new Path[] {directory, own}) {
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwx--x--x"));
        }
        return own;
    }

    @Override
    public Map<String, PlaceUsers> reopen(Set<String> used) {
        Map<String, PlaceUsers> reopened = new TreeMap<>();
        for (PlaceStore.StoredPlace one : kept.all()) {
            PlaceUsers entrants =
                    new PlaceUsers(one.starter(), one.agent(), one.runner().map(RunProcess::parse));
            boolean gone = entrants.areGone(); // its lease may have been copied out; nobody may use it now
            boolean back = used.contains(one.id()) && !gone && isReopened(one, entrants);
            if (!back) {
                close(one.id());
            }
            if (back || (gone && used.contains(one.id()))) {
                reopened.put(one.id(), entrants);
            }
        }
        return reopened;
    }

    private boolean isReopened(PlaceStore.StoredPlace one, PlaceUsers entrants) {
        try {
            Path socket = made(one.id()).resolve(SOCKET);
            decoys.restore(one.id(), one.decoys()); // first: the decoys must be known before the first call
            front.reopenPlace(one.id(), socket, one.certificate(), one.key(), entering(one.id(), entrants));
            openDatabases(one.id(), entrants);
            open.add(one.id());
            return true;
        } catch (IOException | InvalidIdentityException e) {
            LOG.log(System.Logger.Level.WARNING, "the listener of a run could not be opened again", e);
            return false;
        }
    }

    /** Returns who may connect: a lease that was copied out of its agent's sandbox must not be usable by others. */
    private Predicate<UserPrincipal> entering(String place, PlaceUsers entrants) throws IOException {
        UserPrincipalLookupService accounts = directory.getFileSystem().getUserPrincipalLookupService();
        Set<UserPrincipal> known =
                new HashSet<>(List.of(Files.getOwner(directory), accounts.lookupPrincipalByName("0")));
        known.add(accounts.lookupPrincipalByName(entrants.starter()));
        if (entrants.agent().isPresent()) {
            known.add(accounts.lookupPrincipalByName(entrants.agent().get()));
        }
        return peer -> {
            if (known.contains(peer)) {
                return true;
            }
            alerts.accept(new Alert(
                    Alert.AlertKind.LEASE_MISPLACED,
                    Alert.Severity.ALARM,
                    "A process other than its agent connected to the listener of a lease, and was rejected.",
                    Map.of("user", peer.getName(), "place", place)));
            return false;
        };
    }

    @Override
    public List<LeaseQuestion.Decoy> plant(String place, String owner) {
        List<LeaseQuestion.Decoy> planted = decoys.plant(place, owner).stream()
                .map(one -> new LeaseQuestion.Decoy(one.path(), one.content()))
                .toList();
        keepDecoys(place);
        return planted;
    }

    @Override
    public void arm(String place, String owner, List<MaskedCredential> masked) {
        decoys.add(place, owner, masked);
        keepDecoys(place);
    }

    /** The place may have been closed meanwhile. */
    private void keepDecoys(String place) {
        kept.put(place, decoys.of(place));
        if (!open.contains(place)) {
            decoys.forget(place);
        }
    }

    @Override
    public void close(String place) {
        open.remove(place);
        front.closePlace(place);
        decoys.forget(place);
        forget(place);
        try {
            if (databases.isPresent()) {
                databases.get().closePlace(place);
            }
            Files.deleteIfExists(directory.resolve(place).resolve(DATABASES));
            Files.deleteIfExists(directory.resolve(place).resolve(SOCKET)); // left by a gateway that was killed
            for (String name : PUBLIC) {
                Files.deleteIfExists(directory.resolve(place).resolve(name));
            }
            Files.deleteIfExists(directory.resolve(place));
        } catch (IOException e) {
            // The listener is closed, which suffices; an empty directory stays behind.
        }
    }

    private void forget(String place) {
        try {
            kept.remove(place);
        } catch (StoreUnavailableException e) {
            // At the next start its lease has ended, and it is forgotten then.
            LOG.log(System.Logger.Level.WARNING, "the closing of a listener could not be stored: {0}", e.getMessage());
        }
    }

    @Override
    public void closeUnused(Supplier<Set<String>> used) {
        // The order matters: a lease is in force before its place is opened.
        Set<String> closing = new HashSet<>(open);
        closing.removeAll(used.get());
        closing.forEach(this::close);
    }
}
