package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Resource;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRestore;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.PlanJob;
import dev.interlock.backup.RestoreTest;
import dev.interlock.backup.Retention;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.linux.PrivateFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Tests backups in storage that speaks S3, with a server that does. */
@Tag("process")
@Isolated("it counts the threads of this JVM that wait for a time to come")
class S3StorageTest {

    private static final String SECRET = "horse-staple-secret-of-storage";
    private static final int LARGE = 40 << 20;

    @TempDir
    private static Path directory;

    private static TestingPostgres postgres;
    private static TestingS3 server;
    private static S3Client other;

    private final SecureRandom random = new SecureRandom();
    private final ChildProcesses children = new ChildProcesses();
    private Path scratch;
    private Path credentials;
    private Path passwordFile;
    private Encryption encryption;
    private String bucket;

    @BeforeAll
    static void start() throws Exception {
        server = TestingS3.shared();
        postgres = new TestingPostgres(directory);
        other = S3Client.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .build();
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        scratch = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
        credentials = own.resolve("s3");
        PrivateFiles.write(
                credentials,
                ("[default]\naws_access_key_id = AKtest\naws_secret_access_key = " + SECRET + "\n")
                        .getBytes(StandardCharsets.UTF_8));
        passwordFile = own.resolve("password");
        PrivateFiles.write(passwordFile, TestingPostgres.PASSWORD.getBytes(StandardCharsets.UTF_8));
        Encryption.newKey(own.resolve("backup.key"));
        encryption = Encryption.of(own.resolve("backup.key"));
        bucket = "b" + Long.toUnsignedString(random.nextLong(), 36);
        other.createBucket(request -> request.bucket(bucket).objectLockEnabledForBucket(true));
    }

    @AfterEach
    void remove() throws IOException {
        children.close();
        OwnerFiles.removeTree(scratch);
    }

    private BackupTarget.S3 target(Optional<BackupTarget.Lock> lock) {
        return target(server.endpoint(), lock);
    }

    private BackupTarget.S3 target(URI endpoint, Optional<BackupTarget.Lock> lock) {
        return new BackupTarget.S3(endpoint, "us-east-1", bucket, "interlock/", true, credentials, lock, true);
    }

    private S3Storage place() throws IOException {
        return S3Storage.of("shop-db", target(Optional.empty()), Clock.systemUTC());
    }

    private BackupPlanConfig plan(BackupTarget target, DumpFormat format) {
        return new BackupPlanConfig(
                "shop-db",
                Resource.parse("railway:volume/v1"),
                new BackupSource.Postgres(
                        postgres.source("shop", passwordFile), format, format == DumpFormat.DIRECTORY ? 2 : 1),
                target,
                Duration.ofHours(24),
                new Retention(1, 0),
                Optional.empty());
    }

    private PlanJob job(BackupPlanConfig plan, Clock clock) {
        return new PlanJob(plan, encryption, scratch, Optional.empty(), children, clock, random);
    }

    private BackupRun taking(BackupPlanConfig plan, Clock clock) throws IOException {
        return new BackupRun(job(plan, clock));
    }

    private RestoreTest verification(BackupPlanConfig plan) throws IOException {
        return new RestoreTest(job(plan, Clock.systemUTC()));
    }

    private static final String SHOP = """
            DROP SCHEMA IF EXISTS shop CASCADE;
            CREATE SCHEMA shop;
            CREATE TABLE shop.orders (id bigint PRIMARY KEY, what text);
            INSERT INTO shop.orders SELECT i, md5(i::text) || repeat('x', 60) FROM generate_series(1, 30000) i;
            CREATE TABLE shop.lines AS SELECT * FROM shop.orders;
            """;

    private List<String> keys() {
        return other.listObjectsV2(request -> request.bucket(bucket)).contents().stream()
                .map(object -> object.key())
                .toList();
    }

    private int uploads() {
        return other.listMultipartUploads(request -> request.bucket(bucket))
                .uploads()
                .size();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aBackupIsRestoredCompletely() throws IOException {
        postgres.sql("shop", SHOP);
        BackupPlanConfig plan = plan(target(Optional.empty()), DumpFormat.DIRECTORY);
        String id = taking(plan, Clock.systemUTC()).take((_, _) -> {}).id();
        assertThat(keys())
                .containsExactlyInAnyOrder(
                        "interlock/shop-db/" + id + "/schema",
                        "interlock/shop-db/" + id + "/data-1",
                        "interlock/shop-db/" + id + "/data-2",
                        "interlock/shop-db/" + id + "/schema.sql",
                        "interlock/shop-db/" + id + "/manifest");
        RestoreTest verification = verification(plan);
        assertThat(verification.youngest(Optional.empty(), BackupListing.of(plan, encryption)))
                .isEqualTo(id);
        BackupAttestation found = verification.verify(id, (_, _) -> {});
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().text("separation")).isEqualTo("unknown");
        verification.note(found, "signature");
        assertThat(BackupListing.of(plan, encryption).youngest().orElseThrow().attested())
                .contains(found);
    }

    /** A repeated check of a target makes a storage object each time. */
    @Test
    void placesShareTheThreadsThatKeepTheirLimits() throws IOException {
        Set<Long> before = timers();
        for (int times = 0; times < 20; times++) {
            S3Storage place = place();
            assertThat(place.ids()).isEmpty();
            assertThat(place.ids()).isEmpty();
        }
        Set<Long> more = timers();
        more.removeAll(before);
        assertThat(more).hasSizeLessThanOrEqualTo(4);
    }

    /** Returns the threads that wait for a time; their names are the library's, and may change. */
    private static Set<Long> timers() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> Stream.of(thread.getValue())
                        .anyMatch(
                                frame -> frame.getClassName().startsWith(ScheduledThreadPoolExecutor.class.getName())))
                .map(thread -> thread.getKey().threadId())
                .collect(Collectors.toCollection(HashSet::new));
    }

    private BackupPlanConfig files(BackupTarget target, Path tree) {
        return new BackupPlanConfig(
                "files",
                Resource.parse("railway:volume/v1"),
                new BackupSource.Directory(tree, Optional.empty()),
                target,
                Duration.ofHours(24),
                new Retention(1, 0),
                Optional.empty());
    }

    /** It is restored directly from storage, over a link that breaks: to an empty database, and to a free path. */
    @Test
    void aBackupIsRestoredOverABreakingConnection(@TempDir Path own) throws IOException {
        postgres.sql("shop", SHOP);
        postgres.sql("postgres", "DROP DATABASE IF EXISTS again");
        postgres.sql("postgres", "CREATE DATABASE again");
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.write(tree.resolve("large"), bytes(LARGE));
        BackupTarget.S3 straight = target(Optional.empty());
        String dump = taking(plan(straight, DumpFormat.DIRECTORY), Clock.systemUTC())
                .take((_, _) -> {})
                .id();
        String copy = taking(files(straight, tree), Clock.systemUTC())
                .take((_, _) -> {})
                .id();
        try (CuttingProxy cutting = new CuttingProxy(server.endpoint())) {
            cutting.most.set(8 << 20);
            BackupTarget.S3 through = target(cutting.endpoint(), Optional.empty());
            RestoreResult shop = new BackupRestore(job(plan(through, DumpFormat.DIRECTORY), Clock.systemUTC()))
                    .into(
                            new RestoreDestination.Database(postgres.source("again", passwordFile), false),
                            dump,
                            (_, _) -> {});
            assertThat(shop.wrong()).isEmpty();
            assertThat(shop.amount()).isEqualTo(new Amount.Rows(2, 60_000));
            Path again = own.resolve("again");
            RestoreResult large = new BackupRestore(job(files(through, tree), Clock.systemUTC()))
                    .into(new RestoreDestination.RestorePath(again), copy, (_, _) -> {});
            assertThat(large.wrong()).isEmpty();
            assertThat(again.resolve("large")).hasBinaryContent(bytes(LARGE));
        }
        try (CuttingProxy cutting = new CuttingProxy(server.endpoint())) {
            cutting.most.set(3 << 19);
            BackupRestore recovery = new BackupRestore(
                    job(files(target(cutting.endpoint(), Optional.empty()), tree), Clock.systemUTC()));
            assertThatThrownBy(() -> recovery.into(
                            new RestoreDestination.RestorePath(own.resolve("third")), copy, (doing, _) -> {
                                if (doing.equals("restoring")) {
                                    cutting.most.set(0);
                                }
                            }))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("the storage");
        }
        try (var left = Files.list(own)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("tree", "again");
        }
    }

    /** Amazon's own example: GET Object, in "Signature Calculations for the Authorization Header". */
    @Test
    void requestSignaturesFollowAmazonsExample() {
        String empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assertThat(SigningS3.signature(
                        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                        "us-east-1",
                        "GET",
                        URI.create("https://examplebucket.s3.amazonaws.com/test.txt"),
                        Map.of(
                                "host",
                                "examplebucket.s3.amazonaws.com",
                                "range",
                                "bytes=0-9",
                                "x-amz-content-sha256",
                                empty,
                                "x-amz-date",
                                "20130524T000000Z"),
                        empty))
                .isEqualTo("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    }

    /** The test makes every kind of request: small files and large ones, lists, locks, deleted versions. */
    @Test
    void everyRequestIsSigned(@TempDir Path own) throws IOException {
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.write(tree.resolve("large"), bytes(LARGE));
        BackupTarget.Lock lock = new BackupTarget.Lock(BackupTarget.Lock.Mode.GOVERNANCE, 1);
        try (SigningS3 signing = new SigningS3(server.endpoint(), "AKtest", SECRET)) {
            BackupPlanConfig plan = files(target(signing.endpoint(), Optional.of(lock)), tree);
            String id = taking(plan, Clock.systemUTC()).take((_, _) -> {}).id();
            assertThat(verification(plan).verify(id, (_, _) -> {}).faults()).isEmpty();
            BackupRun later = taking(plan, Clock.offset(Clock.systemUTC(), Duration.ofDays(31)));
            later.take((_, _) -> {});
            assertThat(later.prune(_ -> false).removed()).containsExactly(id);
            assertThat(signing.passed).hasValueGreaterThan(20);
            assertThat(signing.refused).hasValue(0);
        }
    }

    /** The key's name is right, and one letter of the secret differs. */
    @Test
    void aWrongSecretGetsNothing(@TempDir Path own) throws IOException {
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.writeString(tree.resolve("small"), "small");
        try (SigningS3 signing = new SigningS3(server.endpoint(), "AKtest", SECRET.replace('h', 'H'))) {
            BackupPlanConfig plan = files(target(signing.endpoint(), Optional.empty()), tree);
            assertThatThrownBy(() -> taking(plan, Clock.systemUTC()).take((_, _) -> {}))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("answered 403 SignatureDoesNotMatch")
                    .hasMessageNotContaining("of what it was made");
            assertThatThrownBy(() -> BackupListing.of(plan, encryption)).isInstanceOf(BackupException.class);
            assertThat(signing.passed).hasValue(0);
        }
        assertThat(keys()).isEmpty();
    }

    /** Retention removes all versions of a backup. */
    @Test
    void expiredBackupsAreDeleted() throws IOException {
        postgres.sql("shop", SHOP);
        BackupPlanConfig plan = plan(target(Optional.empty()), DumpFormat.CUSTOM);
        String old = taking(plan, Clock.systemUTC()).take((_, _) -> {}).id();
        Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
        BackupRun next = taking(plan, Clock.fixed(tomorrow, ZoneOffset.UTC));
        String young = next.take((_, _) -> {}).id();
        assertThat(next.prune(_ -> false).removed()).containsExactly(old);
        assertThat(keys()).isNotEmpty().allMatch(key -> key.contains(young));
        assertThat(other.listObjectVersions(request -> request.bucket(bucket)).versions())
                .isNotEmpty()
                .allMatch(version -> version.key().contains(young));
    }

    @Test
    void lockedBackupsAreReportedAndNotRemoved() throws IOException {
        postgres.sql("shop", SHOP);
        BackupTarget.Lock lock = new BackupTarget.Lock(BackupTarget.Lock.Mode.COMPLIANCE, 30);
        BackupPlanConfig plan = plan(target(Optional.of(lock)), DumpFormat.CUSTOM);
        String old = taking(plan, Clock.systemUTC()).take((_, _) -> {}).id();
        for (String name : List.of("dump", "manifest")) {
            var retention = other.getObjectRetention(
                            request -> request.bucket(bucket).key("interlock/shop-db/" + old + "/" + name))
                    .retention();
            assertThat(retention.modeAsString()).isEqualTo("COMPLIANCE");
            assertThat(retention.retainUntilDate())
                    .isAfter(Instant.now().plus(Duration.ofDays(29)))
                    .isBefore(Instant.now().plus(Duration.ofDays(31)));
        }
        BackupRun tomorrow = taking(plan, Clock.offset(Clock.systemUTC(), Duration.ofDays(1)));
        tomorrow.take((_, _) -> {});
        assertThat(tomorrow.prune(_ -> false).removed()).isEmpty();
        BackupRun later = taking(plan, Clock.offset(Clock.systemUTC(), Duration.ofDays(31)));
        assertThat(later.prune(_ -> false).removed()).containsExactly(old);
    }

    /** The bucket was made without object lock, so nothing is locked whatever the request. */
    @Test
    void aBackupWithoutItsLockDoesNotCount() throws IOException {
        postgres.sql("shop", SHOP);
        bucket = "unlocked" + bucket;
        other.createBucket(request -> request.bucket(bucket));
        BackupTarget.Lock lock = new BackupTarget.Lock(BackupTarget.Lock.Mode.GOVERNANCE, 1);
        BackupPlanConfig plan = plan(target(Optional.of(lock)), DumpFormat.CUSTOM);
        assertThatThrownBy(() -> taking(plan, Clock.systemUTC()).take((_, _) -> {}))
                .isInstanceOf(BackupException.class);
        assertThat(keys()).isEmpty();
    }

    /** S3 accepts the lock with the upload, so the file is never unlocked. */
    @Test
    void theLockIsAskedForWithTheUpload() throws IOException {
        BackupTarget.Lock lock = new BackupTarget.Lock(BackupTarget.Lock.Mode.COMPLIANCE, 2);
        try (CuttingProxy between = new CuttingProxy(server.endpoint())) {
            BackupTarget.S3 target = target(between.endpoint(), Optional.of(lock));
            for (int size : List.of(1_000, LARGE)) {
                between.heard.reset();
                S3Storage place = S3Storage.of("shop-db", target, Clock.systemUTC());
                try (BackupStorage.StorageFile sink =
                        place.begin("20260101T000000Z-abcdef").file("of-" + size)) {
                    sink.write(bytes(size), 0, size);
                    sink.finish();
                }
                String heard = between.heard.toString(StandardCharsets.ISO_8859_1);
                assertThat(heard.toLowerCase(java.util.Locale.ROOT).lines())
                        .contains("x-amz-object-lock-mode: compliance")
                        .anyMatch(line -> line.startsWith("x-amz-object-lock-retain-until-date: 20"))
                        .noneMatch(line -> line.contains(SECRET));
            }
        }
    }

    @Test
    void multipartObjectsReadBackAsWritten() throws IOException {
        byte[] content = bytes(LARGE);
        S3Storage place = place();
        try (BackupStorage.PendingBackup beginning = place.begin("20260101T000000Z-abcdef");
                BackupStorage.StorageFile sink = beginning.file("dump")) {
            sink.write(content, 0, LARGE - 5);
            assertThat(uploads()).isEqualTo(1);
            assertThat(keys()).isEmpty(); // nothing is there before everything is
            sink.write(content, LARGE - 5, 5);
            sink.finish();
            beginning.name();
        }
        assertThat(uploads()).isZero();
        assertThat(place.size("20260101T000000Z-abcdef", "dump")).hasValue(LARGE);
        try (InputStream in = place.read("20260101T000000Z-abcdef", "dump")) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void anAbortedUploadLeavesNothing() throws IOException {
        S3Storage place = place();
        try (BackupStorage.PendingBackup beginning = place.begin("20260101T000000Z-abcdef");
                BackupStorage.StorageFile whole = beginning.file("data-1");
                BackupStorage.StorageFile half = beginning.file("data-2")) {
            whole.write(bytes(100), 0, 100);
            whole.finish();
            half.write(bytes(LARGE), 0, LARGE);
            assertThat(uploads()).isEqualTo(1);
        }
        assertThat(uploads()).isZero();
        assertThat(keys()).isEmpty();
    }

    /** A kill leaves its uploads open. */
    @Test
    void leftoversOfAKilledBackupNeverCountAndAreRemoved() throws IOException {
        BackupStorage.PendingBackup beginning = place().begin("20260101T000000Z-abcdef");
        BackupStorage.StorageFile whole = beginning.file("data-1");
        whole.write(bytes(100), 0, 100);
        whole.finish();
        beginning.file("data-2").write(bytes(LARGE), 0, LARGE);

        S3Storage next = place();
        next.hold().close();
        assertThat(next.ids()).isEmpty();
        assertThat(keys()).hasSize(1); // another machine could be writing it
        assertThat(uploads()).isEqualTo(1);

        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(10));
        S3Storage last = S3Storage.of("shop-db", target(Optional.empty()), later);
        last.hold().close();
        assertThat(keys()).isEmpty();
        assertThat(uploads()).isZero();
    }

    private S3Storage place(URI endpoint, Duration later) throws IOException {
        return S3Storage.of("files", target(endpoint, Optional.empty()), Clock.offset(Clock.systemUTC(), later));
    }

    private void leave(String id, String... names) throws IOException {
        BackupStorage.PendingBackup beginning =
                place(server.endpoint(), Duration.ZERO).begin(id);
        for (String name : names) {
            try (BackupStorage.StorageFile sink = beginning.file(name)) {
                sink.write(bytes(100), 0, 100);
                sink.finish();
            }
        }
    }

    /**
     * A lock, or credentials without the permission, makes the server answer 403. Each backup is taken nevertheless.
     */
    @Test
    void undeletableObjectsBlockNoBackup(@TempDir Path own) throws IOException {
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        String locked = "20260101T000000Z-abcdef";
        String free = "20260101T000000Z-fedcba";
        leave(locked, "content", "listing");
        leave(free, "content");
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(10));
        try (CuttingProxy refusing = new CuttingProxy(server.endpoint())) {
            refusing.refused = locked + "/content";
            BackupPlanConfig plan = files(target(refusing.endpoint(), Optional.empty()), tree);
            String first = taking(plan, Clock.systemUTC()).take((_, _) -> {}).id();
            BackupRun second = taking(plan, Clock.offset(Clock.systemUTC(), Duration.ofDays(1)));
            String old = second.take((_, _) -> {}).id();
            BackupRun third = taking(plan, later);
            String young = third.take((_, _) -> {}).id();
            assertThat(keys())
                    .as("what can be removed is")
                    .contains("interlock/files/" + locked + "/content")
                    .doesNotContain("interlock/files/" + locked + "/listing", "interlock/files/" + free + "/content");
            refusing.refused = "/" + first + "/";
            BackupRun.PruneResult pruned = third.prune(_ -> false);
            assertThat(pruned.removed()).containsExactly(old);
            assertThat(pruned.unremoved()).containsOnlyKeys(first);
            assertThat(pruned.unremoved().get(first)).endsWith("answered 403 AccessDenied");
            assertThat(pruned.left()).isEmpty(); // earlier leftovers are gone meanwhile
            assertThat(place(server.endpoint(), Duration.ZERO).ids()).containsExactly(first, young);
        }
    }

    /** Half of a backup with a manifest would count. */
    @Test
    void whoseManifestCannotBeDeletedStaysWhole(@TempDir Path own) throws IOException {
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        String id = taking(files(target(Optional.empty()), tree), Clock.systemUTC())
                .take((_, _) -> {})
                .id();
        List<String> whole = keys();
        try (CuttingProxy refusing = new CuttingProxy(server.endpoint())) {
            refusing.refused = id + "/manifest";
            BackupStorage place = place(refusing.endpoint(), Duration.ZERO);
            assertThatThrownBy(() -> BackupStorage.runOnStorage(() -> {
                        place.remove(id);
                        return id;
                    }))
                    .hasMessageEndingWith("answered 403 AccessDenied");
        }
        assertThat(keys()).containsExactlyInAnyOrderElementsOf(whole);
        place(server.endpoint(), Duration.ZERO).remove(id);
        assertThat(keys()).isEmpty();
    }

    @Test
    void undeletableLeftoversAreReported() throws IOException {
        String locked = "20260101T000000Z-abcdef";
        leave(locked, "content");
        try (CuttingProxy refusing = new CuttingProxy(server.endpoint())) {
            refusing.refused = "";
            try (BackupStorage.StorageLock held =
                    place(refusing.endpoint(), Duration.ofDays(10)).hold()) {
                assertThat(held.unremoved()).containsOnlyKeys(locked);
                assertThat(held.unremoved().get(locked)).endsWith("answered 403 AccessDenied");
            }
        }
    }

    /** The lock comes from the bucket's own rule, or from an earlier version of the plan. S3Mock would delete it. */
    @Test
    void objectsLockedByOthersAreNotRemoved(@TempDir Path own) throws IOException {
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        BackupPlanConfig locked =
                files(target(Optional.of(new BackupTarget.Lock(BackupTarget.Lock.Mode.GOVERNANCE, 30))), tree);
        String old = taking(locked, Clock.systemUTC()).take((_, _) -> {}).id();
        BackupPlanConfig plan = files(target(Optional.empty()), tree);
        BackupRun tomorrow = taking(plan, Clock.offset(Clock.systemUTC(), Duration.ofDays(1)));
        tomorrow.take((_, _) -> {});
        assertThat(tomorrow.prune(_ -> false)).isEqualTo(BackupRun.PruneResult.NOTHING);
        BackupRun later = taking(plan, Clock.offset(Clock.systemUTC(), Duration.ofDays(31)));
        assertThat(later.prune(_ -> false).removed()).containsExactly(old);
    }

    /**
     * A user who may only hide objects could make us delete the rest. S3Mock lists objects behind a delete marker; S3
     * does not, so the proxy answers for it.
     */
    @Test
    void oneWhoseManifestIsHiddenIsLeft(@TempDir Path own) throws IOException {
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        String id = taking(files(target(Optional.empty()), tree), Clock.systemUTC())
                .take((_, _) -> {})
                .id();
        List<String> whole = keys();
        assertThat(whole).contains("interlock/files/" + id + "/manifest");
        String killed = "20260101T000000Z-abcdef";
        leave(killed, "content");
        try (CuttingProxy hiding = new CuttingProxy(server.endpoint())) {
            hiding.listed = List.of("interlock/files/" + id + "/content", "interlock/files/" + killed + "/content");
            S3Storage place = place(hiding.endpoint(), Duration.ofDays(10));
            assertThat(place.ids()).isEmpty();
            assertThat(place.leftovers())
                    .hasSize(2)
                    .hasEntrySatisfying(id, why -> assertThat(why).contains("its manifest is hidden"))
                    .containsEntry(killed, "it has no manifest");
            assertThat(place(hiding.endpoint(), Duration.ofDays(8)).leftovers())
                    .as("it may be being taken")
                    .hasEntrySatisfying(id, why -> assertThat(why).contains("its manifest is hidden"))
                    .hasEntrySatisfying(killed, why -> assertThat(why).startsWith("it is being taken, or was not"));
            hiding.tellsVersions = false;
            assertThat(place.leftovers().values())
                    .hasSize(2)
                    .allMatch(why -> why.contains("it cannot be checked from here whether one " + "is hidden"));
            hiding.tellsVersions = true;
            try (BackupStorage.StorageLock held = place.hold()) {
                assertThat(held.unremoved()).containsOnlyKeys(id);
                assertThat(held.unremoved().get(id)).contains("its manifest is hidden");
            }
        }
        assertThat(keys()).containsExactlyInAnyOrderElementsOf(whole);
    }

    /** Nobody removes them either, however old they are. */
    @Test
    void foreignNamesAreOnlyCounted() throws IOException {
        List<String> names = TestingStore.NO_NAMES.stream()
                .filter(name -> !name.contains("\n"))
                .toList();
        for (String name : names) {
            leave(name, "content", "manifest");
        }
        List<String> whole = keys();
        S3Storage place = place(server.endpoint(), Duration.ofDays(10));
        Map<String, String> others =
                Map.of("other things", names.size() + " are there under names that no backup uses");
        assertThat(place.ids()).isEmpty();
        assertThat(place.leftovers()).isEqualTo(others);
        try (BackupStorage.StorageLock held = place.hold()) {
            assertThat(held.unremoved()).isEqualTo(others);
        }
        assertThat(keys()).containsExactlyInAnyOrderElementsOf(whole);
    }

    /** A foreign object is not removed, however old it is, beside our objects or among them. */
    @Test
    void onlyFilesOfABackupAreRemoved(@TempDir Path own) throws IOException {
        Path tree = Files.createDirectory(own.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        String left = "20260101T000000Z-abcdef";
        leave(left, "content", "data-12");
        String taken = taking(files(target(Optional.empty()), tree), Clock.systemUTC())
                .take((_, _) -> {})
                .id();
        List<String> foreign = Stream.of(
                        "2024/x",
                        "other/" + taken + "/manifest",
                        left + "x/content",
                        left + "/a.jpg",
                        left + "/content/x",
                        left + "/data-1x",
                        taken + "/manifest.pdf",
                        taken + "/deeper/manifest")
                .map(name -> "interlock/files/" + name)
                .toList();
        foreign.forEach(key -> put(key, bytes(100)));
        S3Storage place = place(server.endpoint(), Duration.ofDays(10));
        try (BackupStorage.StorageLock held = place.hold()) {
            assertThat(held.unremoved())
                    .containsOnly(
                            Map.entry("other things", "3 are there under names that no backup " + "uses"),
                            Map.entry(left, "Interlock does not remove the other files in it"));
            place.remove(taken);
        }
        assertThat(keys()).containsExactlyInAnyOrderElementsOf(foreign);
        assertThat(place.ids()).isEmpty();
    }

    @Test
    void aChangedBackupDoesNotCount() throws IOException {
        postgres.sql("shop", SHOP);
        BackupPlanConfig plan = plan(target(Optional.empty()), DumpFormat.CUSTOM);
        String id = taking(plan, Clock.systemUTC()).take((_, _) -> {}).id();
        String key = "interlock/shop-db/" + id + "/dump";
        byte[] right = other.getObjectAsBytes(request -> request.bucket(bucket).key(key))
                .asByteArray();
        byte[] altered = right.clone();
        altered[altered.length / 2] ^= 1;
        put(key, altered);
        assertThat(verification(plan).verify(id, (_, _) -> {}).faults())
                .singleElement()
                .asString()
                .contains("was altered, truncated or swapped with another");
        put(key, java.util.Arrays.copyOf(right, right.length - 1));
        assertThat(verification(plan).verify(id, (_, _) -> {}).faults())
                .singleElement()
                .asString()
                .endsWith(": it is cut off");
        other.deleteObject(request -> request.bucket(bucket).key(key));
        assertThat(verification(plan).verify(id, (_, _) -> {}).faults())
                .singleElement()
                .asString()
                .startsWith("its dump is missing, and had ");
    }

    private void put(String key, byte[] bytes) {
        other.putObject(request -> request.bucket(bucket).key(key), RequestBody.fromBytes(bytes));
    }

    /**
     * A proxy in front of the server. It passes a limited number of bytes of answers on each connection, and answers
     * refused requests itself.
     */
    private static final class CuttingProxy implements AutoCloseable {
        private static final String WHY = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

        private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final AtomicInteger most = new AtomicInteger(Integer.MAX_VALUE);
        private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

        /** Versions with this in their names are not deleted. */
        private volatile @Nullable String refused;

        private volatile boolean tellsVersions = true;
        private volatile boolean tellsUploads = true;

        /** The only entries of listings of objects, if set. */
        private volatile @Nullable List<String> listed;

        CuttingProxy(URI to) throws IOException {
            Thread.ofVirtual().start(() -> {
                while (!listening.isClosed()) {
                    try {
                        Socket client = listening.accept();
                        Socket upstream = new Socket(to.getHost(), to.getPort());
                        Thread.ofVirtual().start(() -> ask(client, upstream));
                        Thread.ofVirtual().start(() -> pass(upstream, client, most.get()));
                    } catch (IOException e) {
                        // It was closed.
                    }
                }
            });
        }

        /** Requests are not pipelined, and each head arrives in one piece. */
        private void ask(Socket client, Socket upstream) {
            try (client;
                    upstream) {
                InputStream in = client.getInputStream();
                byte[] piece = new byte[1 << 14];
                for (int read; (read = in.read(piece)) >= 0; ) {
                    String line = new String(piece, 0, Math.min(read, 4096), StandardCharsets.ISO_8859_1)
                            .lines()
                            .findFirst()
                            .orElse("");
                    String without = refused;
                    List<String> instead = listed;
                    if (instead != null && line.startsWith("GET ") && line.contains("list-type=2")) {
                        answer(client, "200 OK", list(instead));
                    } else if (line.startsWith("GET ")
                            && ((!tellsVersions && line.contains("versions"))
                                    || (!tellsUploads && line.contains("uploads")))) {
                        answer(client, "403 Forbidden", WHY);
                    } else if (without != null
                            && line.startsWith("DELETE ")
                            && line.contains("versionId=")
                            && line.contains(without)) {
                        answer(client, "403 Forbidden", WHY);
                    } else {
                        heard.write(piece, 0, Math.min(read, 4096)); // heads are short
                        upstream.getOutputStream().write(piece, 0, read);
                    }
                }
            } catch (IOException e) {
                // One side has ended.
            }
        }

        private static void answer(Socket client, String status, String body) throws IOException {
            String whole = "HTTP/1.1 " + status + "\r\nContent-Type: application/xml\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body;
            client.getOutputStream().write(whole.getBytes(StandardCharsets.ISO_8859_1));
        }

        private static String list(List<String> keys) {
            String objects = keys.stream()
                    .map(key -> "<Contents><Key>" + key + "</Key><LastModified>" + Instant.now()
                            + "</LastModified><Size>100</Size></Contents>")
                    .collect(Collectors.joining());
            return "<ListBucketResult><IsTruncated>false</IsTruncated>" + objects + "</ListBucketResult>";
        }

        private static void pass(Socket from, Socket to, int most) {
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                byte[] piece = new byte[1 << 14];
                int left = most;
                for (int read; left > 0 && (read = in.read(piece)) >= 0; left -= read) {
                    out.write(piece, 0, Math.min(read, left));
                }
            } catch (IOException e) {
                // One side has ended.
            }
        }

        URI endpoint() {
            return URI.create("http://127.0.0.1:" + listening.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }

    @Test
    void aBrokenConnectionIsResumed() throws IOException {
        byte[] content = bytes(3 << 20);
        put("interlock/shop-db/20260101T000000Z-abcdef/dump", content);
        try (CuttingProxy cutting = new CuttingProxy(server.endpoint())) {
            cutting.most.set(1 << 20);
            S3Storage place = S3Storage.of("shop-db", target(cutting.endpoint(), Optional.empty()), Clock.systemUTC());
            try (InputStream in = place.read("20260101T000000Z-abcdef", "dump")) {
                assertThat(in.readAllBytes()).isEqualTo(content);
            }
        }
    }

    /** A broken link says nothing about a backup: the test must be repeated. */
    @Test
    void aLostConnectionIsNotTheBackupsFault() throws IOException {
        // The data exceeds one segment, and the amount that passes at once.
        postgres.sql(
                "shop",
                SHOP
                        + "INSERT INTO shop.lines SELECT i, md5(i::text) || md5((-i)::text) FROM generate_series(1, 90000) i");
        String id = taking(plan(target(Optional.empty()), DumpFormat.CUSTOM), Clock.systemUTC())
                .take((_, _) -> {})
                .id();
        try (CuttingProxy cutting = new CuttingProxy(server.endpoint())) {
            cutting.most.set(3 << 19);
            BackupPlanConfig through = plan(target(cutting.endpoint(), Optional.empty()), DumpFormat.CUSTOM);
            RestoreTest verification = verification(through);
            assertThatThrownBy(() -> verification.verify(id, (doing, _) -> {
                        if (doing.startsWith("restoring")) {
                            cutting.most.set(0);
                        }
                    }))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("the storage");
        }
    }

    @Test
    void credentialsThatOthersCanReadAreNotUsed() throws IOException {
        Files.setPosixFilePermissions(credentials, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(this::place)
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("can be read by others");
    }

    @Test
    void errorsRevealNoSecret() throws IOException {
        bucket = "there-is-none";
        assertThatThrownBy(() -> BackupStorage.runOnStorage(place()::ids))
                .isInstanceOf(BackupException.class)
                .hasMessage("the storage `" + server.endpoint() + "` answered 404 NoSuchBucket")
                .satisfies(thrown -> assertThat(org.assertj.core.util.Throwables.getStackTrace(thrown))
                        .doesNotContain(SECRET));
        Files.delete(credentials);
        PrivateFiles.write(credentials, ("aws_secret_access_key: " + SECRET + "\n").getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(this::place)
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("does not hold")
                .hasMessageNotContaining(SECRET);
    }

    private void credentials(String text) throws IOException {
        Files.deleteIfExists(credentials);
        PrivateFiles.write(credentials, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Those of `[admin]` may do more than the seal knows, and a mixture of two profiles is invalid. */
    @Test
    void credentialsAreThoseOfOneProfileThatLasts() throws IOException {
        String one = "[backup]\naws_access_key_id = a\naws_secret_access_key = " + SECRET + "\n";
        credentials(one + "region = a\nregion = b\n");
        assertThat(place().isServedHere()).isFalse();
        credentials(one + "[admin]\naws_access_key_id = b\n");
        assertThatThrownBy(this::place)
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("says `aws_access_key_id` twice")
                .hasMessageNotContaining(SECRET);
        credentials(one + "aws_session_token = " + SECRET + "\n");
        assertThatThrownBy(this::place)
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("holds `aws_session_token`")
                .hasMessageNotContaining(SECRET);
        Files.delete(credentials);
        assertThatThrownBy(this::place)
                .isInstanceOf(BackupException.class)
                .hasMessage("there is no file with credentials `" + credentials + "`");
    }

    /** The upload is given up, and the list of uploads is refused: its manifest must not count. */
    @Test
    void anUploadThatCannotBeAbortedDoesNotCount() throws IOException {
        try (CuttingProxy refusing = new CuttingProxy(server.endpoint())) {
            BackupStorage place = place(refusing.endpoint(), Duration.ZERO);
            BackupStorage.PendingBackup beginning = place.begin("20260101T000000Z-abcdef");
            for (String name : List.of("content", "manifest")) {
                try (BackupStorage.StorageFile sink = beginning.file(name)) {
                    sink.write(bytes(100), 0, 100);
                    sink.finish();
                }
            }
            assertThat(place.ids()).hasSize(1);
            refusing.tellsUploads = false;
            assertThatThrownBy(() -> BackupStorage.runOnStorage(() -> {
                        beginning.close();
                        return true;
                    }))
                    .hasMessageEndingWith("answered 403 AccessDenied");
            assertThat(place.ids()).isEmpty();
        }
        assertThat(keys()).isEmpty();
    }

    @Test
    void secretsAreNotSentInClearText() {
        for (String endpoint :
                List.of("http://storage.example.com", "ftp://127.0.0.1", "https://u:p@example.com", "x")) {
            assertThatThrownBy(() -> target(URI.create(endpoint), Optional.empty()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("`endpoint`");
        }
    }
}
