package dev.interlock.front.git;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Constants;

/**
 * The copies of repositories, one directory each. They hold what the servers have, and whose push brought it
 * ({@link PushedCommits}). Any may be removed at any time: then people are asked more often. Threading: any; one thread
 * at a time uses a copy.
 */
final class RepositoryCopies {

    /** The most copies. The ones that were used longest ago go first. */
    static final int MAX_COPIES = 50;
    /** The most bytes of all copies together, beside the one in use. */
    static final long MAX_BYTES = 2L * 1024 * 1024 * 1024;
    /** A copy with more packs is made anew: each fetch adds one, and all are searched for each object. */
    private static final int MAX_PACKS = 60;

    private static final int LOCKS = 64;

    private final Path directory;
    private final GitUpstream git;
    private final InstantSource clock;
    private final List<ReentrantLock> locks =
            IntStream.range(0, LOCKS).mapToObj(_ -> new ReentrantLock()).toList();

    RepositoryCopies(Path directory, GitUpstream git, InstantSource clock) {
        this.directory = directory;
        this.git = git;
        this.clock = clock;
    }

    @FunctionalInterface
    interface CopyUse<T> {
        T with(RepositoryCopy copy) throws IOException;
    }

    <T> T use(Seal seal, Seal.Upstream upstream, HttpCall push, CopyUse<T> use) throws IOException {
        String repository = push.path().replaceFirst("\\.git/git-receive-pack$", "/git-receive-pack");
        String name = Bytes.utf8(upstream.name() + "\n" + upstream.address() + "\n" + repository)
                .sha256();
        ReentrantLock lock = locks.get(Math.floorMod(name.hashCode(), LOCKS));
        lock.lock();
        try {
            Path own = directory.resolve(name);
            Files.createDirectories(own);
            if (packs(own) > MAX_PACKS || !Files.exists(own.resolve(Constants.CONFIG))) {
                removeObjects(own);
            }
            removeUnfinished(own);
            T result;
            try (RepositoryCopy copy = new RepositoryCopy(own, git, seal, upstream, push)) {
                result = use.with(copy);
            } finally {
                if (packs(own) == 0) { // perhaps a repository that does not exist: names of those cost nothing
                    PushBody.removeAll(own);
                }
            }
            if (Files.exists(own)) {
                Files.setLastModifiedTime(own, FileTime.from(clock.instant()));
            }
            evict(own);
            return result;
        } finally {
            lock.unlock();
        }
    }

    /** One that is removed in part would lack commits: it loses its configuration first, and is made anew. */
    private static void removeObjects(Path copy) throws IOException {
        PushBody.removeAll(copy.resolve(Constants.CONFIG));
        try (Stream<Path> files = Files.list(copy)) {
            files.filter(file -> !PushedCommits.isRecord(file)).forEach(PushBody::removeAll);
        }
    }

    /** Removes what is left of a fetch if the gateway did not end by itself. */
    private static void removeUnfinished(Path copy) throws IOException {
        for (Path directory : List.of(copy, copy.resolve("objects"))) {
            if (Files.isDirectory(directory)) {
                try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, "{*.tmp,incoming_*}")) {
                    left.forEach(PushBody::removeAll);
                }
            }
        }
    }

    private static long packs(Path copy) throws IOException {
        return files(copy).stream()
                .filter(file -> file.toString().endsWith(".pack"))
                .count();
    }

    private static List<Path> files(Path copy) throws IOException {
        Path packs = copy.resolve("objects/pack");
        if (!Files.isDirectory(packs)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(packs)) {
            return files.toList();
        }
    }

    /** Removes the copies that were used longest ago, beyond the limits. {@code used} stays. */
    private void evict(Path used) throws IOException {
        List<Path> others;
        try (Stream<Path> all = Files.list(directory)) {
            others = all.filter(copy -> !copy.equals(used))
                    .sorted(Comparator.comparing(RepositoryCopies::lastUse).reversed())
                    .toList();
        }
        long bytes = 0;
        int count = 1;
        for (Path copy : others) {
            bytes += size(copy);
            count++;
            ReentrantLock lock =
                    locks.get(Math.floorMod(copy.getFileName().toString().hashCode(), LOCKS));
            if ((bytes > MAX_BYTES || count > MAX_COPIES) && lock.tryLock()) {
                try {
                    PushBody.removeAll(copy.resolve(Constants.CONFIG));
                    PushBody.removeAll(copy);
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    private static FileTime lastUse(Path copy) {
        try {
            return Files.getLastModifiedTime(copy);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }

    private static long size(Path copy) throws IOException {
        long size = 0;
        for (Path file : files(copy)) {
            size += Files.size(file);
        }
        return size;
    }
}
