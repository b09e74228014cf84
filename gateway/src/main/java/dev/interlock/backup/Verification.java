package dev.interlock.backup;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Restores a backup for real, into a server of its own, and compares what is there then with what was counted when it
 * was taken. Whatever it finds is told; only a backup with which nothing is wrong counts as restored.
 */
public final class Verification {

    private static final int BUFFER = 1 << 16;

    private final Plan plan;
    private final Shelf shelf;
    private final Path scratch;
    private final int user;
    private final Children children;
    private final Clock clock;
    private final SecureRandom random;

    /**
     * Prepares to try backups of {@code plan}.
     *
     * @param scratch where a directory for the scratch server may be made; that user must be able to get there
     * @param user as whom the scratch server runs, if this process is root
     * @param children whose closing ends the trial
     */
    public Verification(
            Plan plan,
            Encryption encryption,
            Path scratch,
            Optional<Integer> user,
            Children children,
            Clock clock,
            SecureRandom random) {
        this.plan = plan;
        this.shelf = new Shelf(plan, encryption);
        this.scratch = scratch;
        this.user = user.orElse(ScratchCluster.DEFAULT_USER);
        this.children = children;
        this.clock = clock;
        this.random = random;
    }

    /** The youngest backup that is whole. @throws BackupException if there is none */
    public String youngest() throws IOException {
        List<String> ids = shelf.ids();
        if (ids.isEmpty()) {
            throw new BackupException("there is no backup of `" + plan.name() + "` yet");
        }
        return ids.getLast();
    }

    /**
     * Tries {@code id}.
     *
     * @throws BackupException if it cannot be tried, which says nothing about the backup: no programs, no sandbox
     */
    public Attested verify(String id, Progress progress) throws IOException {
        Manifest manifest;
        try {
            manifest = shelf.manifest(id);
        } catch (BackupException e) {
            if (!Files.exists(shelf.file(id, Shelf.MANIFEST))) {
                throw e;
            }
            return Attested.unreadable(plan, id, clock.instant(), String.valueOf(e.getMessage()));
        }
        Instant begun = clock.instant();
        List<String> wrong = new ArrayList<>(beforehand(manifest, begun));
        if (wrong.isEmpty()) {
            try (ScratchDirectory own = ScratchDirectory.make(scratch, random)) {
                Path programs = Postgres.programs(plan.source().programs(), manifest.major(), children);
                try (ScratchCluster cluster = ScratchCluster.start(children, own.path(), programs, user)) {
                    cluster.prepare(manifest);
                    wrong.addAll(restored(manifest, cluster, progress));
                }
            }
        }
        if (manifest.separation() == Separation.SAME) {
            wrong.add("it lies on the same device as what it is a copy of");
        }
        Instant ended = clock.instant();
        return Attested.of(plan, manifest, ended, Duration.between(begun, ended), wrong);
    }

    /** What can be said without restoring. */
    private List<String> beforehand(Manifest manifest, Instant now) throws IOException {
        List<String> wrong = new ArrayList<>();
        String origin = Postgres.origin(plan.source());
        if (!manifest.origin().equals(origin)) {
            wrong.add("it was taken from `" + manifest.origin() + "`, and the plan says `" + origin + "`");
        }
        if (!manifest.of().equals(plan.of())) {
            wrong.add("it was taken as a copy of `" + manifest.of() + "`, and the plan says `" + plan.of() + "`");
        }
        if (manifest.takenAt().isAfter(now)) {
            wrong.add("it says that it was taken at " + manifest.takenAt() + ", which is yet to come");
        }
        if (manifest.contents().rows() == 0) {
            wrong.add("it is empty: no table of it has a row");
        }
        Path dump = shelf.file(manifest.id(), Taking.DUMP);
        long bytes = Files.exists(dump) ? Files.size(dump) : 0;
        long said = manifest.file(Taking.DUMP).bytes();
        if (bytes != said) {
            wrong.add("its dump has " + bytes + " bytes, and had " + said + (bytes < said ? ": it is cut off" : ""));
        }
        return wrong;
    }

    private List<String> restored(Manifest manifest, ScratchCluster cluster, Progress progress) throws IOException {
        try {
            restore(manifest, cluster, progress);
        } catch (BackupException e) {
            return List.of("it does not restore: " + e.getMessage());
        }
        try (SqlSession session = cluster.session(ScratchCluster.DATABASE)) {
            session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            return manifest.contents().differences(Contents.of(session, cluster.schema(), progress));
        }
    }

    private void restore(Manifest manifest, ScratchCluster cluster, Progress progress) throws IOException {
        MessageDigest digest = SchemaText.sha256();
        Path dump = shelf.file(manifest.id(), Taking.DUMP);
        try (Children.Child restoring = cluster.restoring(manifest.format());
                InputStream file =
                        new DigestInputStream(new BufferedInputStream(Files.newInputStream(dump), BUFFER), digest);
                InputStream plain = shelf.decrypted(file, manifest.id(), Taking.DUMP)) {
            feed(new Authenticated(plain), restoring, progress);
            restoring.requireSuccess();
            file.transferTo(OutputStream.nullOutputStream());
        }
        String sha256 = HexFormat.of().formatHex(digest.digest());
        if (!sha256.equals(manifest.file(Taking.DUMP).sha256())) {
            throw new BackupException("its dump is not the one that was taken");
        }
    }

    private static void feed(InputStream plain, Children.Child to, Progress progress) throws IOException {
        byte[] piece = new byte[BUFFER];
        long passed = 0;
        for (int read = plain.read(piece); read >= 0; read = plain.read(piece)) {
            try {
                to.process().getOutputStream().write(piece, 0, read);
            } catch (IOException e) {
                throw to.failure(e);
            }
            passed += read;
            progress.at("restoring", passed);
        }
        try {
            to.process().getOutputStream().close();
        } catch (IOException e) {
            throw to.failure(e);
        }
    }

    /** What cannot be decrypted is the backup's fault, and what cannot be passed on is not. */
    private static final class Authenticated extends FilterInputStream {

        Authenticated(InputStream from) {
            super(from);
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            try {
                return super.read(bytes, from, length);
            } catch (IOException e) {
                throw new BackupException("its dump was altered, cut off or put in the place of another", e);
            }
        }
    }

    /** Keeps what was found beside the backup, with the signature over it. */
    public void note(Attested found, String signature) throws IOException {
        found.write(shelf, signature);
    }
}
