package dev.interlock.confine;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.session.Session;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A run whose findings were not reported yet: it is alive, or it was killed. {@code file} has its beginning. */
public record UnfinishedRun(Path file, String lease, boolean isAlive) {

    /** The most such runs whose workspaces are missing now; the latest are kept. Most of these never come back. */
    static final int MOST_AWAY = 100;

    /**
     * The report on a run that was killed.
     *
     * @param findings the files that are there now and were not when it began; they are the agent's, or were made later
     */
    public record UnfinishedRunReport(UnfinishedRun run, Json.Members about, WorkspaceFindings findings) {

        public String workspace() {
            return about.text("workspace");
        }

        /** Returns its start, to the second. */
        public Instant started() {
            return Instant.parse(about.text("started")).truncatedTo(ChronoUnit.SECONDS);
        }
    }

    /** Returns all such runs that are recorded in {@code sessions}, the oldest first. */
    public static List<UnfinishedRun> in(Path sessions) throws IOException {
        Path directory = WorkspaceSnapshot.directory(sessions);
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<UnfinishedRun> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                String lease = name.substring(0, Math.max(0, name.length() - WorkspaceSnapshot.SUFFIX.length()));
                if (name.endsWith(WorkspaceSnapshot.SUFFIX) && Session.isId(lease)) {
                    at(file, lease).ifPresent(all::add);
                }
            }
        }
        return all;
    }

    public static Optional<UnfinishedRun> of(Path sessions, String lease) throws IOException {
        return in(sessions).stream().filter(one -> one.lease().equals(lease)).findFirst();
    }

    private static Optional<UnfinishedRun> at(Path file, String lease) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return Optional.of(new UnfinishedRun(file, lease, lock == null));
        } catch (OverlappingFileLockException e) {
            return Optional.of(new UnfinishedRun(file, lease, true)); // it belongs to this process
        } catch (NoSuchFileException e) {
            return Optional.empty(); // it has just ended
        }
    }

    /** Returns whether it was killed, and its workspace is still there. */
    public boolean isReportable() throws IOException {
        Optional<WorkspaceSnapshot.StoredSnapshot> noted = isAlive ? Optional.empty() : noted();
        return !isAlive && (noted.isEmpty() || !noted.get().isAway());
    }

    /** Returns the findings that are still there; empty if it was killed before its agent began. */
    public Optional<UnfinishedRunReport> report() throws IOException {
        Optional<WorkspaceSnapshot.StoredSnapshot> noted = noted();
        return noted.isPresent() ? Optional.of(report(noted.get())) : Optional.empty();
    }

    private Optional<WorkspaceSnapshot.StoredSnapshot> noted() throws IOException {
        try {
            return Optional.of(WorkspaceSnapshot.read(file));
        } catch (NoSuchFileException | MalformedException | InvalidPathException | ArithmeticException e) {
            return Optional.empty(); // somebody was notified meanwhile, or its run never began
        }
    }

    private UnfinishedRunReport report(WorkspaceSnapshot.StoredSnapshot noted) throws IOException {
        Instant began = Instant.parse(noted.about().text("started"));
        return new UnfinishedRunReport(this, noted.about(), noted.scope().findings(noted.before(), began));
    }

    /**
     * Returns the killed runs that worked in {@code workspace}, in a directory of it or around it. Those that began
     * nothing are forgotten. Those whose workspace is missing wait until it is back.
     */
    static List<UnfinishedRunReport> killedIn(Path sessions, Path workspace) throws IOException {
        List<UnfinishedRunReport> around = new ArrayList<>();
        int away = 0;
        for (UnfinishedRun one : in(sessions).reversed()) {
            Optional<WorkspaceSnapshot.StoredSnapshot> noted = one.isAlive() ? Optional.empty() : one.noted();
            boolean isAway = noted.isPresent() && noted.get().isAway();
            if ((!one.isAlive() && noted.isEmpty()) || (isAway && ++away > MOST_AWAY)) {
                one.forget();
            } else if (!isAway
                    && noted.map(known -> known.scope().workspace())
                            .filter(path -> path.startsWith(workspace) || workspace.startsWith(path))
                            .isPresent()) {
                around.addFirst(one.report(noted.get()));
            }
        }
        return around;
    }

    /** Deletes the stored state, because everybody was notified. If it cannot be deleted, the run is reported again. */
    void forget() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The next report includes it.
        }
    }
}
