package dev.interlock.backup.place;

import dev.interlock.evidence.RestoreAttestation;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Storage that speaks S3: {@code PREFIX PLAN/ID/NAME}. It cannot rename, so a backup counts as soon as its manifest is
 * there, which is written last.
 *
 * <p>It has no lock that ends with its holder. So two machines may take backups of one plan at once, and neither
 * disturbs the other. A leftover is removed only when it is so old that nobody can still be working on it.
 */
final class S3Storage implements BackupStorage {

    private final BackupTarget.S3 target;
    private final String base;
    private final S3Client client;
    private final S3Responses answers;
    private final S3Objects objects;
    private final Clock clock;
    private final Duration longest;

    private S3Storage(String plan, BackupTarget.S3 target, S3Client client, Clock clock, Duration longest) {
        this.target = target;
        this.answers = new S3Responses(target.endpoint());
        this.base = target.prefix() + plan + "/";
        this.client = client;
        this.objects = new S3Objects(target, client, answers, clock);
        this.clock = clock;
        this.longest = longest;
    }

    /**
     * Opens the storage of {@code plan} in {@code target}.
     *
     * @throws dev.interlock.backup.run.BackupException if there are no credentials for it
     */
    static S3Storage of(String plan, BackupTarget.S3 target, Clock clock) throws IOException {
        return of(plan, target, clock, S3Listing.LONGEST);
    }

    /** @param longest the time limit of all listings for one operation */
    static S3Storage of(String plan, BackupTarget.S3 target, Clock clock, Duration longest) throws IOException {
        return new S3Storage(plan, target, S3Access.to(target), clock, longest);
    }

    @Override
    public Optional<Path> directory() {
        return Optional.empty();
    }

    @Override
    public boolean isServedHere() {
        String host = target.endpoint().getHost();
        return !target.elsewhere() && answersAt(target.pathStyle() ? host : target.bucket() + "." + host);
    }

    private String key(String id, String name) {
        return base + id + "/" + name;
    }

    private S3Listing listing() {
        return new S3Listing(client, answers, target.bucket(), longest);
    }

    @Override
    public StorageLock hold() throws IOException {
        Leftovers leftovers = new Leftovers(() -> {});
        Instant before = clock.instant().minus(LEFT_BEHIND);
        S3Listing listing = listing();
        for (S3Listing.S3ListedObject upload : listing.uploads(base)) {
            if (isOurs(upload.key()) && !upload.isDated()) {
                leftovers.leave(id(upload.key()), Leftovers.UNDATED);
            } else if (isOurs(upload.key()) && upload.since().isBefore(before)) {
                leftovers.remove(id(upload.key()), () -> abort(upload));
            }
        }
        List<S3Listing.S3ListedObject> all = listing.objects(base);
        for (S3Listing.S3ListedObject one : unnamed(all).values()) {
            String id = id(one.key());
            if (!one.isDated()) {
                leftovers.leave(id, Leftovers.UNDATED);
            } else if (one.since().isBefore(before)) {
                leftovers.remove(id, () -> sweep(id, all, leftovers, listing));
            }
        }
        Leftovers.count(others(all), leftovers::leave);
        return leftovers;
    }

    /**
     * Removes a backup without a manifest, because it never counted. A backup with a hidden manifest did count, and can
     * count again, so it stays.
     */
    private void sweep(String id, List<S3Listing.S3ListedObject> all, Leftovers leftovers, S3Listing listing) {
        if (isHidden(id, listing)) {
            leftovers.leave(id, Leftovers.HIDDEN);
        } else {
            removeAll(id, listing);
            if (all.stream().anyMatch(one -> id(one.key()).equals(id) && !isOurs(one.key()))) {
                leftovers.leave(id, Leftovers.FOREIGN);
            }
        }
    }

    /** Returns whether {@code id}, which has no visible manifest, has one that a delete marker hides. */
    private boolean isHidden(String id, S3Listing listing) {
        String manifest = key(id, MANIFEST);
        return listing.versions(manifest).all().stream()
                .anyMatch(version -> version.key().equals(manifest));
    }

    /** Describes what is not a backup. People who tidy up rely on these texts. */
    @Override
    public Map<String, String> leftovers() throws IOException {
        Map<String, String> all = new TreeMap<>();
        Instant before = clock.instant().minus(LEFT_BEHIND);
        S3Listing listing = listing();
        List<S3Listing.S3ListedObject> found = listing.objects(base);
        unnamed(found)
                .forEach((id, youngest) -> all.put(id, why(id, youngest.since().isBefore(before), listing)));
        Leftovers.count(others(found), all::put);
        return all;
    }

    private String why(String id, boolean isLeftBehind, S3Listing listing) {
        try {
            if (isHidden(id, listing)) {
                return Leftovers.HIDDEN;
            }
            return isLeftBehind ? Leftovers.NO_MANIFEST : Leftovers.UNFINISHED;
        } catch (UncheckedIOException e) { // these credentials may lack the permission to ask
            return Leftovers.UNSEEN;
        }
    }

    private void abort(S3Listing.S3ListedObject upload) {
        objects.abort(upload.key(), upload.id());
    }

    /** Returns the identifier in a key {@code BASE ID/NAME}. */
    private String id(String key) {
        String rest = key.substring(base.length());
        int slash = rest.indexOf('/');
        return slash < 0 ? "" : rest.substring(0, slash);
    }

    /**
     * Returns whether the whole {@code key} has the form of a backup's file. Everything else belongs to somebody else.
     */
    private boolean isOurs(String key) {
        String id = id(key);
        return RestoreAttestation.isName(id)
                && BackupStorage.isOfBackup(key.substring(key(id, "").length()));
    }

    @Override
    public List<String> ids() throws IOException {
        return named(listing().objects(base)).sorted().toList();
    }

    private Stream<String> named(List<S3Listing.S3ListedObject> all) {
        return all.stream()
                .map(S3Listing.S3ListedObject::key)
                .filter(key -> key.equals(key(id(key), MANIFEST)))
                .map(this::id)
                .filter(RestoreAttestation::isName);
    }

    /** Returns the youngest file of each backup without a manifest. */
    private Map<String, S3Listing.S3ListedObject> unnamed(List<S3Listing.S3ListedObject> all) {
        Map<String, S3Listing.S3ListedObject> unnamed = new TreeMap<>();
        for (S3Listing.S3ListedObject one : all) {
            if (RestoreAttestation.isName(id(one.key()))) {
                unnamed.merge(id(one.key()), one, (a, b) -> a.since().isAfter(b.since()) ? a : b);
            }
        }
        named(all).forEach(unnamed::remove);
        return unnamed;
    }

    /** Returns the number of objects with other names. */
    private long others(List<S3Listing.S3ListedObject> all) {
        return all.stream()
                .map(one -> one.key().substring(base.length()))
                .filter(rest -> !rest.isEmpty()) // some programs create an object for what they take for a directory
                .filter(rest -> !RestoreAttestation.isName(id(base + rest)))
                .map(rest -> rest.split("/", 2)[0])
                .distinct()
                .count();
    }

    @Override
    public PendingBackup begin(String id) {
        return new PendingBackup() {
            private boolean whole;

            @Override
            public StorageFile file(String name) {
                return objects.put(key(id, name));
            }

            @Override
            public void name() {
                whole = true; // its manifest is there
            }

            @Override
            public void close() throws IOException {
                if (!whole) {
                    try (Closeable _ = () -> abortAll(id)) {
                        remove(id); // the manifest first, because it may exist and make the backup count
                    }
                }
            }
        };
    }

    private void abortAll(String id) {
        for (S3Listing.S3ListedObject upload : listing().uploads(base + id + "/")) {
            if (isOurs(upload.key())) {
                abort(upload);
            }
        }
    }

    @Override
    public OptionalLong size(String id, String name) {
        return objects.size(key(id, name));
    }

    @Override
    public InputStream read(String id, String name) throws IOException {
        long length = size(id, name).orElseThrow(() -> new FileNotFoundException(name));
        return objects.read(key(id, name), length);
    }

    @Override
    public Optional<Instant> lockedUntil(String id) {
        return objects.lockedUntil(key(id, MANIFEST));
    }

    /** Removes a backup. If its manifest cannot be removed, nothing else is, so that the backup stays complete. */
    @Override
    public void remove(String id) throws IOException {
        S3Listing listing = listing();
        removeVersions(key(id, MANIFEST), listing);
        removeAll(id, listing);
    }

    private void removeAll(String id, S3Listing listing) {
        removeVersions(base + id + "/", listing);
    }

    /**
     * Removes all versions. In a bucket with versions, deleting an object without a version only hides it. A locked
     * version does not stop the removal of the others. While it exists, its delete markers stay.
     */
    private void removeVersions(String prefix, S3Listing listing) {
        List<UncheckedIOException> refused = new ArrayList<>();
        S3Listing.Versions versions = listing.versions(prefix);
        for (S3Listing.S3ListedObject version : versions.all()) {
            if (!isOurs(version.key())) {
                continue;
            }
            try {
                removeVersion(version);
            } catch (UncheckedIOException e) {
                refused.add(e);
            }
        }
        if (!refused.isEmpty()) {
            throw refused.getFirst();
        }
        for (S3Listing.S3ListedObject marker : versions.hiding()) {
            if (isOurs(marker.key())) {
                removeVersion(marker);
            }
        }
    }

    private void removeVersion(S3Listing.S3ListedObject version) {
        objects.remove(version.key(), version.id());
    }

    /** Stores a note. A note is not part of the backup and may be replaced, so it is not locked. */
    @Override
    public void note(String id, String name, String text) {
        objects.replace(key(id, name), text);
    }

    @Override
    public Optional<String> noted(String id, String name) {
        return objects.text(key(id, name), MAX_NOTE);
    }

    /**
     * Returns whether {@code host} is this machine. A host without an address is unknown, so false. A server at another
     * machine's address may still pass its data back here.
     */
    static boolean answersAt(String host) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (isOwn(address)) {
                    return true;
                }
            }
            return false;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }

    private static boolean isOwn(InetAddress address) throws SocketException {
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || NetworkInterface.getByInetAddress(address) != null;
    }
}
