package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.interlock.action.PushedRef;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that no short pack makes the gateway remember, or look at, many times as much. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WorstPushesTest {

    @TempDir
    private Path directory;

    private final Packs pack = new Packs();
    private final List<ObjectId> tips = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    private ObjectId object(int packed, int type, byte[] content) {
        pack.object(packed, content.length, new byte[0], content);
        try (ObjectInserter.Formatter format = new ObjectInserter.Formatter()) {
            return format.idFor(type, content);
        }
    }

    private ObjectId blob(String text) {
        return object(Packs.BLOB, Constants.OBJ_BLOB, text.getBytes(StandardCharsets.UTF_8));
    }

    private ObjectId tree(String mode, String name, int times, ObjectId entry) {
        ByteArrayOutputStream tree = new ByteArrayOutputStream();
        byte[] raw = new byte[Constants.OBJECT_ID_LENGTH];
        entry.copyRawTo(raw, 0);
        for (int i = 0; i < times; i++) {
            String last = times > 1 ? name + (char) ('a' + i) : name;
            tree.writeBytes((mode + ' ' + last + '\0').getBytes(StandardCharsets.UTF_8));
            tree.writeBytes(raw);
        }
        return object(Packs.TREE, Constants.OBJ_TREE, tree.toByteArray());
    }

    private void commit(ObjectId tree, String message) {
        String person = " Ann <ann@acme.io> 1700000000 +0000\n";
        String text = "tree " + tree.name() + "\nauthor" + person + "committer" + person + '\n' + message + tips.size();
        tips.add(object(Packs.COMMIT, Constants.OBJ_COMMIT, text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the history of a push that creates a branch for each commit. */
    private PushHistory history(Duration time) throws IOException {
        GitPushReader.QuietSystem.install();
        PacketWriter lines = new PacketWriter();
        for (int i = 0; i < tips.size(); i++) {
            String line = RefCommand.NONE + ' ' + tips.get(i).name() + " refs/heads/b" + i;
            lines.line(i == 0 ? line + "\0report-status" : line);
        }
        var left = List.of(lines.flush().bytes(), pack.bytes()).iterator();
        PushBody body = new PushBody(
                () -> left.hasNext() ? Optional.of(left.next()) : Optional.empty(), directory.resolve("bodies"));
        open.add(body);
        PushCommands commands = body.commands(_ -> false);
        ReadingTime most = new ReadingTime(time);
        Path copy = Files.createDirectories(directory.resolve("copy"));
        Quarantine quarantine = Quarantine.unpack(body, commands, copy, new ReadingTime(ReadingTime.MOST));
        body.quarantined(quarantine);
        RunningDiff diff = new RunningDiff(_ -> true, _ -> false);
        return new PushHistory(null, quarantine, commands, Optional.empty(), Set.of(), _ -> Set.of(), diff, most);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    /** Their whole paths would take memory with the square of their number. */
    @Test
    void directoriesInEachOtherAreRememberedByName() throws IOException {
        ObjectId file = blob("x");
        ObjectId tree = tree("100644", "f", 1, file);
        int depth = 20_000;
        for (int i = 0; i < depth; i++) {
            tree = tree("40000", "d", 1, tree);
        }
        commit(tree, "deep");
        PushHistory history = history(ReadingTime.MOST);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        PushHistory.PushContent content = history.content();
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(200L << 20);
        assertThat(content.path(file)).contains("d/".repeat(depth) + "f");
        assertThat(content.path(tips.getFirst())).isEmpty();
    }

    @Test
    void aDirectoryInItselfManyTimesIsNotKnown() throws IOException {
        ObjectId tree = tree("100644", "f", 1, blob("x"));
        for (int i = 0; i < 12; i++) {
            tree = tree("40000", "d", 16, tree);
        }
        commit(tree, "wide");
        PushHistory history = history(ReadingTime.MOST);
        history.content();
        PushedRef ref = history.refs().getFirst();
        assertThat(ref.files()).isEqualTo(PushedRef.ChangedFiles.UNKNOWN);
        assertThat(ref.brings()).isEqualTo(PushedRef.Origin.UNKNOWN);
    }

    @Test
    void directoriesWithoutFilesEndWithTheTime() throws IOException {
        ObjectId tree = object(Packs.TREE, Constants.OBJ_TREE, new byte[0]);
        for (int i = 0; i < 12; i++) {
            tree = tree("40000", "d", 16, tree);
        }
        commit(tree, "empty");
        PushHistory history = history(Duration.ofSeconds(2));
        assertThatThrownBy(history::refs)
                .isInstanceOf(UnreadablePushException.class)
                .hasMessageContaining("takes longer");
    }

    @Test
    void longNamesAreLimitedTogether() throws IOException {
        commit(tree("100644", "f".repeat(PushHistory.MAX_NAMED + 1), 1, blob("x")), "long");
        PushHistory history = history(ReadingTime.MOST);
        assertThatThrownBy(history::content)
                .isInstanceOf(UnreadablePushException.class)
                .hasMessageContaining("names of more than");
    }

    @Test
    void whatCommitsSayIsLimitedForAllRefsTogether() throws IOException {
        ObjectId tree = tree("100644", "f", 1, blob("x"));
        String lengthy = "m".repeat(2_500_000);
        commit(tree, lengthy);
        commit(tree, lengthy);
        List<PushedRef> refs = history(ReadingTime.MOST).refs();
        assertThat(refs.getFirst().files().brought()).containsExactly("f");
        assertThat(refs.getLast().files()).isEqualTo(PushedRef.ChangedFiles.UNKNOWN);
    }

    /** A tag for each release has the same history. */
    @Test
    void whatRefsShareIsRememberedOnce() throws IOException {
        commit(tree("100644", "file", 1, blob("x")), "one");
        tips.add(tips.getFirst());
        List<PushedRef> refs = history(ReadingTime.MOST).refs();
        assertThat(refs.getFirst().files()).isEqualTo(refs.getLast().files());
        for (var list : List.<Function<PushedRef.ChangedFiles, List<String>>>of(
                PushedRef.ChangedFiles::brought, PushedRef.ChangedFiles::messages)) {
            assertThat(list.apply(refs.getFirst().files()).getFirst())
                    .isSameAs(list.apply(refs.getLast().files()).getFirst());
        }
    }
}
