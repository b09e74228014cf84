package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Resource;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.place.TestingS3;
import dev.interlock.backup.place.TestingStore;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Kills a process at random moments while it takes or tests backups: backups that count are complete, and the next run
 * works.
 */
@Timeout(300)
@Tag("process")
class KilledTest {

    private static final int FILES = 3;
    private static final int FILE = 300_000;
    private static final List<String> TAKE = List.of("backup", "take", "files");
    private static final List<String> VERIFY = List.of("backup", "verify", "files");
    private static final List<String> REHEARSE = List.of("recover", "files", "--rehearse");

    /** Options of a JVM that starts quickly. */
    private static final List<String> OPTIONS =
            List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED");

    private static final Consumer<PlanJob> NOTHING_MORE = _ -> {};

    private final SecureRandom random = new SecureRandom();
    private final ChildProcesses children = new ChildProcesses();
    private final Set<String> tried = new HashSet<>();
    private Path own;
    private Path scratch;
    private Path tree;
    private Path shelves;
    private Encryption encryption;

    @BeforeEach
    void prepare(@TempDir Path made) throws IOException {
        own = made;
        scratch = newScratch();
        shelves = Files.createTempDirectory(Path.of("/dev/shm"), "shelves");
        Encryption.newKey(own.resolve("backup.key"));
        encryption = Encryption.of(own.resolve("backup.key"));
        tree = Files.createDirectory(own.resolve("tree"));
        byte[] noise = new byte[FILE];
        for (int i = 0; i < FILES; i++) {
            random.nextBytes(noise);
            Files.write(tree.resolve("file " + i), noise);
        }
    }

    private static Path newScratch() throws IOException {
        Path made = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx--x--x"));
        return made;
    }

    @AfterEach
    void remove() throws IOException {
        children.close();
        OwnerFiles.removeTree(scratch);
        OwnerFiles.removeTree(shelves);
    }

    private CrashPoints.PausedProcess begin(List<String> work) throws IOException {
        List<String> arguments = new ArrayList<>(work);
        arguments.add("--config=" + own.resolve("gateway.yaml"));
        return new CrashPoints.PausedProcess(OPTIONS, "dev.interlock.cli.Main", arguments, own.resolve("log"));
    }

    private void write(String target) throws IOException {
        write("{directory: tree}", target);
    }

    private void write(String source, String target) throws IOException {
        Files.writeString(own.resolve("backups.yaml"), """
                key: backup.key
                scratch: %s
                plans:
                  files:
                    of: "shop:order/o"
                    source: %s
                    target: %s
                """.formatted(scratch, source, target));
    }

    private static BackupPlanConfig plan(BackupSource source, BackupTarget target) {
        return new BackupPlanConfig(
                "files",
                Resource.parse("shop:order/o"),
                source,
                target,
                Duration.ofHours(24),
                Retention.USUAL,
                Optional.empty());
    }

    private BackupPlanConfig files(BackupTarget target) {
        return plan(new BackupSource.Directory(tree, Optional.empty()), target);
    }

    private PlanJob job(BackupPlanConfig plan, Path where) {
        return new PlanJob(plan, encryption, where, Optional.empty(), children, Clock.systemUTC(), random);
    }

    private void take(BackupPlanConfig plan) throws IOException {
        take(job(plan, scratch));
    }

    private static void take(PlanJob job) {
        try {
            new BackupRun(job).take((_, _) -> {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> ids(BackupPlanConfig plan) throws IOException {
        return plan.repository(encryption, children, Clock.systemUTC()).ids();
    }

    private void wouldBeKilled(
            List<String> work, Path kept, Function<Path, BackupPlanConfig> at, Consumer<PlanJob> next)
            throws Exception {
        int steps = 0;
        try (CrashPoints.PausedProcess held = begin(work)) {
            for (Optional<String> step = held.next(); step.isPresent(); step = held.next()) {
                steps++;
                Path targets = copy(kept);
                Path scratches = copy(scratch);
                held.goOn();
                PlanJob job = job(at.apply(targets), scratches);
                assertThatWhatCountsIsWhole(job, step.get());
                next.accept(job);
                OwnerFiles.removeTree(targets);
                OwnerFiles.removeTree(scratches);
            }
            assertThat(held.ended()).as(log()).isZero();
        }
        System.out.println("held before " + steps + " steps");
        assertThat(steps).isGreaterThan(10); // otherwise nothing was tried
    }

    private Path copy(Path from) throws IOException {
        Path to = Files.createTempDirectory(from.getParent(), "copied");
        OwnerFiles.removeTree(to);
        children.output(List.of("cp", "-a", "--", from.toString(), to.toString()), System.getenv());
        return to;
    }

    private void assertThatWhatCountsIsWhole(PlanJob job, String when) throws IOException {
        assertThat(PlanJob.clear(job.scratch()))
                .as("what the next one removes first: %s", when)
                .isEmpty();
        assertNothingIsLeft(job.scratch(), when);
        RestoreTest verification = new RestoreTest(job);
        for (String id : ids(job.plan())) {
            if (tried.add(id)) {
                BackupAttestation found = verification.verify(id, (_, _) -> {});
                assertThat(found.faults())
                        .as("%s, killed before %s: %s", id, when, log())
                        .isEmpty();
            }
        }
    }

    /**
     * Kills {@code work} before the first step that has all {@code parts}; backups that count are complete, and the
     * next run works.
     */
    private void killed(BackupPlanConfig plan, List<String> work, String... parts) throws Exception {
        List<String> steps = new ArrayList<>();
        try (CrashPoints.PausedProcess held = begin(work)) {
            while (steps.isEmpty() || !Stream.of(parts).allMatch(steps.getLast()::contains)) {
                if (!steps.isEmpty()) {
                    held.goOn();
                }
                Optional<String> step = held.next();
                assertThat(step)
                        .as("%s is no step of%n%s%n%s", List.of(parts), String.join("\n", steps), log())
                        .isPresent();
                steps.add(step.get());
            }
        }
        String when = steps.getLast();
        assertThat(PlanJob.clear(scratch))
                .as("what the next one removes: %s", when)
                .isEmpty();
        for (ProcessHandle process : sandboxed()) {
            process.onExit().join(); // the kernel is still ending it; the test's time limit ends this wait
        }
        assertThat(sandboxed()).as(when).isEmpty();
        assertThatWhatCountsIsWhole(job(plan, scratch), when);
        List<String> before = ids(plan);
        take(plan);
        assertThat(ids(plan)).hasSize(before.size() + 1).containsAll(before);
    }

    /** Requires that no plain rows are left, nor a server with them, nor its sandbox. */
    private void assertNothingIsLeft(Path where, String when) throws IOException {
        try (Stream<Path> left = Files.list(where)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .as(when)
                    .noneMatch(name -> !name.startsWith("cluster-")); // nothing was ever restored in it
        }
    }

    /** Returns the processes that have a directory of this scratch as their own, or an option to mount it. */
    private List<ProcessHandle> sandboxed() {
        String name = scratch.getFileName().toString();
        return ProcessHandle.allProcesses()
                .filter(process -> Stream.of("cmdline", "mountinfo")
                        .map(file -> Path.of("/proc", Long.toString(process.pid()), file))
                        .anyMatch(file -> read(file).contains(name)))
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    /** Its programs run in sandboxes, and one of them is a server with all restored data. */
    @Test
    void killedPostgresJobsAreSafe() throws Exception {
        try (TestingPostgres postgres = new TestingPostgres(own)) {
            postgres.sql(
                    "shop",
                    "CREATE TABLE orders AS SELECT i AS id, md5(i::text) || repeat('x', 60) AS what"
                            + " FROM generate_series(1, 10000) i; CREATE INDEX ON orders (what);"
                            + " ALTER TABLE orders ADD PRIMARY KEY (id)");
            Path password = TestingPostgres.passwordFile(own);
            write(
                    "{postgres: {database: shop, host: \"%s\", user: postgres, password-file: password}}"
                            .formatted(postgres.sockets()),
                    "{directory: " + shelves + "}");
            BackupSource source = new BackupSource.Postgres(postgres.source("shop", password), DumpFormat.CUSTOM, 1);
            BackupPlanConfig plan = plan(source, new BackupTarget.Directory(shelves, Optional.empty()));
            take(plan);
            killed(plan, TAKE, CrashPoints.STARTED, "ParallelDumps");
            killed(
                    plan,
                    VERIFY,
                    CrashPoints.STARTED,
                    "SqlSession.open < SandboxedClients.session < PostgresSourceHandler.testRestore");
        }
    }

    /** Copies and restored files are in the scratch directory, unencrypted. */
    @Test
    void killedSqliteJobsAreSafe() throws Exception {
        Path file = own.resolve("shop.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE orders (id INTEGER PRIMARY KEY, what BLOB)");
            statement.executeUpdate("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                    + " INSERT INTO orders SELECT i, randomblob(500) FROM n");
        }
        write("{sqlite: shop.db}", "{directory: " + shelves + "}");
        BackupPlanConfig plan =
                plan(new BackupSource.Sqlite(file), new BackupTarget.Directory(shelves, Optional.empty()));
        take(plan);
        for (List<String> work : List.of(TAKE, VERIFY, REHEARSE)) {
            killed(plan, work, CrashPoints.STARTED, "SqliteSandbox.run");
        }
    }

    private String log() throws IOException {
        return Files.exists(own.resolve("log")) ? Files.readString(own.resolve("log")) : "";
    }

    @Test
    void killedJobsOnDirectoryTargetsAreSafe() throws Exception {
        write("{directory: " + shelves + "}");
        BackupPlanConfig plan = files(new BackupTarget.Directory(shelves, Optional.empty()));
        take(plan);
        take(plan);
        Function<Path, BackupPlanConfig> at = copied -> files(new BackupTarget.Directory(copied, Optional.empty()));
        wouldBeKilled(TAKE, shelves, at, KilledTest::take);
        wouldBeKilled(VERIFY, shelves, at, NOTHING_MORE);
        killed(plan, TAKE, "DirectoryStorage$Part.name");
        try (var all = Files.list(shelves.resolve("files"))) {
            assertThat(all).noneMatch(path -> path.toString().endsWith(".part"));
        }
    }

    /** Complete ones stay and are skipped; an incomplete one does not count, and is taken anew. */
    @Test
    void whatWasTakenBeforeAnInterruptionIsNotTakenAgain() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        Path begun = own.resolve("begun");
        Path program = Files.writeString(own.resolve("program"), "#!/bin/sh\ntouch " + begun + "\nexec sleep 600\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(own.resolve("backups.yaml"), """
                key: backup.key
                scratch: %1$s
                plans:
                  a-files:
                    of: "shop:order/o"
                    source: {directory: tree}
                    target: {directory: %2$s}
                  b-search:
                    of: "shop:order/o"
                    source: {exec: {take: ["%3$s"], verify: [/bin/false]}}
                    target: {directory: %2$s}
                  c-files:
                    of: "shop:order/o"
                    source: {directory: tree}
                    target: {directory: %2$s}
                """.formatted(scratch, shelves, program));
        Process taking = interlock("backup", "take");
        while (!Files.exists(begun)) {
            assertThat(taking.waitFor(50, TimeUnit.MILLISECONDS)).as(log()).isFalse();
        }
        taking.destroy();
        assertThat(taking.waitFor()).isNotZero();
        assertThat(log())
                .contains("interrupted: nothing of `b-search` counts from the interrupted run, "
                        + "and the backup will start from the beginning")
                .contains("interlock backup take --due")
                .doesNotContain("c-files");
        assertThat(taken("a-files")).isEqualTo(1);
        assertThat(taken("b-search")).isZero();

        Files.writeString(program, "#!/bin/sh\necho of no use >&2\nexit 3\n");
        assertThat(interlock("backup", "take", "--due").waitFor()).as(log()).isEqualTo(69);
        assertThat(log()).contains("b-search: `program` ended with 3: of no use");
        assertThat(List.of(taken("a-files"), taken("b-search"), taken("c-files")))
                .containsExactly(1L, 0L, 1L);
    }

    private long taken(String plan) throws IOException {
        if (!Files.exists(shelves.resolve(plan))) {
            return 0;
        }
        try (var all = Files.list(shelves.resolve(plan))) {
            return all.filter(Files::isDirectory).count();
        }
    }

    /** The program writes half a file like any other if it is killed in the middle. */
    private Process interlock(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.interlock.cli.Main"));
        command.addAll(List.of(arguments));
        command.add("--config=" + own.resolve("gateway.yaml"));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(own.resolve("log").toFile()))
                .start();
    }

    @Test
    void killedJobsOnProgramTargetsAreSafe() throws Exception {
        TestingStore store = new TestingStore(Files.createDirectory(own.resolve("store")));
        write(store.written());
        BackupPlanConfig plan = files(store.target());
        take(plan);
        wouldBeKilled(TAKE, store.kept, copied -> files(store.target(copied)), NOTHING_MORE);
        killed(plan, TAKE, "write", "ExecStorage.put");
    }

    @Test
    void killedJobsOnS3TargetsAreSafe() throws Exception {
        TestingS3 server = TestingS3.shared();
        String bucket = "b" + Long.toUnsignedString(random.nextLong(), 36);
        S3Client.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .build()
                .createBucket(request -> request.bucket(bucket));
        PrivateFiles.write(
                own.resolve("credentials"),
                "aws_access_key_id = test\naws_secret_access_key = test\n".getBytes(StandardCharsets.UTF_8));
        write("{s3: {endpoint: \"%s\", region: us-east-1, bucket: %s, credentials-file: credentials, elsewhere: true}}"
                .formatted(server.endpoint(), bucket));
        BackupPlanConfig plan = files(new BackupTarget.S3(
                server.endpoint(), "us-east-1", bucket, "", true, own.resolve("credentials"), Optional.empty(), true));
        take(plan);
        take(plan);
        killed(plan, TAKE, "putObject", "BackupRepository$PartialBackup.commit");
        killed(plan, TAKE, "deleteObject", "S3Storage.removeAll");
    }
}
