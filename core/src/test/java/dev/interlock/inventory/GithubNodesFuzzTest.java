package dev.interlock.inventory;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.action.Resource;
import dev.interlock.testing.TestingClock;
import java.util.List;

/** Fuzzes GitHub's answers about ids: each is read, or throws {@link UnresolvedException}. */
final class GithubNodesFuzzTest {

    @FuzzTest
    void anyAnswerIsReadOrUnresolved(byte[] answer) {
        GithubNodes nodes = new GithubNodes(new TestingClock().utc());
        List<Resource> one = List.of(new Resource("github", "node", "PR_1"));
        try {
            nodes.read(one, Bytes.of(answer));
        } catch (UnresolvedException e) {
            // The only exception allowed out.
        }
    }
}
