package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A directory: {@code TARGET/PLAN/ID/}. While a backup is being taken its directory is called {@code ID.part}; it gets
 * its name when everything in it is durable, so that what has a name is whole.
 */
final class DirectoryPlace implements Place {

    private static final String PART = ".part";
    private static final String LOCK = ".lock";

    private final String plan;
    private final Path directory;

    DirectoryPlace(String plan, Path target) {
        this.plan = plan;
        this.directory = target.resolve(plan);
    }

    @Override
    public Optional<Path> directory() {
        return Optional.of(directory);
    }

    @Override
    public Held hold() throws IOException {
        PrivateFiles.directories(directory);
        FileChannel channel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new BackupException("another backup of `" + plan + "` is being taken");
            }
            for (Path left : entries(name -> name.endsWith(PART))) {
                PrivateFiles.removeTree(left);
            }
            return channel::close;
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new BackupException("another backup of `" + plan + "` is being taken", e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public List<String> ids() throws IOException {
        return entries(name -> !name.endsWith(PART) && !name.startsWith(".")).stream()
                .map(path -> path.getFileName().toString())
                .sorted()
                .toList();
    }

    private List<Path> entries(Predicate<String> named) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(path -> named.test(path.getFileName().toString())).toList();
        }
    }

    @Override
    public Beginning begin(String id) throws IOException {
        return new Part(id, PrivateFiles.directory(directory.resolve(id + PART)));
    }

    private final class Part implements Beginning {
        private final String id;
        private final Path path;
        private boolean whole;

        Part(String id, Path path) {
            this.id = id;
            this.path = path;
        }

        @Override
        public Sink file(String name) throws IOException {
            return new FileSink(PrivateFiles.create(path.resolve(name)));
        }

        @Override
        public void name() throws IOException {
            PrivateFiles.sync(path);
            Files.move(path, directory.resolve(id), StandardCopyOption.ATOMIC_MOVE);
            whole = true;
            PrivateFiles.sync(directory);
        }

        @Override
        public void close() throws IOException {
            if (!whole) {
                PrivateFiles.removeTree(path);
            }
        }
    }

    private static final class FileSink extends Sink {
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

    @Override
    public OptionalLong size(String id, String name) throws IOException {
        Path file = file(id, name);
        return Files.exists(file) ? OptionalLong.of(Files.size(file)) : OptionalLong.empty();
    }

    @Override
    public InputStream read(String id, String name) throws IOException {
        return Files.newInputStream(file(id, name));
    }

    @Override
    public Optional<Instant> lockedUntil(String id) {
        return Optional.empty();
    }

    @Override
    public void remove(String id) throws IOException {
        Path going = directory.resolve(id + PART);
        Files.move(directory.resolve(id), going, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.sync(directory);
        PrivateFiles.removeTree(going);
    }

    @Override
    public void note(String id, String name, String text) throws IOException {
        Path fresh = file(id, name + ".new");
        Files.deleteIfExists(fresh);
        PrivateFiles.write(fresh, text.getBytes(StandardCharsets.UTF_8));
        Files.move(fresh, file(id, name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        PrivateFiles.sync(directory.resolve(id));
    }

    @Override
    public Optional<String> noted(String id, String name) throws IOException {
        Path file = file(id, name);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(new String(in.readNBytes(MAX_NOTE), StandardCharsets.UTF_8));
        }
    }
}
