package dev.interlock.backup.kept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.Sequences.At;
import dev.interlock.backup.kept.Sequences.Span;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What was dumped of a sequence lies between two readings of it. */
class SequencesTest {

    private static List<String> differences(Span span, At restored) {
        return new Sequences(Map.of("s", Optional.of(span))).differences(Map.of("s", restored));
    }

    private static Span span(At from, At to, boolean ascending) {
        return Span.between(from, to, ascending).orElseThrow();
    }

    @Test
    void whatLiesBetweenIsRight() {
        Span up = span(new At(10, true), new At(20, true), true);
        for (long value = 10; value <= 20; value++) {
            assertThat(differences(up, new At(value, true))).isEmpty();
        }
        assertThat(differences(up, new At(15, false))).isEmpty(); // somebody has set it
        assertThat(differences(up, new At(9, true)))
                .containsExactly("the sequence `s` stands at 9 and stood between 10 and 20");
        assertThat(differences(up, new At(10, false))).hasSize(1);
        assertThat(differences(up, new At(21, true))).hasSize(1);
        Span down = span(new At(-1, false), new At(-9, true), false);
        assertThat(differences(down, new At(-1, false))).isEmpty();
        assertThat(differences(down, new At(-9, true))).isEmpty();
        assertThat(differences(down, new At(-11, true))).hasSize(1);
        assertThat(differences(down, new At(1, true))).hasSize(1);
        Span still = span(new At(7, true), new At(7, true), false);
        assertThat(differences(still, new At(7, true))).isEmpty();
        for (At other : List.of(new At(7, false), new At(8, true), new At(6, true))) {
            assertThat(differences(still, other)).as("%s", other).hasSize(1);
        }
    }

    /** Where it was in between nobody knows. */
    @Test
    void ofOneThatWasSetBackNothingIsExpected() {
        assertThat(Span.between(new At(10, true), new At(9, true), true)).isEmpty();
        assertThat(Span.between(new At(10, true), new At(10, false), true)).isEmpty();
        assertThat(Span.between(new At(-10, true), new At(-9, true), false)).isEmpty();
        Sequences unknown = new Sequences(Map.of("s", Optional.empty()));
        assertThat(unknown.differences(Map.of("s", new At(1, true)))).isEmpty();
        assertThat(unknown.differences(Map.of())).containsExactly("the sequence `s` is missing");
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Sequences all = new Sequences(Map.of(
                "public.\"a b\"",
                Optional.of(new Span(new At(Long.MIN_VALUE, false), new At(Long.MAX_VALUE, true))),
                "s.circle",
                Optional.empty()));
        Json.Members written = all.json();
        assertThat(Sequences.of(Json.readObject(written.canonical()))).isEqualTo(all);
        for (String other : List.of(
                "{\"s\":1}",
                "{\"s\":{\"from\":\"1\",\"from_used\":true}}",
                "{\"s\":{\"from\":\"one\",\"from_used\":true,\"to\":\"1\",\"to_used\":true}}")) {
            assertThatThrownBy(() ->
                            Sequences.of(Json.readObject(other.getBytes(java.nio.charset.StandardCharsets.UTF_8))))
                    .as(other)
                    .isInstanceOf(MalformedException.class);
        }
    }
}
