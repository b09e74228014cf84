package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.Backups;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Remembered;
import dev.interlock.backup.Taking;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.place.Target;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is taken, tried and told of one plan, and a gateway that believes what it is told to believe. */
@Timeout(60)
class BackupWorkTest {

    private static final String REPORT = "{\"count\":1,\"digest\":\"1\",\"name\":\"rows\"}";

    private static final String COPY = "echo row; echo '" + REPORT + "' > \"$INTERLOCK_REPORT\"";

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final List<String> attested = Collections.synchronizedList(new ArrayList<>());
    private ServerSocketChannel gateway;
    private volatile Runnable attesting = () -> {};
    private volatile Runnable asking = () -> {};
    private volatile Json.Members standing = Json.object();
    private Plan plan;
    private BackupWork work;
    private Terminal terminal;

    @BeforeEach
    void start() throws Exception {
        TestingConfig.in(root, "test", TestingKey.software());
        Path run = Files.createDirectories(root.resolve("run"));
        does(COPY, "cat > /dev/null; " + COPY);
        TestingBackups.keys(root);
        Files.writeString(root.resolve("backups.yaml"), """
                key: backup.key
                attest-key: attest
                scratch: scratch
                plans:
                  rows:
                    of: "shop:order/o-2"
                    source: {exec: {take: ["%1$s", take], verify: ["%1$s", verify]}}
                    target: {directory: target}
                    keep: {daily: 1, weekly: 0}
                """.formatted(program()));
        gateway = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        gateway.bind(UnixDomainSocketAddress.of(run.resolve("admin.sock")));
        Thread.ofVirtual().start(this::serve);
        Backups backups = Backups.beside(root.resolve("gateway.yaml"));
        plan = backups.plan("rows");
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        terminal = new Terminal(print, print);
        work = new BackupWork(terminal, new Options(root.resolve("gateway.yaml"), false), backups);
    }

    private Path program() {
        return root.resolve("program");
    }

    private void does(String take, String verify) throws IOException {
        Files.writeString(program(), "#!/bin/sh\ncase $1 in\ntake) " + take + " ;;\nverify) " + verify + " ;;\nesac\n");
        Files.setPosixFilePermissions(program(), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void serve() {
        try {
            while (true) {
                SocketChannel one = gateway.accept();
                Thread.ofVirtual().start(() -> serve(one));
            }
        } catch (IOException e) {
            // It was closed.
        }
    }

    private void serve(SocketChannel one) {
        try (one;
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(one), StandardCharsets.UTF_8))) {
            Json.Members asked = Json.readObject(in.readLine().getBytes(StandardCharsets.UTF_8));
            String answer =
                    Json.object().with("ok", true).with("result", answer(asked)).canonicalText() + "\n";
            one.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Json.Members answer(Json.Members asked) {
        if (asked.text("command").equals("backup.standing")) {
            asking.run();
            return Json.object().with("plans", Json.object().with("rows", standing));
        }
        if (asked.text("command").equals("backup.looked")) {
            boolean looked = asked.object("arguments").flag("looked");
            attested.add("looked " + looked);
            standing =
                    looked ? standing.without(List.of("unlooked")) : standing.with("unlooked", "2026-11-22T15:50:02Z");
            return Json.object();
        }
        Json.Members what = asked.object("arguments").object("attestation");
        attesting.run();
        attested.add(what.text("backup") + " " + what.flag("restored"));
        return Json.object().with("receipt", "R-1");
    }

    private void counts(String id) {
        standing =
                Json.object().with("counted", id).withTexts("failed", List.of()).with("tried", Json.object());
    }

    private void countsNone() {
        standing = Json.object().withTexts("failed", List.of()).with("tried", Json.object());
    }

    @AfterEach
    void stop() throws IOException {
        gateway.close();
    }

    /** Root works there in somebody else's hands; a backup is better than none. */
    @Test
    void aTargetOfSomebodyElsesIsSaidOnce() throws IOException {
        Path target = Files.createDirectory(root.resolve("target"));
        assumeTrue(Files.getAttribute(target, "unix:uid").equals(0), "only root has more to lose than its own");
        Files.setAttribute(target, "unix:uid", 61_240);
        taken();
        taken();
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce(
                        "`" + target.toRealPath() + "`, in which backups of `rows` lie, can be written by others");
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

    /** What a program says that was killed is not why. */
    @Test
    void aJobThatHangsIsGivenUp() throws IOException {
        BackupRunCommand.Working working = new BackupRunCommand.Working(terminal, work);
        countsNone();
        String id = taken();
        does("exec sleep infinity", "exec sleep infinity");
        assertThatThrownBy(() -> working.take(plan, Duration.ofSeconds(1))).hasMessageContaining("was given up");
        assertThatThrownBy(() -> working.verify(plan, id, Duration.ofSeconds(1)))
                .hasMessageContaining("was given up");
        assertThat(kept()).containsExactly(id);
        assertThat(attested).isEmpty();
    }

    private void has(int rows) throws IOException {
        String report = "echo '{\"count\":" + rows + ",\"digest\":\"1\",\"name\":\"rows\"}'";
        does("echo row; " + report + " > \"$INTERLOCK_REPORT\"", "cat > /dev/null; " + report);
    }

    /** It is whole, and nobody but people can say whether that is all there should be. */
    @Test
    void thatMostOfItIsGoneIsSaid() throws IOException {
        countsNone();
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
        String words = "! this is less than half of what was restored of " + half + ": 500 in 1 part";
        assertThat(said()).contains(words);
        said.reset();
        work.verify(plan, Optional.of(fallen), Optional.empty());
        assertThat(said()).contains("restored whole").contains(words);
        said.reset();
        taken();
        assertThat(said())
                .as("from now on it is what was restored last")
                .doesNotContain("! this is")
                .contains(half + " was to go by `keep`, and stays for a while");
        assertThat(kept()).contains(half).doesNotContain(full);
    }

    @Test
    void programsAreToldThatMostOfItIsGone() throws IOException {
        countsNone();
        BackupWork told = new BackupWork(
                terminal,
                new Options(root.resolve("gateway.yaml"), true),
                Backups.beside(root.resolve("gateway.yaml")));
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

    private static Taking.Taken taken(
            Separation separation,
            boolean sequencesKnown,
            Optional<List<String>> lacking,
            List<String> warnings,
            List<String> beside) {
        return new Taking.Taken(
                "b1",
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

    /** What a trial will not compare is said beforehand, to people and to programs. */
    @Test
    void thatNobodyKnowsOfItsSequencesIsSaid() {
        for (boolean known : List.of(true, false)) {
            Taking.Taken taken = taken(Separation.APART, known, Optional.of(List.of()), List.of(), List.of());
            assertThat(BackupWork.json(plan, taken, List.of()).flag("sequences_known"))
                    .isEqualTo(known);
            assertThat(BackupWork.words(plan, taken, List.of(), "").contains("where its sequences stood in the end"))
                    .isNotEqualTo(known);
        }
    }

    /** A dump may end well and lack something. */
    @Test
    void whatWasSaidWhileItWasTakenIsShown() {
        List<String> warnings = List.of("pg_dump: warning: subscriptions not dumped", "and \u001b[2J");
        Taking.Taken taken = taken(Separation.APART, true, Optional.of(List.of()), warnings, List.of());
        assertThat(BackupWork.json(plan, taken, List.of()).texts("warnings")).isEqualTo(warnings);
        assertThat(BackupWork.words(plan, taken, List.of(), ""))
                .contains(
                        "\n    it was said while it was taken: pg_dump: warning: subscriptions not dumped\n",
                        "taken: and \\u{1b}[2J");
    }

    /** Whoever has a backup of one database of a server thinks of all. */
    @Test
    void whatNoPlanSavesOfTheSameServerIsSaid() {
        for (List<String> beside : List.of(List.of("billing", "h\u001br"), List.<String>of())) {
            Taking.Taken taken = taken(Separation.APART, true, Optional.of(List.of()), List.of(), beside);
            assertThat(BackupWork.json(plan, taken, List.of()).texts("beside")).isEqualTo(beside);
            assertThat(BackupWork.words(plan, taken, List.of(), "")
                            .contains("\n    on the same server, and saved by no plan here: billing, h\\u{1b}r"))
                    .isEqualTo(!beside.isEmpty());
        }
    }

    /** A host of many has thousands, and whoever reads of sixteen has read enough. */
    @Test
    void ofManyNeighboursTheFirstAreNamed() {
        List<String> many =
                IntStream.range(100, 120).mapToObj(each -> "d" + each).toList();
        Taking.Taken taken = taken(Separation.APART, true, Optional.of(List.of()), List.of(), many);
        assertThat(BackupWork.words(plan, taken, List.of(), ""))
                .contains("d114, d115 and 4 more")
                .doesNotContain("d116");
        assertThat(BackupWork.json(plan, taken, List.of()).texts("beside"))
                .as("programs read all of them")
                .isEqualTo(many);
    }

    /** What keeps a backup from being tried here is said while there is time to install it. */
    @Test
    void whatThisMachineLacksToTryItIsSaid() {
        for (Optional<List<String>> lacking : List.of(
                Optional.<List<String>>empty(),
                Optional.of(List.<String>of()),
                Optional.of(List.of("postgis", "a\nb")))) {
            Taking.Taken taken = taken(Separation.APART, true, lacking, List.of(), List.of());
            Json.Members json = BackupWork.json(plan, taken, List.of());
            assertThat(json.texts("extensions_lacking")).isEqualTo(lacking.orElse(List.of()));
            assertThat(json.flag("extensions_lacking_known")).isEqualTo(lacking.isPresent());
            String words = BackupWork.words(plan, taken, List.of(), "");
            assertThat(words.contains("could not be found out")).isEqualTo(lacking.isEmpty());
            assertThat(words.contains("not got what the source is extended with: postgis, a\\u{a}b"))
                    .isEqualTo(lacking.filter(names -> !names.isEmpty()).isPresent());
        }
    }

    /** A destroying call may rest on it, whatever is noted beside a younger one. */
    @Test
    void whatTheGatewayCountsOnStays() throws IOException {
        countsNone();
        String counted = taken();
        counts(counted);
        String young = taken();
        assertThat(kept()).containsExactlyInAnyOrder(counted, young);
        countsNone();
        String last = taken();
        assertThat(kept()).containsExactly(last);
    }

    /** It is there, and is not taken again because others could not be removed. */
    @Test
    void whatWasTakenIsTakenWhateverBecomesOfTheOthers() throws IOException {
        countsNone();
        taken();
        try (FileChannel lock = FileChannel.open(directory().resolve(".lock"), StandardOpenOption.WRITE)) {
            asking = () -> lockedBy(lock);
            assertThat(work.take(plan, Optional.empty())).isEqualTo(Exit.UNAVAILABLE);
        }
        assertThat(kept()).hasSize(2);
        assertThat(said()).contains("one was taken, and `keep` could not be carried out: another backup");
    }

    private static void lockedBy(FileChannel lock) {
        try {
            assertThat(lock.tryLock()).isNotNull();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatIsBeingTriedStays() throws Exception {
        countsNone();
        String old = taken();
        does(COPY, "echo 'not whole' >&2; exit 1");
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        attesting = () -> {
            asked.countDown();
            try {
                answered.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
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
        assertThat(exit).hasValue(Exit.NO);
        assertThat(taken()).isNotEqualTo(young);
        assertThat(kept()).doesNotContain(old);
    }

    /** Deleting the one file that makes it a backup is as good as deleting all. */
    @Test
    void whatHasNoManifestIsSignedAsGone() throws IOException {
        countsNone();
        String counted = taken();
        counts(counted);
        Files.delete(directory().resolve(counted).resolve("manifest"));
        assertThat(work.look(plan, new Remembered()).exit()).isEqualTo(Exit.NO);
        assertThat(attested).containsExactly(counted + " false");
        assertThat(said()).contains("it is not on its target any more");
    }

    /**
     * Holds {@code file} until somebody closes its standard input: whoever opens it waits, until the kernel has had
     * enough of that (45 s).
     */
    private static Process holding(Path file) throws IOException {
        Process holder = new ProcessBuilder(
                        "perl",
                        "-e",
                        "open(my $f, '>>', $ARGV[0]) or die; $SIG{IO} = 'IGNORE';"
                                + " fcntl($f, 1024, 1) or die $!; $| = 1; print qq{held\\n}; <STDIN>;",
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(holder.inputReader().readLine()).isEqualTo("held");
        return holder;
    }

    /** Who may write to the target takes away what is counted, and holds up whoever reads what else lies there. */
    @Test
    void whatElseLiesThereDoesNotHoldUpThatOneIsGone() throws Exception {
        countsNone();
        String counted = taken();
        counts(counted);
        CountDownLatch told = new CountDownLatch(1);
        attesting = told::countDown;
        List<Process> holders = new ArrayList<>();
        for (String id : List.of("20200101T000000Z-aaaaaa", "20200101T000000Z-bbbbbb")) {
            Path manifest = Files.createDirectory(directory().resolve(id)).resolve("manifest");
            Files.writeString(manifest, "held");
            holders.add(holding(manifest));
        }
        Files.move(directory().resolve(counted), root.resolve("taken away"));
        Thread looking = Thread.ofPlatform().daemon().start(() -> {
            try {
                work.look(plan, new Remembered());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        told.await();
        holders.forEach(Process::destroyForcibly);
        looking.join();
        assertThat(attested).containsExactly(counted + " false");
    }

    /** What nobody can look at may be gone: the gateway is not to count on it, at once, and again once it can be. */
    @Test
    void whatCannotBeLookedAtIsToldTheGateway() throws IOException {
        countsNone();
        String counted = taken();
        counts(counted);
        work.look(plan, new Remembered());
        assertThat(attested).isEmpty();
        Path aside = Files.move(directory(), root.resolve("aside"));
        Files.createSymbolicLink(directory(), directory()); // which leads nowhere, so that nobody can ask
        for (int times = 0; times < 2; times++) {
            assertThatThrownBy(() -> work.look(plan, new Remembered())).hasMessageContaining("cannot be read");
        }
        assertThat(attested).containsExactly("looked false");
        Files.delete(directory());
        Files.move(aside, directory());
        work.look(plan, new Remembered());
        assertThat(attested).containsExactly("looked false", "looked true");

        Files.writeString(directory().resolve(counted).resolve("manifest"), "rotten");
        work.look(plan, new Remembered());
        assertThat(attested).as("until it is tried").endsWith("looked false").hasSize(3);
    }

    /** One word that cannot be handed in keeps nobody from taking the next backup; each is handed in once. */
    @Test
    void whatWasHeardOnceIsNotHandedInAgain() throws Exception {
        countsNone();
        String id = taken();
        gateway.close();
        work.verify(plan, Optional.of(id), Optional.empty());
        Path note = directory().resolve(id).resolve("attested.json");
        assertThat(note).exists();
        Files.delete(root.resolve("run/admin.sock"));
        gateway = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        gateway.bind(UnixDomainSocketAddress.of(root.resolve("run/admin.sock")));
        Thread.ofVirtual().start(this::serve);
        for (int times = 0; times < 3; times++) {
            assertThat(work.look(plan, new Remembered())
                            .listing()
                            .youngest()
                            .orElseThrow()
                            .attested())
                    .isPresent();
        }
        assertThat(attested)
                .as("though the gateway has forgotten it")
                .singleElement()
                .asString()
                .startsWith(id);
    }

    /** What lies there and counts for nothing is said once, and what should have gone and did not. */
    @Test
    void whatIsLeftIsSaidOnce() throws IOException {
        countsNone();
        String rotten = taken();
        Files.writeString(directory().resolve(rotten).resolve("manifest"), "rotten");
        Files.createDirectory(directory().resolve("stray"));
        work.look(plan, new Remembered());
        work.look(plan, new Remembered());
        assertThat(said()).containsOnlyOnce(rotten + " counts for nothing");
        taken();
        taken();
        assertThat(said())
                .containsOnlyOnce(
                        "rows/other things counts for nothing, and is left where it is: 1 lies there by a name"
                                + " that no backup has")
                .doesNotContain("stray");
    }

    /** Somebody changes a line of the plan: what was restored is not tried by it, and nobody signs anything. */
    @Test
    void whatWasRestoredStandsWhenThePlanSaysAnotherSource() throws Exception {
        countsNone();
        does(COPY, "cat > /dev/null; echo '" + REPORT + "'");
        String id = taken();
        assertThat(work.verify(plan, Optional.of(id), Optional.empty())).isEqualTo(Exit.OK);
        Path file = root.resolve("backups.yaml");
        Files.writeString(file, Files.readString(file).replace(", take]", ", take, more]"));
        Backups changed = Backups.beside(root.resolve("gateway.yaml"));
        BackupWork then = new BackupWork(terminal, new Options(root.resolve("gateway.yaml"), false), changed);
        assertThatThrownBy(() -> then.verify(changed.plan("rows"), Optional.of(id), Optional.empty()))
                .hasMessageContaining("and the plan now says");
        assertThat(attested).containsExactly(id + " true");
        assertThat(work.verify(plan, Optional.of(id), Optional.empty())).isEqualTo(Exit.OK);
    }

    /** No backup is left out for it, and nobody reads the same every day. */
    @Test
    void whoElseCouldUseItsSecretsIsSaidOnce() throws Exception {
        Files.setPosixFilePermissions(root.resolve("attest"), PosixFilePermissions.fromString("rw-r-----"));
        for (int times = 0; times < 2; times++) {
            assertThat(work.take(plan, Optional.empty())).isEqualTo(Exit.OK);
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("the key that attests backups, is open to others than its owner");
    }

    private String told(Target target, Separation separation) {
        Plan to = new Plan("rows", plan.of(), plan.source(), target, plan.every(), plan.keep());
        Taking.Taken taken = taken(separation, true, Optional.of(List.of()), List.of(), List.of());
        assertThat(BackupWork.json(to, taken, List.of()).text("separation")).isEqualTo(separation.word());
        return BackupWork.words(to, taken, List.of(), "");
    }

    /** Storage and programs are where nobody looks: whoever takes one is told, as with a directory. */
    @Test
    void whatNobodySawApartIsSaidWhateverTheTarget() {
        Target s3 = new Target.S3(
                URI.create("http://127.0.0.1:9000"),
                "r",
                "backups",
                "",
                true,
                root.resolve("s3"),
                Optional.empty(),
                false);
        Target exec = new Target.Exec(new UserProgram(List.of("/bin/store"), Map.of()));
        for (Target target : List.of(s3, exec, plan.target())) {
            assertThat(told(target, Separation.UNKNOWN)).contains("by the seal's word alone it does");
            assertThat(told(target, Separation.APART)).doesNotContain("word alone");
        }
        assertThat(told(s3, Separation.SAME))
                .startsWith("✗")
                .contains("answers on the machine that has what it is a copy of", "`elsewhere: true`");
        assertThat(told(plan.target(), Separation.SAME))
                .contains("it lies on the same device", "\n    name a `target` on another disk or machine");
    }
}
