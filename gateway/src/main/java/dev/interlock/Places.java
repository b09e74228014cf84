package dev.interlock;

import dev.interlock.action.Alert;
import dev.interlock.action.Secret;
import dev.interlock.admin.Listeners;
import dev.interlock.front.http.CertificateAuthority;
import dev.interlock.front.http.HttpFront;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One directory for each running agent, below the run directory: its socket, and whom its tools are to trust there.
 *
 * <p>Threading: any.
 */
final class Places implements Listeners {

    private static final String AUTHORITY = "authority.pem";
    private static final String TRUST_STORE = "authority.p12";
    private static final List<String> PUBLIC = List.of(AUTHORITY, TRUST_STORE);

    private final HttpFront front;
    private final Decoys decoys;
    private final Consumer<Alert> alerts;
    private final Path directory;
    private final Set<String> open = ConcurrentHashMap.newKeySet();

    Places(HttpFront front, Decoys decoys, Path run, Consumer<Alert> alerts) {
        this.alerts = alerts;
        this.front = front;
        this.decoys = decoys;
        this.directory = run.resolve("places");
    }

    @Override
    public Opened open(String place, Set<String> users) throws IOException {
        try {
            Opened opened = listen(place, users);
            open.add(place);
            return opened;
        } catch (IOException | RuntimeException e) {
            close(place);
            throw e;
        }
    }

    private Opened listen(String place, Set<String> users) throws IOException {
        Path own = directory.resolve(place);
        Files.createDirectories(own);
        // To be passed through, not listed. The name is no secret (the kernel lists sockets): who knocks is looked at.
        for (Path shared : new Path[] {directory, own}) {
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwx--x--x"));
        }
        Path socket = own.resolve("gateway.sock");
        CertificateAuthority authority = front.openPlace(place, socket, entering(place, users));
        Files.writeString(own.resolve(AUTHORITY), authority.pem());
        Files.write(own.resolve(TRUST_STORE), authority.trustStore());
        for (String name : PUBLIC) {
            Files.setPosixFilePermissions(own.resolve(name), PosixFilePermissions.fromString("r--r--r--"));
        }
        return new Opened(socket, own);
    }

    /** A lease that was copied out of its agent's sandbox is used by somebody else, or by nobody. */
    private Predicate<UserPrincipal> entering(String place, Set<String> users) throws IOException {
        UserPrincipalLookupService accounts = directory.getFileSystem().getUserPrincipalLookupService();
        Set<UserPrincipal> known =
                new HashSet<>(List.of(Files.getOwner(directory), accounts.lookupPrincipalByName("0")));
        for (String user : users) {
            known.add(accounts.lookupPrincipalByName(user));
        }
        return knocking -> {
            if (known.contains(knocking)) {
                return true;
            }
            alerts.accept(new Alert(
                    Alert.Rule.LEASE_MISPLACED,
                    Alert.Severity.ALARM,
                    "Somebody else than its agent came to the place of a lease, and was shut out.",
                    Map.of("user", knocking.getName(), "place", place),
                    Optional.empty()));
            return false;
        };
    }

    @Override
    public List<Planted> plant(String place, String owner) {
        List<Planted> planted = decoys.plant(place, owner).stream()
                .map(one -> new Planted(one.path(), one.content()))
                .toList();
        forgetIfClosed(place);
        return planted;
    }

    @Override
    public void arm(String place, String owner, List<Secret> masked) {
        decoys.add(place, owner, masked);
        forgetIfClosed(place);
    }

    /** It may have been, while this was under way. */
    private void forgetIfClosed(String place) {
        if (!open.contains(place)) {
            decoys.forget(place);
        }
    }

    @Override
    public void close(String place) {
        open.remove(place);
        front.closePlace(place);
        decoys.forget(place);
        try {
            for (String name : PUBLIC) {
                Files.deleteIfExists(directory.resolve(place).resolve(name));
            }
            Files.deleteIfExists(directory.resolve(place));
        } catch (IOException e) {
            // The listener is closed, which is what counts; an empty directory is left behind.
        }
    }

    @Override
    public void closeUnused(Supplier<Set<String>> used) {
        // In this order: a lease is in force before its place is opened.
        Set<String> closing = new HashSet<>(open);
        closing.removeAll(used.get());
        closing.forEach(this::close);
    }
}
