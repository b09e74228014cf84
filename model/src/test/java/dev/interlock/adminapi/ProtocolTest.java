package dev.interlock.adminapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every question and every answer. {@code -Dreference.write} writes the documents anew. */
final class ProtocolTest {

    private static final Path PAGE = Path.of("../docs/admin.md");
    private static final Path SCHEMA = Path.of("../docs/admin.schema.json");

    static List<Class<? extends Question<?>>> questions() {
        return Question.all();
    }

    /** Questions that need one of several members say so in their constructors. */
    private static Json.Members sample(Class<?> question) {
        Json.Members sample = SampleAnswers.complete(question, Json.object());
        if (question == LeaseQuestion.OpenService.class
                || question == LeaseQuestion.CheckService.class
                || question == LeaseQuestion.CloseService.class) {
            Json.Members service = sample.with("service", "redis").with("port", 6379);
            return question == LeaseQuestion.CloseService.class
                    ? service.with("opened", "R-01ARZ3NDEKTSV4RRFFQ69G5FAV")
                    : service;
        }
        if (question == BackupQuestion.SignRehearsal.class) {
            return sample.with("unsigned", "");
        }
        return question == LeaseQuestion.IssueLease.class || question == LeaseQuestion.OpenRun.class
                ? sample.with("task", "")
                : sample;
    }

    private static Record read(Class<?> type, Json.Members from) {
        return RecordJson.read(type.asSubclass(Record.class), from);
    }

    @ParameterizedTest
    @MethodSource("questions")
    void aQuestionIsReadStrictly(Class<?> question) {
        Json.Members sample = sample(question);
        assertThat(RecordJson.write(read(question, sample))).isEqualTo(sample);
        assertThatThrownBy(() -> read(question, sample.with("surplus", true)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("`surplus` is not among");
        for (String name : sample.members().keySet()) {
            assertThatThrownBy(() -> read(question, sample.without(Set.of(name))))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining(name.equals("unsigned") ? "rehearsal" : "`" + name + "` is missing");
        }
        for (RecordJson.RecordMember member : RecordJson.members(question)) {
            if (!member.flat() && RecordJson.raw(member.type()) != Json.class) {
                assertThatThrownBy(() -> read(question, sample.with(member.name(), new Json.Nothing())))
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining("`" + member.name() + "` is not");
            }
            if (member.isSet()) {
                assertThatThrownBy(() -> read(question, sample.with(member.name(), new Json.Array(List.of()))))
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining("`" + member.name() + "` names nothing");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("questions")
    void anAnswerIsReadAsItWasWritten(Class<?> question) {
        Class<? extends Record> type = Question.answerType(question);
        Json.Members sample = SampleAnswers.complete(type, Json.object());
        Record answer = RecordJson.read(type, sample);
        assertThat(RecordJson.write(answer)).isEqualTo(sample);
        assertThat(RecordJson.write(RecordJson.readKnown(type, sample.with("newer", 1)))
                        .without(Set.of("newer")))
                .isEqualTo(sample);
    }

    @Test
    void noTextOfARecordShowsASecret() {
        Secret secret = new Secret("ilk_secret");
        assertThat(new PersonQuestion.LoginByCode(secret).toString()).doesNotContain("ilk_secret");
        assertThat(new AskedCommand("undo", Json.object().with("token", "ilk_secret")).toString())
                .doesNotContain("ilk_secret");
        assertThat(new LeaseQuestion.Decoy("a", "ilk_secret").toString()).doesNotContain("ilk_secret");
        assertThat(new UndoQuestion.UndoCall("a", "R-1", "show", secret).toString())
                .doesNotContain("ilk_secret");
        assertThat(RecordJson.write(new UndoQuestion.UndoCall("a", "R-1", "show", secret))
                        .text("token"))
                .isEqualTo("ilk_secret");
    }

    @Test
    void aSignedStatementStandsAlone() {
        assertThatThrownBy(() -> new LeaseQuestion.IssueLease(
                        Optional.of(new LeaseTerms("fix")), Optional.of(new SignedStatement("{}", "signature"))))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void theDocumentsAreUpToDate() throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf("| command | for |");
        int until = page.indexOf("\n\n", from) + 1;
        String written = page.substring(0, from) + AdminReference.table() + page.substring(until);
        if (System.getProperty("reference.write") != null) {
            Files.writeString(PAGE, written);
            Files.writeString(SCHEMA, AdminReference.schema());
        }
        assertThat(Files.readString(PAGE)).isEqualTo(written);
        assertThat(Files.readString(SCHEMA)).isEqualTo(AdminReference.schema());
    }
}
