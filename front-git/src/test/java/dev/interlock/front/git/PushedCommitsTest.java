package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.eclipse.jgit.lib.ObjectId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the record of an agent's own commits. */
final class PushedCommitsTest {

    private static final ObjectId COMMIT = ObjectId.fromString("1".repeat(40));

    @TempDir
    private Path directory;

    /** The first push to an empty repository finds no copy: its commits are the agent's own all the same. */
    @Test
    void commitsAreNotedWhereThereIsNoCopy() throws IOException {
        Path none = directory.resolve("none");
        assertThat(new PushedCommits(none, "jer/cursor").ids()).isEmpty();
        new PushedCommits(none, "jer/cursor").add(List.of(COMMIT));
        assertThat(new PushedCommits(none, "jer/cursor").ids()).containsExactly(COMMIT.name());
        assertThat(new PushedCommits(none, "jer/helper").ids()).isEmpty();
    }
}
