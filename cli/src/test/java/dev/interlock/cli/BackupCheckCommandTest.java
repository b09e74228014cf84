package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.ListingCache;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the reports to the gateway when the backup that it counts on is missing. */
@Timeout(300)
@Tag("process")
class BackupCheckCommandTest {

    private static final String UNLOOKED = "looked false";
    private static final String LOOKED = "looked true";

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private TestingGateway gateway;
    private BackupPlanConfig plan;
    private BackupWork work;

    @BeforeEach
    void start() throws Exception {
        TestingConfig.in(root, "test", TestingKey.software());
        TestingBackups.rows(root);
        gateway = TestingGateway.in(root);
        gateway.countsNone();
        BackupConfig backups = BackupConfig.beside(root.resolve("gateway.yaml"));
        plan = backups.plan("rows");
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        work = new BackupWork(new Terminal(print, print), new Options(root.resolve("gateway.yaml"), false), backups);
    }

    @AfterEach
    void stop() throws IOException {
        gateway.close();
    }

    private Path directory() {
        return root.resolve("target/rows");
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private String taken() throws IOException {
        List<String> before = kept();
        work.take(plan, Optional.empty());
        return kept().stream().filter(id -> !before.contains(id)).findFirst().orElseThrow();
    }

    private List<String> kept() throws IOException {
        if (!Files.exists(directory())) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory())) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .toList();
        }
    }

    /** Takes a backup that the gateway counts on. */
    private String counted() throws IOException {
        String id = taken();
        gateway.counts(id);
        return id;
    }

    private int look() throws IOException {
        return work.look(plan, new ListingCache()).exit();
    }

    private void takeAway(String id) throws IOException {
        Files.move(directory().resolve(id), root.resolve("taken away"));
    }

    /** Makes the target unreadable until it is put back. */
    private Path close() throws IOException {
        Path aside = Files.move(directory(), root.resolve("aside"));
        Files.createSymbolicLink(directory(), directory());
        return aside;
    }

    private void open(Path aside) throws IOException {
        Files.delete(directory());
        Files.move(aside, directory());
    }

    /** Deleting the manifest, which makes it a backup, is as good as deleting all files. */
    @Test
    void aBackupWithoutManifestIsAttestedAsMissing() throws IOException {
        String counted = counted();
        Files.delete(directory().resolve(counted).resolve("manifest"));
        assertThat(look()).isEqualTo(ExitCodes.NO);
        assertThat(gateway.told()).containsExactly(counted + " false");
        assertThat(said()).contains("it is no longer on its target");
    }

    /**
     * Holds a lease on {@code file} until its standard input closes. A process that opens the file waits until the
     * kernel breaks the lease (45 s).
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

    /** An attacker who may write to the target could delete the counted backup, and block the reading of the others. */
    @Test
    void whatElseLiesThereDoesNotHoldUpThatOneIsGone() throws Exception {
        String counted = counted();
        CountDownLatch told = new CountDownLatch(1);
        gateway.attesting(told::countDown);
        List<Process> holders = new ArrayList<>();
        for (String id : List.of("20200101T000000Z-aaaaaa", "20200101T000000Z-bbbbbb")) {
            Path manifest = Files.createDirectory(directory().resolve(id)).resolve("manifest");
            Files.writeString(manifest, "held");
            holders.add(holding(manifest));
        }
        takeAway(counted);
        Thread looking = Thread.ofPlatform().daemon().start(() -> {
            try {
                look();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        told.await();
        holders.forEach(Process::destroyForcibly);
        looking.join();
        assertThat(gateway.told()).containsExactly(counted + " false");
    }

    /**
     * A backup that cannot be checked may be gone. The gateway stops counting on it at once, until it can be checked
     * again.
     */
    @Test
    void anUncheckedTargetIsReportedToTheGateway() throws IOException {
        String counted = counted();
        look();
        assertThat(gateway.told()).isEmpty();
        Path aside = close();
        for (int times = 0; times < 2; times++) {
            assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        }
        assertThat(gateway.told()).containsExactly(UNLOOKED);
        open(aside);
        look();
        assertThat(gateway.told()).containsExactly(UNLOOKED, LOOKED);

        Files.writeString(directory().resolve(counted).resolve("manifest"), "rotten");
        look();
        assertThat(gateway.told()).as("until it is tried").endsWith(UNLOOKED).hasSize(3);
    }

    /** Its key is not sealed yet, so attestations are rejected. None is needed to stop counting. */
    @Test
    void whatIsGoneDoesNotCountThoughNoWordOfItIsTaken() throws IOException {
        String counted = counted();
        gateway.refuses("backup.attest");
        takeAway(counted);
        for (int times = 0; times < 2; times++) {
            assertThat(look()).isEqualTo(ExitCodes.NO);
            assertThat(gateway.isUnlooked()).isTrue();
        }
        assertThat(gateway.told())
                .as("once, and never that it could be looked at")
                .containsExactly(UNLOOKED);
    }

    /** The same holds if nobody can sign: the key has a passphrase, or is gone. */
    @Test
    void whatIsGoneDoesNotCountThoughNobodyCanSignThat() throws IOException {
        String counted = counted();
        Files.delete(root.resolve("attest"));
        takeAway(counted);
        assertThat(look()).isEqualTo(ExitCodes.NO);
        assertThat(gateway.told()).containsExactly(UNLOOKED);
        assertThat(said()).contains("is no longer on its target, and this could not be signed");
    }

    /** The target is readable again, and the counted backup is not there any more. */
    @Test
    void theLookThatFindsItGoneDoesNotHaveItCountAgain() throws IOException {
        String counted = counted();
        gateway.refuses("backup.attest");
        Path aside = close();
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        open(aside);
        takeAway(counted);
        look();
        assertThat(gateway.isUnlooked()).isTrue();
        assertThat(gateway.told()).containsExactly(UNLOOKED);
        assertThat(said()).doesNotContain("counts again");
        Files.move(root.resolve("taken away"), directory().resolve(counted));
        look();
        assertThat(gateway.told()).as("it is back").containsExactly(UNLOOKED, LOOKED);
    }

    /** The attestation is accepted, and the gateway counts on the previous one, which is gone as well. */
    @Test
    void whatIsCountedOnNextIsLookedForAtOnce() throws IOException {
        String before = counted();
        String counted = counted();
        gateway.attesting(() -> gateway.counts(before));
        Files.move(directory().resolve(before), root.resolve("taken away before"));
        takeAway(counted);
        look();
        assertThat(gateway.told()).containsExactly(counted + " false", UNLOOKED);
        gateway.attesting(() -> {});
        look();
        assertThat(gateway.told()).endsWith(before + " false", LOOKED);
    }

    /** During the check a younger one was restored, which its listing lacks. */
    @Test
    void whatCountsSinceIsAskedForAlone() throws IOException {
        String counted = counted();
        String young = taken();
        Path aside = Files.move(directory().resolve(young), root.resolve("young"));
        takeAway(counted);
        AtomicInteger asked = new AtomicInteger();
        gateway.asking(() -> {
            switch (asked.incrementAndGet()) {
                case 2 -> gateway.counts(young);
                case 3 -> put(aside, directory().resolve(young));
                default -> {}
            }
        });
        look();
        assertThat(asked).hasValue(4);
        assertThat(gateway.told()).isEmpty();
    }

    private static void put(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The gateway was just restarting, or a process that blocks the target delayed it. */
    @Test
    void undeliveredReportsAreRepeated() throws IOException {
        counted();
        close();
        gateway.goes();
        for (int times = 0; times < 2; times++) {
            assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
            assertThat(work.reporter().hasUnsentReport(plan)).isTrue();
        }
        assertThat(said()).containsOnlyOnce("still counts it (`backup run` reports it " + "again each minute)");
        gateway.comesBack();
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        assertThat(gateway.told()).containsExactly(UNLOOKED);
        assertThat(work.reporter().hasUnsentReport(plan)).isFalse();
    }

    /** A target that hangs may take minutes. */
    @Test
    void whatTheGatewayHasNotHeardItIsToldBeforeTheNextLook() throws IOException {
        counted();
        Path aside = close();
        gateway.goes();
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        gateway.comesBack();
        open(aside);
        look();
        assertThat(gateway.told()).containsExactly(UNLOOKED, LOOKED);
    }

    /** The target was readable again before the gateway came back. */
    @Test
    void whatWasSeenSinceIsNotOwed() throws IOException {
        counted();
        Path aside = close();
        gateway.goes();
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        open(aside);
        look();
        assertThat(work.reporter().hasUnsentReport(plan)).isFalse();
        gateway.comesBack();
        look();
        assertThat(gateway.told()).isEmpty();
    }

    /** Its disk is full: it would forget the report at a restart. */
    @Test
    void reportsThatTheGatewayCouldNotStoreAreRepeated() throws IOException {
        counted();
        close();
        gateway.full(true);
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        assertThat(work.reporter().hasUnsentReport(plan)).isTrue();
        gateway.full(false);
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        assertThat(gateway.told()).containsExactly(UNLOOKED, UNLOOKED);
        assertThat(said()).containsOnlyOnce("the gateway could not save the attestation");
        assertThat(work.reporter().hasUnsentReport(plan)).isFalse();
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        assertThat(gateway.told()).hasSize(2);
    }

    /** Ctrl-C ends the checking programs as well, which says nothing about the target. */
    @Test
    void aLookThatFailsAsItIsEndedIsNotTold() throws IOException {
        counted();
        close();
        work.reporter().end();
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        gateway.goes();
        assertThatThrownBy(this::look).hasMessageContaining("cannot be read");
        assertThat(gateway.told()).isEmpty();
        assertThat(said()).doesNotContain("the gateway");
    }

    /** A manual test reports the same as {@code run}. */
    @Test
    void whoeverTriesItByHandTellsThatItIsGone() throws IOException {
        String counted = counted();
        gateway.refuses("backup.attest");
        takeAway(counted);
        assertThat(work.verify(plan, Optional.empty(), Optional.empty())).isEqualTo(ExitCodes.NO);
        assertThat(gateway.told()).containsExactly(UNLOOKED);
    }
}
