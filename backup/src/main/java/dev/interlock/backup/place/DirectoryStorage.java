package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ContainingMount;
import dev.interlock.backup.run.DirectoryOwnership;
import dev.interlock.backup.run.OpenDirectory;
import dev.interlock.evidence.RestoreAttestation;
import dev.interlock.linux.PrivateFiles;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Storage in a directory: {@code TARGET/PLAN/ID/}. While a backup is being taken its directory is called
 * {@code ID.part}. It gets its final name when everything in it is durable, so a directory with that name is complete.
 *
 * <p>A file counts as missing only if the file system says so. If the file system does not answer or is not mounted,
 * that is not a fault of the backup. It is thrown unchecked, past the code that searches the backup for faults.
 */
final class DirectoryStorage implements BackupStorage {

    private static final String PART = ".part";
    private static final String LOCK = ".lock";

    private final String plan;
    private final Path target;
    private final Path directory;
    private final Optional<Path> mountedAt;

    DirectoryStorage(String plan, BackupTarget.Directory target) {
        this.plan = plan;
        this.target = target.path();
        this.directory = this.target.resolve(plan);
        this.mountedAt = target.mountedAt();
    }

    @Override
    public Optional<Path> directory() {
        return Optional.of(directory);
    }

    @Override
    public boolean isServedHere() {
        return false;
    }

    @Override
    public StorageLock hold() throws IOException {
        requireMounted();
        PrivateFiles.directories(directory);
        try (OpenDirectory in = opened()) {
            return hold(in, lock(in));
        }
    }

    private StorageLock hold(OpenDirectory in, FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new BackupException("another backup of `" + plan + "` is being taken");
            }
            Leftovers leftovers = new Leftovers(channel);
            List<String> names = names();
            for (String part : names.stream().filter(DirectoryStorage::isPart).toList()) {
                leftovers.remove(part, () -> in.removeTree(Path.of(part)));
            }
            leave(names, leftovers::leave);
            return leftovers;
        } catch (OverlappingFileLockException e) {
            // Somebody in this process holds the lock. Closing a second channel releases it against all other processes
            // too. So this must not happen: a plan's backups are taken and pruned one after the other.
            channel.close();
            throw new BackupException("another backup of `" + plan + "` is being taken", e);
        } catch (IOException | UncheckedIOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Opens the lock file safely. Somebody with write access may have replaced it by a link or by a FIFO without a
     * reader.
     */
    private static FileChannel lock(OpenDirectory in) throws IOException {
        try {
            return in.write(LOCK);
        } catch (NoSuchFileException e) {
            return made(in);
        }
    }

    private static FileChannel made(OpenDirectory in) throws IOException {
        try {
            return in.create(LOCK);
        } catch (FileAlreadyExistsException e) {
            return in.write(LOCK); // another process created it first
        }
    }

    /**
     * Requires that the device is mounted. Otherwise the mount point lies on this machine's own disk, perhaps the disk
     * of the source. Nothing may be written there, and an empty directory there proves nothing.
     */
    private void requireMounted() throws IOException {
        if (mountedAt.isPresent() && !ContainingMount.isAt(mountedAt.get())) {
            throw new BackupException(
                    "nothing is mounted at `" + mountedAt.get() + "`, where the backups of `" + plan + "` are stored");
        }
    }

    /**
     * Opens the plan's directory. Somebody with write access to the target must not make root work in a directory
     * elsewhere.
     */
    private OpenDirectory opened() throws IOException {
        if (!Files.isSymbolicLink(directory)) {
            return OpenDirectory.in(target, plan); // it may be a link by now
        }
        if (!DirectoryOwnership.isOwnLink(directory)) {
            throw new BackupException("`" + directory + "` is a link that users other than "
                    + "root could change: replace it with a directory, or make it and its "
                    + "parent directories writable only by root");
        }
        return OpenDirectory.at(directory);
    }

    /** Asks the file system, which may not answer. */
    private <T> T asked(StorageOperation<T> question) {
        try {
            requireMounted();
            T answer = question.run();
            requireMounted(); // it may have been unmounted meanwhile, then this is not an answer
            return answer;
        } catch (IOException e) {
            throw unanswered(e);
        }
    }

    private UncheckedIOException unanswered(IOException e) {
        if (e instanceof BackupException) {
            return new UncheckedIOException(e);
        }
        String why = e instanceof AccessDeniedException ? e.getMessage() + ": permission denied" : e.getMessage();
        return new UncheckedIOException(new BackupException("`" + directory + "` cannot be read: " + why, e));
    }

    @Override
    public List<String> ids() throws IOException {
        return ids(() -> {});
    }

    /**
     * Lists the backups. There may be thousands, far away. So each needs as few requests as possible, and the mount is
     * checked once for all.
     */
    @Override
    public List<String> ids(ListingStep each) throws IOException {
        List<String> ids = new ArrayList<>();
        for (String name : names()) {
            if (RestoreAttestation.isName(name) && mayCount(name)) {
                ids.add(name);
            }
            each.next();
        }
        ids.sort(Comparator.naturalOrder());
        return asked(() -> ids);
    }

    @Override
    public Map<String, String> leftovers() {
        Map<String, String> all = new TreeMap<>();
        List<String> names = names();
        names.stream().filter(DirectoryStorage::isPart).forEach(part -> all.put(part, Leftovers.BEGUN));
        leave(names, all::put);
        return all;
    }

    /** Reports the names among {@code names} that are not backups and stay where they are. */
    private void leave(List<String> names, BiConsumer<String, String> left) {
        names.stream()
                .filter(RestoreAttestation::isName)
                .filter(id -> !mayCount(id))
                .forEach(id -> left.accept(id, describeReplacement(id, MANIFEST).orElse(Leftovers.NO_MANIFEST)));
        Leftovers.count(
                names.stream()
                        .filter(name -> !isPart(name) && !RestoreAttestation.isName(name))
                        .count(),
                left);
    }

    private static boolean isPart(String name) {
        return name.endsWith(PART) && RestoreAttestation.isName(name.substring(0, name.length() - PART.length()));
    }

    /**
     * Returns whether {@code id} may be a complete backup. If the file system does not answer, it stays in the list:
     * nobody may say that it is gone.
     */
    private boolean mayCount(String id) {
        try {
            return there(id, MANIFEST).isPresent();
        } catch (IOException e) {
            return true;
        }
    }

    /** Returns the names of all entries that are not hidden. */
    private List<String> names() {
        return asked(() -> {
            try (OpenDirectory in = opened()) {
                return in.names().stream().filter(name -> !name.startsWith(".")).toList();
            } catch (NoSuchFileException | NotDirectoryException e) {
                return List.of();
            }
        });
    }

    @Override
    public PendingBackup begin(String id) throws IOException {
        OpenDirectory in = opened();
        try {
            return new Part(id, directory.resolve(id + PART), in, in.make(id + PART));
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static final class Part implements PendingBackup {
        private final String id;
        private final Path path;
        private final OpenDirectory in;
        private final OpenDirectory own;
        private boolean whole;

        Part(String id, Path path, OpenDirectory in, OpenDirectory own) {
            this.id = id;
            this.path = path;
            this.in = in;
            this.own = own;
        }

        @Override
        public StorageFile file(String name) throws IOException {
            return new FileSink(own.create(name));
        }

        @Override
        public void name() throws IOException {
            own.sync();
            in.move(id + PART, id);
            if (!own.isIn(in, id)) {
                in.move(id, id + PART); // other contents there do not count, and go with the rest
                throw new BackupException(
                        "`" + path + "` was replaced while it was written: find out who can " + "write there");
            }
            whole = true;
            in.sync();
        }

        @Override
        public void close() throws IOException {
            try (in;
                    own) {
                if (!whole) {
                    in.removeTree(Path.of(id + PART));
                }
            }
        }
    }

    private static final class FileSink extends StorageFile {
        private final FileChannel channel;

        FileSink(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            ByteBuffer rest = ByteBuffer.wrap(bytes, from, length);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        }

        @Override
        public void finish() throws IOException {
            channel.force(true);
            channel.close();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private Path file(String id, String name) {
        return directory.resolve(id).resolve(name);
    }

    /**
     * Returns the attributes of a backup's file, if it exists. Others may have put something else into a directory. A
     * link's destination or a file on another disk is not in this storage, so neither is accepted.
     */
    private Optional<BasicFileAttributes> found(String id, String name) {
        return asked(() -> there(id, name));
    }

    private Optional<BasicFileAttributes> there(String id, String name) throws IOException {
        Path file = file(id, name);
        boolean isIn = attributes(directory.resolve(id))
                .filter(BasicFileAttributes::isDirectory)
                .isPresent();
        Optional<BasicFileAttributes> there =
                isIn ? attributes(file).filter(BasicFileAttributes::isRegularFile) : Optional.empty();
        return there.isPresent() && isMounted(file) ? Optional.empty() : there;
    }

    private static Optional<BasicFileAttributes> attributes(Path path) throws IOException {
        try {
            return Optional.of(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private boolean isMounted(Path path) throws IOException {
        try {
            return ContainingMount.isBetween(directory, path);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public Optional<String> describeReplacement(String id, String name) {
        return asked(() -> {
            Path own = directory.resolve(id);
            Optional<String> other = describeReplacement(own).map(what -> "it " + what);
            return other.isPresent()
                            || attributes(own)
                                    .filter(BasicFileAttributes::isDirectory)
                                    .isEmpty()
                    ? other
                    : describeReplacement(file(id, name)).map(what -> "its " + name + " " + what);
        });
    }

    private Optional<String> describeReplacement(Path path) throws IOException {
        Optional<BasicFileAttributes> there = attributes(path);
        if (there.filter(BasicFileAttributes::isSymbolicLink).isPresent()) {
            return Optional.of("is a link: replace it with its target");
        }
        return there.isPresent() && isMounted(path)
                ? Optional.of("is on another disk that is mounted there: move the files into " + "its place")
                : Optional.empty();
    }

    @Override
    public OptionalLong size(String id, String name) throws IOException {
        return found(id, name).map(file -> OptionalLong.of(file.size())).orElse(OptionalLong.empty());
    }

    @Override
    public InputStream read(String id, String name) throws IOException {
        if (found(id, name).isEmpty()) {
            throw new FileNotFoundException(name);
        }
        return new StorageInputStream(asked(() -> {
            try (OpenDirectory in = opened();
                    OpenDirectory backup = in.directory(id)) {
                return backup.read(name);
            }
        }));
    }

    /** Reads a file. Wrong content is detected by the reader, but a file that cannot be read at all proves nothing. */
    private final class StorageInputStream extends FilterInputStream {
        StorageInputStream(InputStream from) {
            super(from);
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) {
            try {
                return in.read(bytes, from, length);
            } catch (IOException e) {
                throw unanswered(e);
            }
        }
    }

    @Override
    public Optional<Instant> lockedUntil(String id) {
        return Optional.empty();
    }

    @Override
    public void remove(String id) throws IOException {
        try (OpenDirectory in = opened()) {
            in.move(id, id + PART);
            in.sync();
            in.removeTree(Path.of(id + PART));
        }
    }

    @Override
    public void note(String id, String name, String text) throws IOException {
        try (OpenDirectory in = opened();
                OpenDirectory backup = in.directory(id)) {
            backup.replace(name, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public Optional<String> noted(String id, String name) throws IOException {
        if (found(id, name).isEmpty()) {
            return Optional.empty();
        }
        try (InputStream in = read(id, name)) {
            return Optional.of(new String(in.readNBytes(MAX_NOTE), StandardCharsets.UTF_8));
        }
    }
}
