package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.tool.BackupTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests which backups of a directory are proved, with restic and with scripts. */
@Timeout(300)
@Tag("process")
class BackupProofTest {

    @TempDir
    private Path directory;

    private ProofFixture fixture;
    private Path files;
    private BackupSource source;

    @BeforeEach
    void prepare() throws IOException {
        fixture = new ProofFixture(directory);
        files = Files.createDirectories(directory.resolve("files/empty")).getParent();
        Files.writeString(files.resolve("one"), "first");
        Files.writeString(files.resolve("t\u00e4 st"), "second");
        Files.createSymbolicLink(files.resolve("link"), Path.of("/etc/shadow"));
        source = new BackupSource.Directory(files);
    }

    @AfterEach
    void close() throws IOException {
        if (fixture != null) {
            fixture.close();
        }
    }

    @Test
    @Tag("promise")
    void whatResticRestoresWholeIsProved() throws IOException {
        BackupTool restic = fixture.restic();
        BackupAttestation first = fixture.run(source, restic);
        assertThat(first.faults()).isEmpty();
        assertThat(first.json().whole("files")).isEqualTo(2);
        assertThat(first.json().whole("content_bytes")).isEqualTo(11);
        assertThat(first.json().whole("changed")).isZero();
        Files.writeString(files.resolve("three"), "third");
        BackupAttestation second = fixture.run(source, restic);
        assertThat(second.faults()).isEmpty();
        assertThat(second.json().whole("files")).isEqualTo(3);
        assertThat(fixture.proof(fixture.plan(source, restic)).list())
                .extracting(BackupTool.StoredBackup::id)
                .containsExactly(first.id(), second.id());
        BackupAttestation again = fixture.proof(fixture.plan(source, restic)).prove(first.id(), (_, _) -> {});
        assertThat(again.faults()).as("an earlier backup").isEmpty();
        assertThat(again.json().whole("changed")).isEqualTo(1);
    }

    @Test
    @Tag("promise")
    void whatIsDamagedIsFound() throws IOException {
        BackupTool restic = fixture.restic();
        BackupPlanConfig plan = fixture.plan(source, restic);
        String id = fixture.run(source, restic).id();
        try (Stream<Path> all = Files.walk(fixture.repository().resolve("data"))) {
            for (Path pack : all.filter(Files::isRegularFile).toList()) {
                Files.setAttribute(pack, "unix:mode", 0600);
                byte[] bytes = Files.readAllBytes(pack);
                bytes[bytes.length / 3] ^= 1;
                bytes[3] ^= 1;
                Files.write(pack, bytes, StandardOpenOption.WRITE);
            }
        }
        BackupAttestation found = fixture.proof(plan).prove(id, (_, _) -> {});
        assertThat(found.restored()).isFalse();
        assertThat(found.faults()).first().asString().startsWith("it cannot be restored: ");
    }

    @Test
    @Tag("promise")
    void aStoreOnTheDeviceOfItsSourceIsWorthNothing() throws IOException {
        BackupAttestation found =
                fixture.run(source, fixture.restic(Files.createDirectory(directory.resolve("beside"))));
        assertThat(found.restored()).isFalse();
        assertThat(found.faults()).contains("it is on the same device as its source");
    }

    @Test
    @Tag("promise")
    void anEmptySourceProvesNothing() throws IOException {
        BackupSource empty = new BackupSource.Directory(Files.createDirectory(directory.resolve("unmounted")));
        assertThat(fixture.run(empty, fixture.scripts("true", "")).faults()).contains("it is empty: it has no file");
        assertThatThrownBy(() -> fixture.run(empty, fixture.restic()))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("`restic` ended with 1: Fatal: unable to save snapshot: snapshot is empty");
    }

    /** A repository that cannot be read is unknown, and not empty. */
    @Test
    void aStoreThatIsNotThereSaysNothing() throws IOException {
        BackupTool restic = fixture.restic();
        Files.move(fixture.repository().resolve("config"), fixture.repository().resolve("hidden"));
        assertThatThrownBy(() -> fixture.proof(fixture.plan(source, restic)).list())
                .isInstanceOf(BackupException.class);
        assertThatThrownBy(() -> fixture.run(source, restic)).isInstanceOf(BackupException.class);
    }

    @Test
    void anyOtherToolIsProvedByWhatItRestores() throws IOException {
        assertThat(fixture.run(source, fixture.scripts("cp -a $INTERLOCK_COPY/. $to/", ""))
                        .faults())
                .isEmpty();
        for (List<String> bad : List.of(
                List.of("cp -a $INTERLOCK_COPY/one $to/", "it has less than half", "is missing"),
                List.of("cp -a $INTERLOCK_COPY/. $to/; echo other > $to/one", "`one` has 6 bytes, and had 5 bytes"),
                List.of("cp -a $INTERLOCK_COPY/. $to/; chmod 777 $to/one", "`one` differs"),
                List.of("cp -aL $INTERLOCK_COPY/one $to/one; cp -a $INTERLOCK_COPY/t* $to/", "is missing"))) {
            BackupAttestation found = fixture.run(source, fixture.scripts(bad.getFirst(), ""));
            assertThat(found.restored()).as(bad.getFirst()).isFalse();
            assertThat(String.join("; ", found.faults())).contains(bad.getLast());
        }
    }

    @Test
    @Tag("promise")
    void aToolThatFailsLeavesNoProof() throws IOException {
        assertThatThrownBy(() -> fixture.run(source, fixture.scripts("exit 3", "")))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("ended with 3");
        assertThatThrownBy(() -> fixture.run(source, fixture.scripts("rmdir $to", "")))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("none that it did not have before");
        assertThat(fixture.run(source, fixture.scripts("cp -a $INTERLOCK_COPY/. $to/", "exit 4"))
                        .faults())
                .first()
                .asString()
                .startsWith("it cannot be restored: `restore` ended with 4");
        assertThatThrownBy(() -> fixture.run(source, fixture.scripts("cp -a $INTERLOCK_COPY/. $to/", "kill -9 $$")))
                .as("somebody ended it")
                .isInstanceOf(InconclusiveException.class);
    }

    /** A tool that runs at its own times is proved by what it has. */
    @Test
    void whatAnotherScheduleTookIsCompared() throws IOException {
        fixture.run(source, fixture.scripts("cp -a $INTERLOCK_COPY/. $to/", ""));
        Files.writeString(files.resolve("two"), "newer");
        BackupTool only = fixture.scripts("", "");
        BackupAttestation found = fixture.run(source, only);
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().whole("changed")).isEqualTo(1);
        for (int i = 0; i < 3; i++) {
            Files.writeString(files.resolve("more-" + i), "more than there was");
        }
        assertThat(fixture.run(source, only).faults()).containsExactly("it has less than half of what its source has");
    }

    @Test
    void whatChangesWhileItIsTakenIsNotCompared() throws IOException {
        BackupAttestation found = fixture.run(
                source,
                fixture.scripts(
                        "echo again >> $INTERLOCK_COPY/one; cp -a $INTERLOCK_COPY/. $to/; echo more >> $INTERLOCK_COPY/one",
                        ""));
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().whole("changed")).isEqualTo(1);
    }

    /** An interruption kills the programs, and nothing of the data stays. */
    @Test
    @Tag("promise")
    void anInterruptedProofHasNoResult() throws Exception {
        Path begun = directory.resolve("begun");
        BackupTool slow = fixture.scripts("cp -a $INTERLOCK_COPY/. $to/", "touch " + begun + "; exec sleep infinity");
        Thread interruption = Thread.ofPlatform().start(() -> {
            while (!Files.exists(begun)) {
                Thread.onSpinWait();
            }
            fixture.children().close();
        });
        assertThatThrownBy(() -> fixture.run(source, slow)).isInstanceOf(InconclusiveException.class);
        interruption.join();
        assertThat(fixture.scratch()).isEmptyDirectory();
    }

    /** A killed process cannot tidy up, and the next run does. */
    @Test
    void whatAKilledRunLeftIsRemoved() throws IOException {
        Path left = Files.createDirectories(fixture.scratch().resolve("job-0123456789ab/restored/deep"));
        Files.writeString(left.resolve("rows"), "somebody's data");
        Files.setAttribute(left, "unix:mode", 0);
        Files.createSymbolicLink(left.resolveSibling("link"), files);
        assertThat(ScratchDirectory.clear(fixture.scratch())).isEmpty();
        assertThat(fixture.scratch()).isEmptyDirectory();
        assertThat(files.resolve("one")).exists();
        try (ScratchDirectory running = ScratchDirectory.make(fixture.scratch(), new SecureRandom())) {
            assertThat(BackupProof.clear(fixture.scratch())).isEmpty();
            assertThat(running.path()).as("of a job that runs").exists();
        }
    }
}
