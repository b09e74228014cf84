package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a verifier and a report say of texts that are sealed, opened and erased. */
class SealedTextsTest {

    private static final String ORIGIN = "example.test/log";
    private static final String KEPT = "It is about Bob.";
    private static final String GONE = "It is about Alice.";

    @TempDir
    private Path directory;

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true);
    private final SoftLog log = new SoftLog(ORIGIN);
    private int receipts;

    @BeforeEach
    void write() throws IOException {
        Files.write(file(), "a secret".repeat(20).getBytes(StandardCharsets.UTF_8));
        SealSamples.begin(log, ORIGIN, seal, "staging");
        for (String reason : List.of(KEPT, GONE)) {
            add(
                    Receipt.Kind.REFUSED,
                    SealSamples.intent(seal, SealSamples.meaning("staging", "write"))
                            .with("refusal", "policy")
                            .with("reason", reason));
        }
        Statement statement = SealSamples.statement(seal, SealSamples.obligations(false, "1 of owners"));
        add(Receipt.Kind.INTENT, SealSamples.confirmed(seal, statement, samples.annHardware));
        log.write(log(), 100);
    }

    private Path file() {
        return directory.resolve("text.keys");
    }

    private Path log() {
        return directory.resolve("log");
    }

    private void add(Receipt.Kind kind, Json.Members members) throws IOException {
        int number = receipts++;
        Receipt whole = new Receipt(LogVerifierTest.id(number), kind, SealSamples.NOW, ORIGIN, members);
        log.add(SealedTexts.seal(whole, () -> number, TextKeys.read(file())));
    }

    /** Erases what is sealed under {@code numbers}, as a gateway does. */
    private void erase(int... numbers) throws IOException {
        byte[] keys = Files.readAllBytes(file());
        for (int number : numbers) {
            Arrays.fill(keys, number * TextKeys.LENGTH, (number + 1) * TextKeys.LENGTH, (byte) 0);
        }
        Files.write(file(), keys);
        add(
                Receipt.Kind.ADMIN,
                Json.object()
                        .with("command", SealedTexts.ACT)
                        .with("agent", SealedTexts.AGENT)
                        .with("act", "erase")
                        .withTexts(SealedTexts.NUMBERS, Arrays.stream(numbers).mapToObj(one -> one + "-" + one)));
        log.write(log(), 100);
    }

    /** Nothing keeps a gateway that lies from it. */
    @ParameterizedTest
    @ValueSource(strings = {"2-1", "0-999999999999999", "1-", "-1-2"})
    void whatIsNoRangeOfNumbersIsAProblemAndTheReportIsWritten(String range) throws IOException {
        add(
                Receipt.Kind.ADMIN,
                Json.object()
                        .with("command", SealedTexts.ACT)
                        .with("agent", SealedTexts.AGENT)
                        .withTexts(SealedTexts.NUMBERS, Collections.nCopies(10, range)));
        log.write(log(), 100);
        assertThat(told("verify")).contains("records sound: no", "is not a range of numbers");
        assertThat(told("report", "--format", "json")).contains("\"type\":\"interlock-report@v1\"");
    }

    private String told(String command, String... more) {
        List<String> args = new ArrayList<>(List.of(command, log().toString()));
        args.addAll(List.of(more));
        return Printed.of(args, log).text();
    }

    private LogReport verify() throws IOException {
        return new LogVerifier(
                        List.of(log.key()), Map.of(seal.id(), seal), WitnessComparison.NONE, TextKeys.read(file()))
                .verify(log(), Optional.empty());
    }

    @Test
    void aReportShowsWhatIsKeptToWhoeverHasTheKeysAndSaysWhatIsErased() throws IOException {
        for (String format : List.of("html", "json", "csv", "text")) {
            assertThat(told("report", "--format", format)).doesNotContain(KEPT, GONE);
            assertThat(told("report", "--format", format, "--texts", file().toString()))
                    .contains(KEPT, GONE);
        }
        erase(1, 2);
        for (String format : List.of("html", "json", "csv", "text")) {
            assertThat(told("report", "--format", format, "--texts", file().toString()))
                    .contains(KEPT, "(sealed)")
                    .doesNotContain(GONE);
        }
        assertThat(told("report", "--format", "html"))
                .contains("What was erased: the texts of 2 receipts", LogVerifierTest.id(receipts - 1));
    }

    @Test
    void verifyingNamesTheKeysThatAreMissingButNotForWhatIsErased() throws IOException {
        assertThat(told("verify")).contains("1 unchecked", "1 for want of the keys of their texts (--texts)");
        assertThat(told("verify", "--json"))
                .contains("\"unchecked_because\":{\"erased\":0,\"no_seal\":0,\"sealed\":1}");
        assertThat(told("verify", "--texts", file().toString()))
                .contains("1 unchecked", "1 for want of their seals", "give `--seal`")
                .doesNotContain("--texts", "erased");
        erase(2);
        for (String said : List.of(told("verify"), told("verify", "--texts", file().toString()))) {
            assertThat(said)
                    .contains(
                            "1 unchecked",
                            "1 because their texts were erased",
                            "erased: the texts of 1 receipt, last by")
                    .doesNotContain("--texts");
        }
        assertThat(told("verify", "--json"))
                .contains("\"unchecked_because\":{\"erased\":1,\"no_seal\":0,\"sealed\":0}");
    }

    @Test
    void aReportListsErasuresAndLegalHoldsAndEachErasedCallNamesTheReceipt() throws IOException {
        String hold = act(
                "hold",
                act -> act.with("name", "case-7").with("of", "ann/agent").with("signer", "ann"));
        String lift = act("lift", act -> act.with("name", "case-7").with("signer", "bob"));
        erase(2);
        String erased = LogVerifierTest.id(receipts - 1);
        Json.Members json =
                Json.readForeign(told("report", "--format", "json").getBytes(StandardCharsets.UTF_8), "the report");
        assertThat(json.object("texts").objects("listed"))
                .extracting(entry -> entry.text("receipt"))
                .containsExactly(hold, lift, erased);
        assertThat(json.object("texts").objects("listed").getLast().whole("texts_erased"))
                .isEqualTo(1);
        assertThat(json.objects("calls"))
                .filteredOn(call -> call.textIfAny("texts").equals(Optional.of("erased by " + erased)))
                .hasSize(1);
        assertThat(told("report"))
                .contains("Texts erased, and legal holds", "act hold", "name case-7", "of ann/agent", "signer bob")
                .contains("texts erased 1", "texts erased by " + erased);
        assertThat(told("report", "--format", "csv")).contains("texts erased by " + erased);
    }

    private String act(String act, UnaryOperator<Json.Members> more) throws IOException {
        Json.Members members = Json.object()
                .with("command", SealedTexts.ACT)
                .with("agent", SealedTexts.AGENT)
                .with("act", act);
        add(Receipt.Kind.ADMIN, more.apply(members));
        log.write(log(), 100);
        return LogVerifierTest.id(receipts - 1);
    }

    /** Else a gateway would only have to erase what nobody signed. */
    @Test
    void whatIsErasedIsNotCalledSigned() throws IOException {
        assertThat(verify().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
        erase(2);
        assertThat(verify().recordsSound()).isTrue();
        assertThat(verify().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.UNCHECKED);
        assertThat(verify().confirmations().unchecked()).isEqualTo(1);
    }
}
