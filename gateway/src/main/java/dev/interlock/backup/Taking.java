package dev.interlock.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes a backup: {@code pg_dump} and everything that is counted see one snapshot, so that a restored copy must hold
 * exactly what was counted.
 */
public final class Taking {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Plan plan;
    private final Shelf shelf;
    private final Path scratch;
    private final Children children;
    private final Clock clock;
    private final SecureRandom random;

    /**
     * Prepares to carry out {@code plan}.
     *
     * @param scratch where a private directory may be made
     * @param children whose closing ends the taking
     * @throws BackupException if the target's credentials cannot be used
     */
    public Taking(Plan plan, Encryption encryption, Path scratch, Children children, Clock clock, SecureRandom random)
            throws IOException {
        this.plan = plan;
        this.shelf = Shelf.of(plan, encryption, clock);
        this.scratch = scratch;
        this.children = children;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Takes it. When this returns, the backup is durable; when it throws, or the process dies, there is none.
     *
     * @throws BackupException if it could not be taken; the message says why
     */
    public Taken take(Progress progress) throws IOException {
        return Place.reaching(() -> taken(progress));
    }

    private Taken taken(Progress progress) throws IOException {
        try (ScratchDirectory own = ScratchDirectory.make(scratch, random);
                Place.Held _ = shelf.hold();
                Postgres postgres = Postgres.to(plan.source(), own.path())) {
            Path programs = programs(postgres);
            try (SqlSession session = SqlSession.open(children, command(programs, "psql"), postgres.environment())) {
                return take(postgres, programs, session, progress);
            }
        }
    }

    /** Programs of the server's own version. */
    private Path programs(Postgres postgres) throws IOException {
        Path any = postgres.anyPrograms();
        try (SqlSession session = SqlSession.open(children, command(any, "psql"), postgres.environment())) {
            int version = Integer.parseInt(session.value("SHOW server_version_num"));
            return Postgres.programs(plan.source().programs(), version / 10_000, children);
        }
    }

    private static List<String> command(Path programs, String name) {
        return List.of(programs.resolve(name).toString());
    }

    private Taken take(Postgres postgres, Path programs, SqlSession session, Progress progress) throws IOException {
        Instant takenAt = clock.instant();
        session.run("SET max_parallel_workers_per_gather = " + (plan.jobs() - 1)); // the source has other things to do
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        String snapshot = session.value("SELECT pg_export_snapshot()");
        progress.at("begun", 0);
        String id = id(takenAt);
        try (Shelf.Part part = shelf.begin(id);
                Dumping dumping = new Dumping(children, progress)) {
            Manifest manifest;
            try {
                for (Archive archive : Archive.of(plan.format(), plan.jobs(), session)) {
                    List<String> pgDump = pgDump(programs, snapshot);
                    pgDump.addAll(archive.arguments());
                    dumping.begin(archive.name(), pgDump, postgres.environment(), part.file(archive.name()));
                }
                manifest = manifest(id, takenAt, postgres, programs, session, snapshot, progress, dumping);
            } catch (IOException | RuntimeException e) {
                throw dumping.cause(e);
            }
            part.commit(manifest);
            return new Taken(
                    id,
                    takenAt,
                    manifest.bytes(),
                    manifest.contents().tables().size(),
                    manifest.contents().rows(),
                    manifest.separation() == Separation.SAME);
        }
    }

    private static List<String> pgDump(Path programs, String snapshot) {
        List<String> command = new ArrayList<>(command(programs, "pg_dump"));
        command.addAll(List.of("--snapshot=" + snapshot, "--no-password"));
        return command;
    }

    /**
     * A backup that was taken.
     *
     * @param bytes as it lies there
     * @param sameDevice whether it is known to lie on the device of what it is a copy of
     */
    public record Taken(String id, Instant takenAt, long bytes, int tables, long rows, boolean sameDevice) {}

    private Manifest manifest(
            String id,
            Instant takenAt,
            Postgres postgres,
            Path programs,
            SqlSession session,
            String snapshot,
            Progress progress,
            Dumping dumping)
            throws IOException {
        String schema = SchemaText.digest(children, pgDump(programs, snapshot), postgres.environment());
        Contents contents = Contents.of(session, schema, progress);
        int major = Integer.parseInt(session.value("SHOW server_version_num")) / 10_000;
        String encoding = session.value("SHOW server_encoding");
        Map<String, Boolean> roles = roles(session);
        Separation separation = separation(postgres, session);
        return new Manifest(
                plan.name(),
                id,
                plan.of(),
                takenAt,
                Postgres.origin(plan.source()),
                major,
                encoding,
                plan.format(),
                separation,
                dumping.await(),
                roles,
                contents);
    }

    private static Map<String, Boolean> roles(SqlSession session) throws IOException {
        List<String> values =
                session.query("SELECT rolname, rolsuper::text FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1");
        Map<String, Boolean> roles = new TreeMap<>();
        for (int i = 0; i + 1 < values.size(); i += 2) {
            roles.put(values.get(i), values.get(i + 1).equals("true"));
        }
        return roles;
    }

    /** The server's data may be compared with the target only where both are on this machine, and it says where. */
    private Separation separation(Postgres postgres, SqlSession session) throws IOException {
        boolean told = shelf.directory().isPresent()
                && postgres.isLocal()
                && session.value("SELECT pg_has_role('pg_read_all_settings', 'USAGE')")
                        .equals("t");
        if (!told) {
            return Separation.UNKNOWN;
        }
        Path data = Path.of(session.value("SHOW data_directory"));
        return Files.exists(data) ? Separation.between(data, shelf.directory().orElseThrow()) : Separation.UNKNOWN;
    }

    private String id(Instant at) {
        byte[] rest = new byte[3];
        random.nextBytes(rest);
        return STAMP.format(at) + "-" + HexFormat.of().formatHex(rest);
    }

    /** Removes what the plan's rules let go and no lock holds; returns what went. */
    public List<String> prune() throws IOException {
        return Place.reaching(this::pruned);
    }

    private List<String> pruned() throws IOException {
        try (Place.Held _ = shelf.hold()) {
            Map<String, Instant> all = new LinkedHashMap<>();
            String proven = "";
            for (String id : shelf.ids()) {
                all.put(id, shelf.manifest(id).takenAt());
                proven = Attested.read(shelf, id).filter(Attested::restored).isPresent() ? id : proven;
            }
            List<String> gone = plan
                    .keep()
                    .expendable(
                            all.entrySet().stream()
                                    .map(one -> new Retention.Entry(one.getKey(), one.getValue()))
                                    .toList(),
                            proven.isEmpty() ? java.util.Optional.empty() : java.util.Optional.of(proven))
                    .stream()
                    .map(Retention.Entry::id)
                    .sorted()
                    .toList();
            List<String> removed = new ArrayList<>();
            for (String id : gone) {
                if (shelf.lockedUntil(id).filter(clock.instant()::isBefore).isEmpty()) {
                    shelf.remove(id);
                    removed.add(id);
                }
            }
            return removed;
        }
    }
}
