package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.HttpCall.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RequestTargetTest {

    private static final String ALPHABET = "abZ09-._~!$&'()*+,;=:@ \"<>[]{}|^`#?éß漢😀\u00a0\u202e";

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aWrittenTargetReadsBackAlike(long seed) throws Exception {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String path = "/" + text(random, 1) + "a/" + text(random, 0) + "b";
        List<Parameter> query = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            query.add(new Parameter(text(random, 1) + "n", text(random, 0) + "\n%/\\"));
        }
        String written = RequestTarget.write(path, query);
        RequestTarget read = RequestTarget.read("/up" + written);

        assertThat(read.path()).isEqualTo(path);
        assertThat(read.query()).isEqualTo(query);
        assertThat(RequestTarget.write(read.path(), read.query())).isEqualTo(written);
        assertThat(written).matches("[A-Za-z0-9\\-._~!$&'()*,=:@/?%]+");
    }

    private static String text(RandomGenerator random, int least) {
        int[] letters = ALPHABET.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = least + random.nextInt(6); i > 0; i--) {
            text.appendCodePoint(letters[random.nextInt(letters.length)]);
        }
        return text.toString();
    }

    @Test
    void twoSpellingsOfOneTargetAreSentInOneSpelling() throws Exception {
        for (String spelling : List.of("/up/a%20b/~c?x=+&y", "/up/a%20b/%7ec?%78=%20&y=", "/up/a%20b/%7Ec?x=%20&y")) {
            RequestTarget read = RequestTarget.read(spelling);
            assertThat(RequestTarget.write(read.path(), read.query())).isEqualTo("/a%20b/~c?x=%20&y=");
        }
    }

    @Test
    void aParameterInsideAPathStaysTextForEveryServer() throws Exception {
        RequestTarget read = RequestTarget.read("/up/volumes;jsessionid=1/x");
        assertThat(read.path()).isEqualTo("/volumes;jsessionid=1/x");
        assertThat(RequestTarget.write(read.path(), read.query())).isEqualTo("/volumes%3Bjsessionid=1/x");
    }

    @Test
    void aScopedNameHasOneSpelling() throws Exception {
        for (String spelling : List.of("/up/@types%2fnode", "/up/%40types%2Fnode", "/up/@types/node")) {
            RequestTarget read = RequestTarget.read(spelling);
            assertThat(read.path()).isEqualTo("/@types/node");
            assertThat(RequestTarget.write(read.path(), read.query())).isEqualTo("/@types/node");
        }
        for (String other : List.of(
                "/up/types%2fnode",
                "/up/@types%2f..", "/up/@types%2fa%2fb", "/up/@types%252fnode", "/up/@%2fnode", "/up/@types%2f")) {
            assertThatThrownBy(() -> RequestTarget.read(other))
                    .as(other)
                    .isInstanceOf(UnreadableRequestException.class);
        }
    }

    @Test
    void aPathMayEndInASlashAndAnUpstreamMayStandAlone() throws Exception {
        assertThat(RequestTarget.read("/up/a/").path()).isEqualTo("/a/");
        assertThat(RequestTarget.read("/up").path()).isEqualTo("/");
        assertThat(RequestTarget.read("/up/").path()).isEqualTo("/");
        assertThat(RequestTarget.read("/up?").query()).isEmpty();
    }
}
