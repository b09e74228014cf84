package dev.interlock.backup.kept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.Sequences.SequencePosition;
import dev.interlock.backup.kept.Sequences.SequenceRange;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests that a dumped sequence position lies between two readings of it. */
class SequencesTest {

    private static List<String> differences(SequenceRange span, SequencePosition restored) {
        return new Sequences(Map.of("s", Optional.of(span))).differences(Map.of("s", restored));
    }

    private static SequenceRange span(SequencePosition from, SequencePosition to, boolean ascending) {
        return SequenceRange.between(from, to, ascending).orElseThrow();
    }

    @Test
    void whatLiesBetweenIsRight() {
        SequenceRange up = span(new SequencePosition(10, true), new SequencePosition(20, true), true);
        for (long value = 10; value <= 20; value++) {
            assertThat(differences(up, new SequencePosition(value, true))).isEmpty();
        }
        assertThat(differences(up, new SequencePosition(15, false))).isEmpty(); // somebody has set it
        assertThat(differences(up, new SequencePosition(9, true)))
                .containsExactly("the sequence `s` is at 9, and was between 10 and 20");
        assertThat(differences(up, new SequencePosition(10, false))).hasSize(1);
        assertThat(differences(up, new SequencePosition(21, true))).hasSize(1);
        SequenceRange down = span(new SequencePosition(-1, false), new SequencePosition(-9, true), false);
        assertThat(differences(down, new SequencePosition(-1, false))).isEmpty();
        assertThat(differences(down, new SequencePosition(-9, true))).isEmpty();
        assertThat(differences(down, new SequencePosition(-11, true))).hasSize(1);
        assertThat(differences(down, new SequencePosition(1, true))).hasSize(1);
        SequenceRange still = span(new SequencePosition(7, true), new SequencePosition(7, true), false);
        assertThat(differences(still, new SequencePosition(7, true))).isEmpty();
        for (SequencePosition other :
                List.of(new SequencePosition(7, false), new SequencePosition(8, true), new SequencePosition(6, true))) {
            assertThat(differences(still, other)).as("%s", other).hasSize(1);
        }
    }

    /** Nobody knows its position in between. */
    @Test
    void ofOneThatWasSetBackNothingIsExpected() {
        assertThat(SequenceRange.between(new SequencePosition(10, true), new SequencePosition(9, true), true))
                .isEmpty();
        assertThat(SequenceRange.between(new SequencePosition(10, true), new SequencePosition(10, false), true))
                .isEmpty();
        assertThat(SequenceRange.between(new SequencePosition(-10, true), new SequencePosition(-9, true), false))
                .isEmpty();
        Sequences unknown = new Sequences(Map.of("s", Optional.empty()));
        assertThat(unknown.differences(Map.of("s", new SequencePosition(1, true))))
                .isEmpty();
        assertThat(unknown.differences(Map.of())).containsExactly("the sequence `s` is missing");
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Sequences all = new Sequences(Map.of(
                "public.\"a b\"",
                Optional.of(new SequenceRange(
                        new SequencePosition(Long.MIN_VALUE, false), new SequencePosition(Long.MAX_VALUE, true))),
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
