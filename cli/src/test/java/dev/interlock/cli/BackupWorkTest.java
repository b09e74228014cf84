package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.ListingCache;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the backups, restore tests and reports of one plan, with a gateway that believes what a test sets. */
@Timeout(300)
@Tag("process")
class BackupWorkTest {

    private static final String COPY = TestingBackups.COPY;

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private TestingGateway gateway;
    private BackupPlanConfig plan;
    private BackupWork work;
    private Terminal terminal;

    @BeforeEach
    void start() throws Exception {
        TestingConfig.in(root, "test", TestingKey.software());
        TestingBackups.rows(root);
        gateway = TestingGateway.in(root);
        BackupConfig backups = BackupConfig.beside(root.resolve("gateway.yaml"));
        plan = backups.plan("rows");
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        terminal = new Terminal(print, print);
        work = new BackupWork(terminal, new Options(root.resolve("gateway.yaml"), false), backups);
    }

    private void does(String take, String verify) throws IOException {
        TestingBackups.program(root, take, verify);
    }

    @AfterEach
    void stop() throws IOException {
        gateway.close();
    }

    /** Root works in another user's directory there; a backup is better than none. */
    @Test
    void aTargetOfSomebodyElsesIsSaidOnce() throws IOException {
        Path target = Files.createDirectory(root.resolve("target"));
        assumeTrue(Files.getAttribute(target, "unix:uid").equals(0), "only root has more to lose than its own");
        Files.setAttribute(target, "unix:uid", 61_240);
        taken();
        taken();
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("`" + target.toRealPath() + "`, in which backups of `rows` are stored, "
                        + "can be written by users other than root");
    }

    private String taken() throws IOException {
        List<String> before = kept();
        work.take(plan, Optional.empty());
        return kept().stream().filter(id -> !before.contains(id)).findFirst().orElseThrow();
    }

    private Path directory() {
        return root.resolve("target/rows");
    }

    private List<String> kept() throws IOException {
        if (!Files.exists(directory())) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory())) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    /** The output of a killed program is not the reason. */
    @Test
    void aHangingJobTimesOut() throws IOException {
        BackupRunCommand.ScheduledWork working = new BackupRunCommand.ScheduledWork(terminal, work);
        gateway.countsNone();
        String id = taken();
        does("exec sleep infinity", "exec sleep infinity");
        assertThatThrownBy(() -> working.take(plan, Duration.ofSeconds(1))).hasMessageContaining("was stopped");
        assertThatThrownBy(() -> working.verify(plan, id, Duration.ofSeconds(1)))
                .hasMessageContaining("was stopped");
        assertThat(kept()).containsExactly(id);
        assertThat(gateway.told()).isEmpty();
    }

    private void has(int rows) throws IOException {
        String report = "echo '{\"count\":" + rows + ",\"digest\":\"1\",\"name\":\"rows\"}'";
        does("echo row; " + report + " > \"$INTERLOCK_REPORT\"", "cat > /dev/null; " + report);
    }

    /** The backup is complete; only people know whether it should contain more. */
    @Test
    void aLargeShrinkIsReported() throws IOException {
        gateway.countsNone();
        has(1000);
        String full = taken();
        work.verify(plan, Optional.of(full), Optional.empty());
        has(500);
        String half = taken();
        work.verify(plan, Optional.of(half), Optional.empty());
        assertThat(said()).doesNotContain("less than half");

        has(249);
        said.reset();
        String fallen = taken();
        String words = "! this is less than half of the data that was restored from " + half + ": 500 in 1 part";
        assertThat(said()).contains(words);
        said.reset();
        work.verify(plan, Optional.of(fallen), Optional.empty());
        assertThat(said()).contains("restored whole").contains(words);
        said.reset();
        taken();
        assertThat(said())
                .as("from now on it is what was restored last")
                .doesNotContain("! this is")
                .contains(half + " would be removed by `keep` but stays for now");
        assertThat(kept()).contains(half).doesNotContain(full);
    }

    @Test
    void jsonReportsALargeShrink() throws IOException {
        gateway.countsNone();
        BackupWork told = new BackupWork(
                terminal,
                new Options(root.resolve("gateway.yaml"), true),
                BackupConfig.beside(root.resolve("gateway.yaml")));
        has(1000);
        String full = taken();
        work.verify(plan, Optional.of(full), Optional.empty());
        has(1);
        said.reset();
        told.take(plan, Optional.empty());
        Json.Members taken = Json.readObject(said().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(taken.text("less_than_half_of")).isEqualTo(full);
        assertThat(taken.texts("spared")).isEmpty();
        said.reset();
        told.verify(plan, Optional.of(taken.text("backup")), Optional.empty());
        assertThat(Json.readObject(said().strip().getBytes(StandardCharsets.UTF_8))
                        .text("less_than_half_of"))
                .isEqualTo(full);
    }

    private static BackupRun.BackupResult taken(
            Separation separation,
            boolean sequencesKnown,
            Optional<List<String>> lacking,
            List<String> warnings,
            List<String> beside) {
        return new BackupRun.BackupResult(
                TestingAttester.id(1),
                Instant.EPOCH,
                1000,
                new Amount.Rows(1, 2),
                separation,
                Optional.of(List.of()),
                sequencesKnown,
                lacking,
                warnings,
                beside);
    }

    /** The comparisons that a restore test will omit are announced, to people and to programs. */
    @Test
    void thatNobodyKnowsOfItsSequencesIsSaid() {
        for (boolean known : List.of(true, false)) {
            BackupRun.BackupResult taken = taken(Separation.APART, known, Optional.of(List.of()), List.of(), List.of());
            assertThat(BackupWork.json(plan, taken, List.of()).flag("sequences_known"))
                    .isEqualTo(known);
            assertThat(BackupWork.words(plan, taken, List.of(), "")
                            .contains("the final sequence positions could not be read"))
                    .isNotEqualTo(known);
        }
    }

    /** A dump may end successfully and lack something. */
    @Test
    void whatWasSaidWhileItWasTakenIsShown() {
        List<String> warnings = List.of("pg_dump: warning: subscriptions not dumped", "and \u001b[2J");
        BackupRun.BackupResult taken = taken(Separation.APART, true, Optional.of(List.of()), warnings, List.of());
        assertThat(BackupWork.json(plan, taken, List.of()).texts("warnings")).isEqualTo(warnings);
        assertThat(BackupWork.words(plan, taken, List.of(), ""))
                .contains(
                        "\n    warning while it was taken: pg_dump: warning: subscriptions not " + "dumped\n",
                        "taken: and \\u{1b}[2J");
    }

    /** A person with a backup of one database of a server may think of all. */
    @Test
    void whatNoPlanSavesOfTheSameServerIsSaid() {
        for (List<String> beside : List.of(List.of("billing", "h\u001br"), List.<String>of())) {
            BackupRun.BackupResult taken = taken(Separation.APART, true, Optional.of(List.of()), List.of(), beside);
            assertThat(BackupWork.json(plan, taken, List.of()).texts("beside")).isEqualTo(beside);
            assertThat(BackupWork.words(plan, taken, List.of(), "")
                            .contains(
                                    "\n    on the same server but not saved by any plan " + "here: billing, h\\u{1b}r"))
                    .isEqualTo(!beside.isEmpty());
        }
    }

    /** A server may have thousands, and sixteen names are enough for a reader. */
    @Test
    void ofManyNeighboursTheFirstAreNamed() {
        List<String> many =
                IntStream.range(100, 120).mapToObj(each -> "d" + each).toList();
        BackupRun.BackupResult taken = taken(Separation.APART, true, Optional.of(List.of()), List.of(), many);
        assertThat(BackupWork.words(plan, taken, List.of(), ""))
                .contains("d114, d115 and 4 more")
                .doesNotContain("d116");
        assertThat(BackupWork.json(plan, taken, List.of()).texts("beside"))
                .as("programs read all of them")
                .isEqualTo(many);
    }

    /** The programs that a restore test lacks here are named while there is time to install them. */
    @Test
    void whatThisMachineLacksToTryItIsSaid() {
        for (Optional<List<String>> lacking : List.of(
                Optional.<List<String>>empty(),
                Optional.of(List.<String>of()),
                Optional.of(List.of("postgis", "a\nb")))) {
            BackupRun.BackupResult taken = taken(Separation.APART, true, lacking, List.of(), List.of());
            Json.Members json = BackupWork.json(plan, taken, List.of());
            assertThat(json.texts("extensions_lacking")).isEqualTo(lacking.orElse(List.of()));
            assertThat(json.flag("extensions_lacking_known")).isEqualTo(lacking.isPresent());
            String words = BackupWork.words(plan, taken, List.of(), "");
            assertThat(words.contains("could not check whether this machine has the extensions"))
                    .isEqualTo(lacking.isEmpty());
            assertThat(words.contains("this machine lacks these extensions of the source: " + "postgis, a\\u{a}b"))
                    .isEqualTo(lacking.filter(names -> !names.isEmpty()).isPresent());
        }
    }

    /** A destructive call may depend on it, even beside a younger one. */
    @Test
    void backupsThatTheGatewayCountsAreKept() throws IOException {
        gateway.countsNone();
        String counted = taken();
        gateway.counts(counted);
        String young = taken();
        assertThat(kept()).containsExactlyInAnyOrder(counted, young);
        gateway.countsNone();
        String last = taken();
        assertThat(kept()).containsExactly(last);
    }

    /**
     * It is restarting, or busy. The backup that it counts on may look older than another one here, and a call depends
     * on it.
     */
    @Test
    void whereTheGatewayCannotBeAskedNothingIsRemoved() throws IOException {
        gateway.countsNone();
        String counted = taken();
        gateway.counts(counted);
        gateway.goes();
        said.reset();
        assertThat(work.take(plan, Optional.empty())).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(kept()).hasSize(2).contains(counted);
        assertThat(said()).contains("`keep` removed nothing", "allows: " + counted);
        gateway.comesBack();
        gateway.refuses("backup.plans");
        assertThat(work.take(plan, Optional.empty())).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(kept()).hasSize(3).contains(counted);
        assertThat(said()).contains("It is not to be had.");
    }

    /** A machine that only takes backups has no gateway; no call depends on its backups. */
    @Test
    void whereThereIsNoGatewayWhatKeepLetsGoGoes() throws IOException {
        Files.delete(root.resolve("gateway.yaml"));
        taken();
        assertThat(work.take(plan, Optional.empty())).isEqualTo(ExitCodes.OK);
        assertThat(kept()).hasSize(1);
    }

    /** It exists, and is not taken again because others could not be removed. */
    @Test
    void whatWasTakenIsTakenWhateverBecomesOfTheOthers() throws IOException {
        gateway.countsNone();
        taken();
        try (FileChannel lock = FileChannel.open(directory().resolve(".lock"), StandardOpenOption.WRITE)) {
            gateway.asking(() -> lockedBy(lock));
            assertThat(work.take(plan, Optional.empty())).isEqualTo(ExitCodes.UNAVAILABLE);
        }
        assertThat(kept()).hasSize(2);
        assertThat(said()).contains("the backup was taken, but `keep` could not be applied: " + "another backup");
    }

    private static void lockedBy(FileChannel lock) {
        try {
            assertThat(lock.tryLock()).isNotNull();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aBackupUnderTestIsKept() throws Exception {
        gateway.countsNone();
        String old = taken();
        does(COPY, "echo 'not whole' >&2; exit 1");
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        gateway.attesting(() -> {
            asked.countDown();
            try {
                answered.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        AtomicInteger exit = new AtomicInteger(-1);
        Thread trial = Thread.ofPlatform().start(() -> {
            try {
                exit.set(work.verify(plan, Optional.of(old), Optional.empty()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        asked.await();
        String young = taken();
        assertThat(kept()).containsExactlyInAnyOrder(old, young);
        answered.countDown();
        trial.join();
        assertThat(exit).hasValue(ExitCodes.NO);
        assertThat(taken()).isNotEqualTo(young);
        assertThat(kept()).doesNotContain(old);
    }

    /** One attestation that cannot be delivered does not prevent the next backup; each is delivered once. */
    @Test
    void whatWasHeardOnceIsNotHandedInAgain() throws Exception {
        gateway.countsNone();
        String id = taken();
        gateway.goes();
        work.verify(plan, Optional.of(id), Optional.empty());
        Path note = directory().resolve(id).resolve("attested.json");
        assertThat(note).exists();
        gateway.comesBack();
        for (int times = 0; times < 3; times++) {
            assertThat(work.look(plan, new ListingCache())
                            .listing()
                            .youngest()
                            .orElseThrow()
                            .attested())
                    .isPresent();
        }
        assertThat(gateway.told())
                .as("though the gateway has forgotten it")
                .singleElement()
                .asString()
                .startsWith(id);
    }

    /** Leftovers that do not count are reported once, and so are backups that could not be removed. */
    @Test
    void leftoversAreReportedOnce() throws IOException {
        gateway.countsNone();
        String rotten = taken();
        Files.writeString(directory().resolve(rotten).resolve("manifest"), "rotten");
        Files.createDirectory(directory().resolve("stray"));
        work.look(plan, new ListingCache());
        work.look(plan, new ListingCache());
        assertThat(said()).containsOnlyOnce(rotten + " does not count");
        taken();
        taken();
        assertThat(said())
                .containsOnlyOnce("rows/other things does not count and is left in place: 1 is there "
                        + "under a name that no backup uses")
                .doesNotContain("stray");
    }

    /** A changed plan does not apply to a backup that was restored before, and nobody signs anything. */
    @Test
    void whatWasRestoredStandsWhenThePlanSaysAnotherSource() throws Exception {
        gateway.countsNone();
        does(COPY, "cat > /dev/null; echo '" + TestingBackups.REPORT + "'");
        String id = taken();
        assertThat(work.verify(plan, Optional.of(id), Optional.empty())).isEqualTo(ExitCodes.OK);
        Path file = root.resolve("backups.yaml");
        Files.writeString(file, Files.readString(file).replace(", take]", ", take, more]"));
        BackupConfig changed = BackupConfig.beside(root.resolve("gateway.yaml"));
        BackupWork then = new BackupWork(terminal, new Options(root.resolve("gateway.yaml"), false), changed);
        assertThatThrownBy(() -> then.verify(changed.plan("rows"), Optional.of(id), Optional.empty()))
                .hasMessageContaining("and the plan now says");
        assertThat(gateway.told()).containsExactly(id + " true");
        assertThat(work.verify(plan, Optional.of(id), Optional.empty())).isEqualTo(ExitCodes.OK);
    }

    /** No backup is skipped because of it, and the warning is not repeated every day. */
    @Test
    void whoElseCouldUseItsSecretsIsSaidOnce() throws Exception {
        gateway.countsNone();
        Files.setPosixFilePermissions(root.resolve("attest"), PosixFilePermissions.fromString("rw-r-----"));
        for (int times = 0; times < 2; times++) {
            assertThat(work.take(plan, Optional.empty())).isEqualTo(ExitCodes.OK);
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("the key that attests backups, can be opened by users other " + "than its owner");
    }

    private String told(BackupTarget target, Separation separation) {
        BackupPlanConfig to = new BackupPlanConfig(
                "rows", plan.of(), plan.source(), target, plan.every(), plan.keep(), Optional.empty());
        BackupRun.BackupResult taken = taken(separation, true, Optional.of(List.of()), List.of(), List.of());
        assertThat(BackupWork.json(to, taken, List.of()).text("separation")).isEqualTo(separation.word());
        return BackupWork.words(to, taken, List.of(), "");
    }

    /** Nobody inspects where storage services and programs keep data: the user is informed, as with a directory. */
    @Test
    void whatNobodySawApartIsSaidWhateverTheTarget() {
        BackupTarget s3 = new BackupTarget.S3(
                URI.create("http://127.0.0.1:9000"),
                "r",
                "backups",
                "",
                true,
                root.resolve("s3"),
                Optional.empty(),
                false);
        BackupTarget exec = new BackupTarget.Exec(new UserProgram(List.of("/bin/store"), Map.of()));
        for (BackupTarget target : List.of(s3, exec, plan.target())) {
            assertThat(told(target, Separation.UNKNOWN)).contains("only the seal says so");
            assertThat(told(target, Separation.APART)).doesNotContain("seal says");
        }
        assertThat(told(s3, Separation.SAME))
                .startsWith("✗")
                .contains("runs on the same machine as the source", "`elsewhere: true`");
        assertThat(told(plan.target(), Separation.SAME))
                .contains("it is on the same device as its source", "\n    name a `target` on another disk or machine");
    }
}
