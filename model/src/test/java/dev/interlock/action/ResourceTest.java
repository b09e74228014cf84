package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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

    /** All combinations of five of these, beside a search for zeros in every name. */
    @Test
    void zerosBeforeANumberAreTakenOff() {
        List<String> ids = new ArrayList<>(List.of(""));
        List<String> last = ids;
        for (int length = 1; length <= 5; length++) {
            last = last.stream()
                    .flatMap(id -> List.of("0", "7", "a", "/", ".").stream().map(id::concat))
                    .toList();
            ids.addAll(last);
        }
        for (String id : ids) {
            String expected = Arrays.stream(id.split("/", -1))
                    .map(ResourceTest::withoutEndings)
                    .map(part -> part.replaceAll("^0+(?=[0-9])", ""))
                    .collect(Collectors.joining("/"));
            assertThat(Resource.folded(id)).as(id).isEqualTo(expected);
        }
    }

    @Test
    void aProviderAndATypeAreWords() {
        for (String word : List.of("a", "railway", "a-1", "z09-")) {
            assertThat(new Resource(word, word, "x")).hasToString(word + ":" + word + "/x");
        }
        for (String other : List.of("", "1a", "-a", "A", "aB", "a_b", "a b", "\u00e4", "a\u0661", "a{", "`")) {
            assertThatIllegalArgumentException().isThrownBy(() -> new Resource(other, "a", "x"));
            assertThatIllegalArgumentException().isThrownBy(() -> new Resource("a", other, "x"));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new Resource("a", "a", ""));
    }
}
