package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.confine.Leavings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a person is told of what an agent left. */
class LeftTest {

    @Test
    void manyOfOneSortDoNotBuryTheOneOfAnother() {
        List<Leavings.File> files = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            files.add(new Leavings.File(".vscode/" + i, true, "the editor runs it"));
        }
        files.add(new Leavings.File("x/.git/hooks/update", true, "git runs it"));
        Leavings leavings = new Leavings(files, 0, true);
        Left left = new Left(leavings);
        assertThat(left.lines())
                .hasSizeLessThan(20)
                .contains(
                        "x/.git/hooks/update (new): git runs it",
                        "and 4988 more paths: the editor runs it (--json has all)");
        assertThat(leavings.json().toString()).contains(".vscode/4999");
    }
}
