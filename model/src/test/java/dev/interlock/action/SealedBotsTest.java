package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SealedBotsTest {

    private static final SealedBots BOTS =
            new SealedBots(Set.of("helm"), Set.of("maya"), Set.of("blast off"), Set.of("github:repo/acme/doc*"));

    @ParameterizedTest
    @CsvSource({
        "github:repo/acme/docs, true",
        "github:repo/acme/doc.s-2, true",
        "github:repo/acme/doc, false",
        "github:repo/acme/shop, false",
        "github:repo/acme/docs/../shop, false",
        "github:repo/acme/docs%2f, false",
        "github:org/acme/docs, false",
        "gitlab:repo/acme/docs, false",
        "github:node/I_docs, false",
    })
    void absenceCoversPlainNamesOnly(String resource, boolean isAbsent) {
        assertThat(BOTS.areAbsentFrom(Set.of(Resource.parse(resource)))).isEqualTo(isAbsent);
    }

    @Test
    void absenceNeedsAllThatIsTouched() {
        Resource docs = Resource.parse("github:repo/acme/docs");
        assertThat(BOTS.areAbsentFrom(Set.of(docs, Resource.parse("github:repo/acme/shop"))))
                .isFalse();
        assertThat(BOTS.areAbsentFrom(Set.of())).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"Blast off, true", "blast off now, true", "blast offset, false", "we blast off, false"})
    void commandIsTheBeginningOfALine(String line, boolean isCommand) {
        assertThat(BOTS.isCommand(line)).isEqualTo(isCommand);
    }

    @Test
    void whatIsJudgedLessIsTold() {
        assertThat(BOTS.looserThan(SealedBots.UNSAID))
                .containsExactly(
                        "texts are not judged any more in `github:repo/acme/doc*`",
                        "nobody is asked any more about mentions of `maya`");
        assertThat(SealedBots.UNSAID.looserThan(BOTS))
                .containsExactly(
                        "no bots by the seal any more are `helm`", "no commands by the seal any more are `blast off`");
        assertThat(BOTS.looserThan(BOTS)).isEmpty();
    }
}
