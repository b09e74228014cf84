package dev.interlock.snapshot;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The return of a workspace, or a part of it, to a snapshot. What is there now is kept first, and only what is kept is
 * overwritten or removed.
 *
 * <p>Everything is prepared in a directory that only this user enters, and moved from there. Each directory is opened
 * relative to the one before, so that no link leads anywhere else.
 */
public final class Restoration {

    private static final Set<PosixFilePermission> OPEN = PosixFilePermissions.fromString("rwx------");
    private static final LinkOption[] NO_LINKS = {LinkOption.NOFOLLOW_LINKS};

    private final SnapshotStore store;
    private final Snapshot then;
    private final Map<String, SnapshotEntry> wanted = new TreeMap<>();
    private final Map<String, SnapshotEntry> present = new TreeMap<>();
    private final List<String> back = new ArrayList<>();
    private final List<String> changed = new ArrayList<>();
    private final List<String> removed = new ArrayList<>();
    private final List<String> untouched = new ArrayList<>();

    /**
     * The result, as paths.
     *
     * @param back what was gone
     * @param changed what was different
     * @param removed what was not there then
     * @param untouched what could not be changed, each with the reason
     * @param kept the snapshot of what was there before
     */
    public record RestorationResult(
            String workspace,
            String taken,
            List<String> back,
            List<String> changed,
            List<String> removed,
            List<String> untouched,
            Optional<String> kept) {}

    private Restoration(SnapshotStore store, Snapshot then, Snapshot now, Collection<String> within) {
        this.store = store;
        this.then = then;
        Map<String, SnapshotEntry> before = then.byPath();
        for (SnapshotEntry entry : then.entries()) {
            if (isWithin(entry.path(), within)) {
                wanted.put(entry.path(), entry);
                for (int slash = entry.path().lastIndexOf('/'); slash > 0; ) {
                    String parent = entry.path().substring(0, slash);
                    SnapshotEntry above = before.get(parent);
                    if (above != null) {
                        wanted.putIfAbsent(parent, above);
                    }
                    slash = parent.lastIndexOf('/');
                }
            }
        }
        for (SnapshotEntry entry : now.entries()) {
            if (isWithin(entry.path(), within) || wanted.containsKey(entry.path())) {
                present.put(entry.path(), entry);
            }
        }
    }

    private static boolean isWithin(String path, Collection<String> within) {
        return within.isEmpty() || within.stream().anyMatch(one -> Snapshot.isWithin(path, one));
    }

    /**
     * Puts back what {@code store} has of {@code then}.
     *
     * @param within paths in the workspace; all of it if empty
     * @param id of the snapshot that is kept before
     * @param onlyShow whether nothing is changed
     */
    public static RestorationResult restore(
            SnapshotStore store, Snapshot then, Collection<String> within, String id, Instant at, boolean onlyShow)
            throws IOException {
        Set<String> directories = new HashSet<>();
        then.entries().forEach(entry -> directories.add(entry.path()));
        Snapshot now = store.take(id, at, directories::contains);
        Restoration restoration = new Restoration(store, then, now, within);
        restoration.compare();
        if (!onlyShow
                && !(restoration.back.isEmpty() && restoration.changed.isEmpty() && restoration.removed.isEmpty())) {
            restoration.apply();
        }
        return new RestorationResult(
                store.workspace().toString(),
                then.taken().toString(),
                restoration.back,
                restoration.changed,
                restoration.removed,
                restoration.untouched,
                onlyShow ? Optional.empty() : Optional.of(now.id()));
    }

    private void compare() {
        wanted.forEach((path, entry) -> {
            SnapshotEntry is = present.get(path);
            if (is == null) {
                back.add(path);
            } else if (!is.isSame(entry)) {
                changed.add(path);
            }
        });
        Set<String> spared = new HashSet<>(then.leftOut());
        spared.addAll(then.missed()); // of these nothing is known
        for (String path : present.keySet()) {
            if (!wanted.containsKey(path) && spared.stream().noneMatch(one -> Snapshot.isWithin(path, one))) {
                removed.add(path);
            }
        }
    }

    private void apply() throws IOException {
        Path staging = PrivateFiles.temporaryDirectory(store.workspace(), ".interlock-undo-");
        try (DirectoryStream<Path> opened = Files.newDirectoryStream(store.workspace())) {
            if (!(opened instanceof SecureDirectoryStream<Path> top)) {
                throw new IOException("this platform cannot distinguish links from their targets");
            }
            try (SecureDirectoryStream<Path> prepared = top.newDirectoryStream(staging.getFileName(), NO_LINKS)) {
                remove(top);
                put(top, prepared, staging);
            }
        } finally {
            try (DirectoryStream<Path> rest = Files.newDirectoryStream(staging)) {
                for (Path one : rest) {
                    Files.delete(one);
                }
            }
            Files.delete(staging);
        }
    }

    /** Removes what was not there, and what is in the way. Files go before their directories. */
    private void remove(SecureDirectoryStream<Path> top) {
        Set<String> gone = new HashSet<>();
        List<String> going = new ArrayList<>(removed);
        for (String path : changed) {
            if (isInTheWay(present.get(path), wanted.get(path))) {
                going.add(path);
            }
        }
        going.sort(Comparator.reverseOrder());
        for (String path : going) {
            attempt(path, () -> {
                try (Place place = Place.of(top, path)) {
                    requireUnchanged(place, present.get(path));
                    if (isDirectory(present.get(path))) {
                        place.directory().deleteDirectory(place.name());
                    } else {
                        place.directory().deleteFile(place.name());
                    }
                    present.remove(path);
                    gone.add(path);
                }
            });
        }
        removed.retainAll(gone);
    }

    private static boolean isInTheWay(@Nullable SnapshotEntry is, @Nullable SnapshotEntry entry) {
        return isDirectory(is) != isDirectory(entry);
    }

    private static boolean isDirectory(@Nullable SnapshotEntry entry) {
        return entry != null && entry.kind() == SnapshotEntry.Kind.DIRECTORY;
    }

    private void put(SecureDirectoryStream<Path> top, SecureDirectoryStream<Path> prepared, Path staging) {
        Set<String> differing = new HashSet<>(back);
        differing.addAll(changed);
        List<SnapshotEntry> all = wanted.values().stream() // a directory before what is in it
                .filter(entry -> differing.contains(entry.path()))
                .toList();
        Set<String> done = new HashSet<>();
        for (SnapshotEntry entry : all) {
            attempt(entry.path(), () -> {
                put(entry, top, prepared, staging);
                done.add(entry.path());
            });
        }
        for (SnapshotEntry entry : all.reversed()) { // a directory may be closed to its owner when all is in it
            if (isDirectory(entry) && done.contains(entry.path())) {
                attempt(entry.path(), () -> {
                    try (Place place = Place.of(top, entry.path())) {
                        place.view().setPermissions(permissions(entry));
                    }
                });
            }
        }
        back.retainAll(done);
        changed.retainAll(done);
    }

    private void put(
            SnapshotEntry entry, SecureDirectoryStream<Path> top, SecureDirectoryStream<Path> prepared, Path staging)
            throws IOException {
        SnapshotEntry is = present.get(entry.path());
        try (Place place = Place.of(top, entry.path())) {
            requireUnchanged(place, is);
            if (isDirectory(is) && isDirectory(entry)) {
                place.view().setPermissions(OPEN);
                return;
            }
            Path name = Path.of("next");
            Path fresh = staging.resolve(name);
            switch (entry.kind()) {
                case DIRECTORY -> PrivateFiles.directory(fresh);
                case LINK -> Files.createSymbolicLink(fresh, Path.of(entry.content()));
                case FILE -> write(entry, prepared, name);
            }
            try {
                giveTo(entry, fresh);
                prepared.move(name, place.directory(), place.name());
            } catch (IOException e) {
                Files.delete(fresh);
                throw e;
            }
        }
    }

    private void write(SnapshotEntry entry, SecureDirectoryStream<Path> prepared, Path name) throws IOException {
        Set<OpenOption> options =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        try {
            try (OutputStream out =
                    Channels.newOutputStream(prepared.newByteChannel(name, options, PrivateFiles.AS_FILE))) {
                SnapshotPack.copy(store.directory(), entry, out);
            }
            PosixFileAttributeView view = prepared.getFileAttributeView(name, PosixFileAttributeView.class, NO_LINKS);
            FileTime time = FileTime.from(entry.stamp().modified(), TimeUnit.NANOSECONDS);
            view.setTimes(time, time, null);
            view.setPermissions(permissions(entry));
        } catch (IOException e) {
            prepared.deleteFile(name);
            throw e;
        }
    }

    /** Root may restore for others, and the file is theirs again. */
    private static void giveTo(SnapshotEntry entry, Path fresh) throws IOException {
        Map<String, Object> is = Files.readAttributes(fresh, "unix:uid,gid", LinkOption.NOFOLLOW_LINKS);
        if (!Integer.valueOf(entry.owner()).equals(is.get("uid"))) {
            Files.setAttribute(fresh, "unix:uid", entry.owner(), LinkOption.NOFOLLOW_LINKS);
        }
        if (!Integer.valueOf(entry.group()).equals(is.get("gid"))) {
            Files.setAttribute(fresh, "unix:gid", entry.group(), LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static Set<PosixFilePermission> permissions(SnapshotEntry entry) {
        Set<PosixFilePermission> permissions = new HashSet<>();
        PosixFilePermission[] all = PosixFilePermission.values(); // in the order of the mode's bits
        for (int i = 0; i < all.length; i++) {
            if ((entry.mode() & (1 << (all.length - 1 - i))) != 0) {
                permissions.add(all[i]);
            }
        }
        return permissions;
    }

    /** What the person writes meanwhile is not kept, and must stay. */
    private static void requireUnchanged(Place place, @Nullable SnapshotEntry is) throws IOException {
        try {
            BasicFileAttributes found = place.view().readAttributes();
            boolean same = is != null
                    && switch (is.kind()) {
                        case DIRECTORY -> found.isDirectory();
                        case LINK -> found.isSymbolicLink();
                        case FILE ->
                            found.isRegularFile()
                                    && found.size() == is.stamp().size()
                                    && found.lastModifiedTime().to(TimeUnit.NANOSECONDS)
                                            == is.stamp().modified();
                    };
            if (!same) {
                throw new IOException("what is there now is not kept");
            }
        } catch (NoSuchFileException e) {
            // Nothing is overwritten.
        }
    }

    @FunctionalInterface
    private interface Step {
        void take() throws IOException;
    }

    private void attempt(String path, Step step) {
        try {
            step.take();
        } catch (DirectoryNotEmptyException e) {
            untouched.add(path + ": it still has what is not kept");
        } catch (NoSuchFileException e) {
            untouched.add(path + ": it, or its directory, is not there");
        } catch (IOException e) {
            untouched.add(path + ": " + e.getMessage());
        }
    }

    /** An entry of a directory that was reached without a link. */
    record Place(SecureDirectoryStream<Path> directory, Path name) implements AutoCloseable {

        static Place of(SecureDirectoryStream<Path> top, String path) throws IOException {
            Path file = Path.of(path);
            SecureDirectoryStream<Path> directory = top.newDirectoryStream(Path.of("."), NO_LINKS);
            try {
                for (Path name : Optional.ofNullable(file.getParent()).orElse(Path.of("."))) {
                    SecureDirectoryStream<Path> inner = directory.newDirectoryStream(name, NO_LINKS);
                    directory.close();
                    directory = inner;
                }
                return new Place(directory, file.getFileName());
            } catch (IOException e) {
                directory.close();
                throw e;
            }
        }

        PosixFileAttributeView view() {
            return directory.getFileAttributeView(name, PosixFileAttributeView.class, NO_LINKS);
        }

        @Override
        public void close() throws IOException {
            directory.close();
        }
    }
}
