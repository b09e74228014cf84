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
import java.io.IOException;
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
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A process that takes or tries backups is killed at random moments: what counts is whole, and the next one goes on.
 */
@Timeout(300)
class KilledTest {

    private static final int ROUNDS = 6;
    private static final int FILES = 10;
    private static final int FILE = 1 << 20;
    private static final List<String> TAKE = List.of("backup", "take", "files");
    private static final List<String> VERIFY = List.of("backup", "verify", "files");

    @TempDir
    private static Path directory;

    private static TestingS3 server;

    private final SecureRandom random = new SecureRandom();
    private final ChildProcesses children = new ChildProcesses();
    private Path own;
    private Path scratch;
    private Path tree;
    private Path shelves;

    @BeforeAll
    static void start() throws Exception {
        server = new TestingS3(Files.createDirectory(directory.resolve("s3")));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void prepare(@TempDir Path made) throws IOException {
        own = made;
        scratch = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
        shelves = Files.createTempDirectory(Path.of("/dev/shm"), "shelves");
        Encryption.newKey(own.resolve("backup.key"));
        tree = Files.createDirectory(own.resolve("tree"));
        byte[] noise = new byte[FILE];
        for (int i = 0; i < FILES; i++) {
            random.nextBytes(noise);
            Files.write(tree.resolve("file " + i), noise);
        }
    }

    @AfterEach
    void remove() throws IOException {
        children.close();
        OwnerFiles.removeTree(scratch);
        OwnerFiles.removeTree(shelves);
    }

    private Process backup(String... arguments) throws IOException {
        return interlock(
                Stream.concat(Stream.of("backup"), Stream.of(arguments)).toList());
    }

    private Process interlock(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.interlock.cli.Main"));
        command.addAll(arguments);
        command.add("--config=" + own.resolve("gateway.yaml"));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(own.resolve("log").toFile()))
                .start();
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
        return new BackupPlanConfig("files", Resource.parse("shop:order/o"), source, target, Duration.ofHours(24), Retention.USUAL);
    }

    /** Of a directory; every fourth round tries what there is. */
    private void killed(BackupTarget target) throws Exception {
        killed(plan(new BackupSource.Directory(tree), target), 4, VERIFY);
    }

    /** How long it takes if nobody ends it. */
    private long whole(List<String> work) throws Exception {
        long begun = System.nanoTime();
        assertThat(interlock(work).waitFor()).as(log()).isZero();
        return System.nanoTime() - begun;
    }

    /**
     * What counts after each kill is whole, in whatever moment that was, and nothing else is left once the next one has
     * begun; and in the end one more is taken and pruned.
     *
     * @param cycle of so many rounds the last tries what there is, and the others take
     * @param trial the command that tries it
     */
    private void killed(BackupPlanConfig plan, int cycle, List<String> trial) throws Exception {
        Encryption encryption = Encryption.of(own.resolve("backup.key"));
        PlanJob job = new PlanJob(plan, encryption, scratch, Optional.empty(), children, Clock.systemUTC(), random);
        whole(TAKE);
        long taking = whole(TAKE);
        long trying = whole(trial);
        long seed = random.nextLong();
        System.out.println("seed " + seed);
        Random moments = new Random(seed);
        int ended = 0;
        Set<String> whole = new HashSet<>();
        for (int round = 0; round < ROUNDS; round++) {
            boolean tries = round % cycle == cycle - 1;
            Process process = interlock(tries ? trial : TAKE);
            // Most of it is the start; the interesting part comes late.
            long moment = (tries ? trying : taking) * moments.nextInt(40, 100) / 100;
            ended += process.waitFor(moment, TimeUnit.NANOSECONDS) ? 1 : 0;
            process.destroyForcibly().waitFor();
            assertThat(PlanJob.clear(scratch)).as("what the next one removes first").isEmpty();
            assertNothingIsLeft("seed %d, round %d".formatted(seed, round));
            for (String id : plan.shelf(encryption, children, Clock.systemUTC()).ids()) {
                if (!whole.add(id)) {
                    continue;
                }
                BackupAttestation found = new RestoreTest(job).verify(id, (_, _) -> {});
                assertThat(found.faults())
                        .as("seed %d, round %d, %s", seed, round, log())
                        .isEmpty();
            }
        }
        System.out.println(ended + " of " + ROUNDS + " had ended before they were killed");
        RestoreTest next = new RestoreTest(job);
        String last = next.youngest(Optional.empty(), BackupListing.of(plan, encryption));
        assertThat(next.verify(last, (_, _) -> {}).faults()).isEmpty();
        int before = plan.shelf(encryption, children, Clock.systemUTC()).ids().size();
        assertThat(interlock(TAKE).waitFor()).as(log()).isZero();
        assertThat(plan.shelf(encryption, children, Clock.systemUTC()).ids()).hasSizeBetween(1, before + 1);
    }

    /** Neither rows in the clear, nor a server of them, nor what that runs in. */
    private void assertNothingIsLeft(String when) throws Exception {
        try (Stream<Path> left = Files.list(scratch)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .as(when)
                    .noneMatch(name -> !name.startsWith("cluster-")); // in which nothing was ever restored
        }
        for (ProcessHandle process : sandboxed()) {
            process.onExit().get(10, TimeUnit.SECONDS); // the kernel is at it
        }
        assertThat(sandboxed()).as(when).isEmpty();
    }

    /** Who sees a directory of this scratch as its own, or was told to show it to somebody. */
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

    /** Its programs run in sandboxes, and one of them is a server with all that was restored. */
    @Test
    void ofADatabase() throws Exception {
        try (TestingPostgres postgres = new TestingPostgres(own)) {
            postgres.sql(
                    "shop",
                    "CREATE TABLE orders AS SELECT i AS id, md5(i::text) || repeat('x', 60) AS what"
                            + " FROM generate_series(1, 100000) i; CREATE INDEX ON orders (what);"
                            + " ALTER TABLE orders ADD PRIMARY KEY (id)");
            Path password = TestingPostgres.passwordFile(own);
            write(
                    "{postgres: {database: shop, host: \"%s\", user: postgres, password-file: password}}"
                            .formatted(postgres.sockets()),
                    "{directory: " + shelves + "}");
            BackupSource source = new BackupSource.Postgres(postgres.source("shop", password), DumpFormat.CUSTOM, 1);
            killed(plan(source, new BackupTarget.Directory(shelves)), 2, VERIFY);
        }
    }

    /** What is taken and what is tried lies in scratch, in the clear. */
    @Test
    void ofAFileOfSqlite() throws Exception {
        ofAFileOfSqlite(VERIFY);
    }

    @Test
    void ofWhatIsPractised() throws Exception {
        ofAFileOfSqlite(List.of("recover", "files", "--rehearse"));
    }

    private void ofAFileOfSqlite(List<String> trial) throws Exception {
        Path file = own.resolve("shop.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE orders (id INTEGER PRIMARY KEY, what BLOB)");
            statement.executeUpdate("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                    + " INSERT INTO orders SELECT i, randomblob(500) FROM n");
        }
        write("{sqlite: shop.db}", "{directory: " + shelves + "}");
        killed(plan(new BackupSource.Sqlite(file), new BackupTarget.Directory(shelves)), 2, trial);
    }

    private String log() throws IOException {
        return Files.exists(own.resolve("log")) ? Files.readString(own.resolve("log")) : "";
    }

    @Test
    void intoADirectory() throws Exception {
        write("{directory: " + shelves + "}");
        killed(new BackupTarget.Directory(shelves));
        try (var all = Files.list(shelves.resolve("files"))) {
            assertThat(all).noneMatch(path -> path.toString().endsWith(".part"));
        }
    }

    /** What was whole before stays and is left out; what was begun counts for nothing, and is begun again. */
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
        Process taking = backup("take");
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
        assertThat(backup("take", "--due").waitFor()).as(log()).isEqualTo(69);
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

    /** The program writes half a file like any other: what is killed in the middle leaves one. */
    @Test
    void intoWhatAProgramServes() throws Exception {
        TestingStore store = new TestingStore(Files.createDirectory(own.resolve("store")));
        write(store.written());
        killed(store.target());
    }

    @Test
    void intoStorage() throws Exception {
        String bucket = "b" + Long.toUnsignedString(random.nextLong(), 36);
        S3Client.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .build()
                .createBucket(request -> request.bucket(bucket));
        OwnerFiles.write(
                own.resolve("credentials"),
                "aws_access_key_id = test\naws_secret_access_key = test\n".getBytes(StandardCharsets.UTF_8));
        write("{s3: {endpoint: \"%s\", region: us-east-1, bucket: %s, credentials-file: credentials, elsewhere: true}}"
                .formatted(server.endpoint(), bucket));
        killed(new BackupTarget.S3(
                server.endpoint(), "us-east-1", bucket, "", true, own.resolve("credentials"), Optional.empty(), true));
    }
}
