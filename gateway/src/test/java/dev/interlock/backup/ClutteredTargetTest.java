package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.TestingShelf;
import dev.interlock.backup.place.Target;
import dev.interlock.backup.place.TestingStore;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.source.Source;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Restoration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be read on a target, or is from a time to come, is told, and ends nothing. */
@Timeout(120)
class ClutteredTargetTest {

    private static final String NOTE = "attested.json";

    @TempDir
    private Path directory;

    private TestingShelf shelf;
    private Plan plan;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new TestingShelf(directory);
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        plan = keeping(shelf.plan(new Source.Directory(tree)), new Target.Directory(shelf.target));
    }

    private static Plan keeping(Plan plan, Target target) {
        return new Plan(plan.name(), plan.of(), plan.source(), target, plan.every(), new Retention(7, 0));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private static Instant daysAgo(long days) {
        return Instant.now().minus(Duration.ofDays(days));
    }

    private Due due() throws IOException {
        return Due.of(plan, shelf.listing(plan)).getFirst();
    }

    /** Half a note, one of somebody else's, or one from a time to come is none: the backup is tried again. */
    @Test
    void aNoteThatIsNotUnderstoodIsNone() throws IOException {
        String id = shelf.take(plan);
        Attested right = shelf.verifyAndNote(plan, id);
        assertThat(due().work()).isEqualTo(Due.Work.TAKE);
        String said = right.json().canonicalText();
        Path note = shelf.file(plan, id, NOTE);
        for (String other : List.of(
                "",
                said.substring(0, said.length() / 2),
                "{}",
                "[]",
                "\u0000",
                right.json().with("tried_at", "x").canonicalText(),
                right.json().with("tried_at", 7).canonicalText(),
                right.json().with("tried_at", "2999-01-01T00:00:00Z").canonicalText(),
                right.json().with("restored", "yes").canonicalText(),
                right.json().with("type", "another").canonicalText(),
                right.json().with("backup", "another").canonicalText(),
                Json.object()
                        .with("type", Restoration.TYPE)
                        .with("backup", id)
                        .with("restored", true)
                        .canonicalText())) {
            Files.writeString(note, other);
            assertThat(shelf.listing(plan).youngest().orElseThrow().attested())
                    .as(other)
                    .isEmpty();
            assertThat(due().work()).as(other).isEqualTo(Due.Work.VERIFY);
        }
        shelf.verifyAndNote(plan, id);
        assertThat(due().work()).isEqualTo(Due.Work.TAKE);
    }

    /** A place that is full opens a file and writes nothing. */
    @Test
    void whatAStoreKeptHalfOfANoteEndsNothing() throws IOException {
        TestingStore store = new TestingStore(directory);
        plan = keeping(plan, store.target());
        String id = shelf.take(plan);
        shelf.verifyAndNote(plan, id);
        store.does("case $1:$2 in put:*" + NOTE + ") : > \"$2\"; exit 1;; esac");
        assertThatThrownBy(() -> shelf.verifyAndNote(plan, id)).isInstanceOf(BackupException.class);
        store.does("");
        assertThat(due().work()).isEqualTo(Due.Work.VERIFY);
        assertThat(shelf.prune(plan).removed()).isEmpty();
        shelf.verifyAndNote(plan, id);
        assertThat(due().work()).isEqualTo(Due.Work.TAKE);
    }

    /** Of another key, rotten, or none at all: it stays, and what can be read is kept by the rules. */
    @Test
    void oneManifestThatCannotBeReadEndsNoRetention() throws IOException {
        String rotten = shelf.takeAt(plan, daysAgo(12));
        Files.writeString(shelf.file(plan, rotten, "manifest"), "rotten");
        Files.createDirectory(shelf.directory(plan).resolve("zzz"));
        List<String> readable = new ArrayList<>();
        for (int days = 8; days >= 0; days--) {
            readable.add(shelf.takeAt(plan, daysAgo(days)));
        }
        Taking.Pruned pruned = shelf.prune(plan);
        assertThat(pruned.removed()).containsExactlyElementsOf(readable.subList(0, 2));
        assertThat(pruned.left()).containsOnlyKeys(rotten, "zzz");
        assertThat(shelf.shelf(plan).ids()).contains(rotten, "zzz").hasSize(9);
        assertThat(shelf.youngest(plan)).isEqualTo(readable.getLast());
    }

    /** One that nobody can read is still tried, and found to be worth nothing, where there is no other. */
    @Test
    void whereNoneCanBeReadTheLastIsTried() throws IOException {
        String rotten = shelf.take(plan);
        Files.writeString(shelf.file(plan, rotten, "manifest"), "rotten");
        assertThat(shelf.youngest(plan)).isEqualTo(rotten);
        assertThat(shelf.verify(plan, rotten).restored()).isFalse();
    }

    /** A clock without a battery is ahead until somebody tells it the time. */
    @Test
    void whatIsFromATimeToComeDoesNotCount() throws IOException {
        String right = shelf.takeAt(plan, daysAgo(2));
        shelf.verifyAndNote(plan, right);
        List<String> ahead = new ArrayList<>();
        for (int days = 1; days <= 8; days++) {
            ahead.add(shelf.takeAt(plan, daysAgo(-3650 - days)));
        }
        assertThat(due().work()).isEqualTo(Due.Work.TAKE);
        assertThat(due().at()).isBefore(Instant.now());
        assertThat(shelf.youngest(plan)).isEqualTo(right);
        assertThat(shelf.listing(plan).youngest().orElseThrow().id()).isEqualTo(right);
        assertThat(shelf.listing(plan).entries().getLast().trouble().orElseThrow())
                .contains("yet to come");
        String now = shelf.take(plan);
        Taking.Pruned pruned = shelf.prune(plan);
        assertThat(pruned.removed()).isEmpty();
        assertThat(pruned.left()).containsOnlyKeys(ahead.toArray(String[]::new));
        assertThat(shelf.shelf(plan).ids()).contains(now, right);
        assertThat(shelf.youngest(plan)).isEqualTo(now);
    }
}
