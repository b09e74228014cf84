package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Resource;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.evidence.RestoreAttestation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the source of a backup when somebody changes that line of its plan. */
@Tag("process")
class OriginTest {

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private BackupPlanConfig plan;
    private BackupPlanConfig moved;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new BackupFixture(directory);
        plan = plan("here");
        moved = plan("there");
    }

    private BackupPlanConfig plan(String name) throws IOException {
        Path path = Files.createDirectory(directory.resolve(name));
        Files.writeString(path.resolve("file"), name);
        return shelf.plan(new BackupSource.Directory(path, Optional.empty()));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    /** Otherwise failures would be signed for all good ones within minutes, and a corrected line would restore none. */
    @Test
    void oneThatWasRestoredIsNotSignedAway() throws IOException {
        String id = shelf.take(plan);
        assertThat(shelf.verifyAndNote(plan, id).restored()).isTrue();
        assertThatThrownBy(() -> shelf.verify(moved, id))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining(id)
                .hasMessageContaining("it is of `directory " + directory.resolve("here")
                        + "`, and the plan now says `directory " + directory.resolve("there") + "`")
                .hasMessageContaining("the earlier results remain valid");
        assertThat(shelf.listing(plan).lastTried(Optional.of(id)))
                .hasValueSatisfying(found -> assertThat(found.restored()).isTrue());
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        assertThat(shelf.verify(moved, shelf.take(moved)).faults())
                .as("the next one")
                .isEmpty();
    }

    /** The gateway sees that the next one has another source, and not which. */
    @Test
    void whatItIsOfIsSignedAsADigest() throws IOException {
        List<String> origins = new ArrayList<>();
        for (BackupPlanConfig one : List.of(plan, plan, moved)) {
            BackupAttestation found = shelf.verify(one, shelf.take(one));
            assertThat(found.json().canonicalText()).doesNotContain(directory.toString());
            origins.add(RestoreAttestation.origin(found.json()).orElseThrow());
        }
        assertThat(origins.get(1)).isEqualTo(origins.getFirst()).isNotEqualTo(origins.getLast());
        assertThat(origins).allMatch(origin -> origin.matches("[0-9a-f]{64}"));
    }

    /** After the target has moved with all its contents, an old attestation is about another place. */
    @Test
    void whereItLayIsSignedAndWhatLiesElsewhereIsTriedAtOnce() throws IOException {
        String id = shelf.take(plan);
        BackupAttestation found = shelf.verifyAndNote(plan, id);
        assertThat(RestoreAttestation.target(found.json()))
                .hasValueSatisfying(target -> assertThat(target).matches("[0-9a-f]{64}"));
        assertThat(trial(plan).isAtOnce()).isFalse();
        Path place = Files.createDirectory(shelf.target.resolve("moved"));
        Files.move(shelf.directory(plan), place.resolve(plan.name()));
        BackupPlanConfig there = shelf.plan(plan.source(), place);
        assertThat(trial(there).isAtOnce()).as("another target").isTrue();
        assertThat(RestoreAttestation.target(shelf.verifyAndNote(there, id).json()))
                .isPresent()
                .isNotEqualTo(RestoreAttestation.target(found.json()));
        assertThat(trial(there).isAtOnce()).as("tried there").isFalse();
    }

    private DueJob trial(BackupPlanConfig of) throws IOException {
        return DueJob.of(of, shelf.listing(of), BackupStatus.UNKNOWN).stream()
                .filter(due -> due.work() == DueJob.JobKind.VERIFY)
                .findFirst()
                .orElseThrow();
    }

    /** Correcting the line has it tested at once: no failure was signed for it, and noted beside it. */
    @Test
    void oneThatWasNeverTriedIsNotSignedAway() throws IOException {
        String id = shelf.take(plan);
        assertThatThrownBy(() -> shelf.verifyAndNote(moved, id))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining("it is of `directory " + directory.resolve("here")
                        + "`, and the plan now says `directory " + directory.resolve("there") + "`");
        assertThat(shelf.listing(plan).lastTried(Optional.of(id))).isEmpty();
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** The gateway would reject the attestation, but retention and recovery use the note beside the backup. */
    @Test
    void whatIsOfAnotherResourceIsNotSignedAwayEither() throws IOException {
        BackupPlanConfig another = new BackupPlanConfig(
                plan.name(),
                Resource.parse("railway:volume/v2"),
                plan.source(),
                plan.target(),
                plan.every(),
                plan.keep(),
                Optional.empty());
        String id = shelf.take(plan);
        for (boolean restored : new boolean[] {false, true}) {
            assertThatThrownBy(() -> shelf.verifyAndNote(another, id))
                    .isInstanceOf(InconclusiveException.class)
                    .hasMessageContaining(
                            "it is a copy of `railway:volume/v1`, and the plan now says `railway:volume/v2`");
            assertThat(shelf.listing(plan).relevantResults(Optional.empty())).hasSize(restored ? 1 : 0);
            assertThat(shelf.verifyAndNote(plan, id).restored()).isTrue();
        }
    }
}
