package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class ResourceTest {

    /** All combinations of six of these: every removable ending of each part is removed. */
    @Test
    void endingsAreTakenOffHoweverManyThereAre() {
        List<String> ids = new ArrayList<>(List.of(""));
        List<String> last = ids;
        for (int length = 1; length <= 6; length++) {
            last = last.stream()
                    .flatMap(
                            id -> List.of(".", ".git", "git", "a", "/").stream().map(id::concat))
                    .toList();
            ids.addAll(last);
        }
        for (String id : ids) {
            String expected = Arrays.stream(id.split("/", -1))
                    .map(ResourceTest::withoutEndings)
                    .collect(Collectors.joining("/"));
            assertThat(Resource.folded(id)).as(id).isEqualTo(expected);
        }
    }

    private static String withoutEndings(String part) {
        if (part.endsWith(".git")) {
            return withoutEndings(part.substring(0, part.length() - ".git".length()));
        }
        return part.endsWith(".") ? withoutEndings(part.substring(0, part.length() - 1)) : part;
    }

    @Test
    @Timeout(20) // a search that restarts at each dot takes minutes
    void aLongRunOfEndingsIsLookedAtOnce() {
        String run = ".git.".repeat(60_000);
        assertThat(Resource.folded("a" + run + "b")).isEqualTo("a" + run + "b");
        assertThat(Resource.folded("a" + run)).isEqualTo("a");
    }
}
