package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Refusal;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
import dev.interlock.testing.CaseCount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that the log holds no free text of a body, and that people and policies read it all the same. */
@Tag("random")
final class SaltedTextsTest {

    private static final String TEXT = "Set the password to hunter2";
    private static final String BODY = "{\"body\":\"" + TEXT + "\",\"title\":\"" + TEXT + "\"}";

    @TempDir
    private Path directory;

    static List<Long> seeds() {
        long first = Long.getLong("interlock.seed", 20_261_124L);
        return LongStream.range(first, first + Long.getLong("interlock.seeds", CaseCount.of(3)))
                .boxed()
                .toList();
    }

    private static HttpCall github(String method, String path, String body) {
        return new HttpCall(
                method,
                "uploads.github.com",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
    }

    private static HttpCall issue(String repository, String body) {
        return github("POST", "/repos/acme/" + repository + "/issues", body);
    }

    private static Outcome<String> send(GateFixture house, HttpCall call) {
        return house.send("github", call, house.token);
    }

    private static String held(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Held.class);
        return ((Outcome.Held<String>) outcome).hold();
    }

    /** Calls that are sent, held, refused by policy, and not understood. */
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noFreeTextOfABodyReachesTheLogOrAnAlert(long seed) throws IOException {
        Random random = new Random(seed);
        String forbidding = GateFixture.CEDAR + """

                @id("no-such-title")
                forbid (principal, action == Operation::Action::"github/issues/create", resource)
                when { context.argument has "body.title" && context.argument["body.title"] like "*never*" };
                """;
        try (GateFixture house =
                new GateFixture(Files.createDirectory(directory.resolve("s" + seed)), "", forbidding)) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                String secret = "hunter" + random.nextInt(1_000_000);
                texts.add(secret);
                String text = secret + " is it" + (random.nextBoolean() ? ", never" : "");
                String json = new Json.Text(text).canonicalText();
                for (String repository : List.of("shop", "shipped", "elsewhere")) {
                    send(house, issue(repository, "{\"title\":" + json + ",\"body\":" + json + "}"));
                    send(house, issue(repository, "{\"title\":" + json + ",\"boddy\":" + json + "}"));
                    send(house, issue(repository, "{\"title\":[" + json + ",{}],\"assignees\":" + json + "}"));
                    send(house, issue(repository, json));
                    send(house, issue(repository, "{\"title\":" + json));
                    send(
                            house,
                            github(
                                    "PUT",
                                    "/repos/acme/" + repository + "/contents/a.txt",
                                    "{\"message\":" + json + ",\"content\":\"eA==\",\"branch\":" + json + "}"));
                    send(house, github("POST", "/repos/acme/" + repository + "/nothing", json));
                }
                for (String mutation : List.of(
                        "serviceInstanceUpdate(serviceId: \"svc-1\", environmentId: \"env-1\", input: {startCommand: %s})",
                        "variableUpsert(input: {projectId: \"pro-1\", environmentId: \"env-1\", name: %s, value: %s})",
                        "serviceInstanceUpdate(serviceId: \"svc-1\", environmentId: \"env-1\", input: {startCommand: [%s]})",
                        "nothingSuch(input: %s)")) {
                    house.send(GateFixture.document("mutation { " + mutation.replace("%s", json) + " }"));
                    house.send(GateFixture.document("mutation { " + mutation.replace("%s", json)));
                }
                house.send("github", issue("shop", "{\"title\":" + json + "}"));
            }
            List<Receipt> receipts = house.receipts();
            assertThat(receipts)
                    .extracting(Receipt::kind)
                    .contains(Receipt.Kind.INTENT, Receipt.Kind.HELD, Receipt.Kind.REFUSED);
            for (String text : texts) {
                assertThat(receipts)
                        .as("seed %d", seed)
                        .noneMatch(receipt -> receipt.json().canonicalText().contains(text));
                assertThat(house.alerts)
                        .as("seed %d", seed)
                        .noneMatch(alert -> words(alert).contains(text));
            }
            assertThat(house.alerts).isNotEmpty();
        }
    }

    private static String words(Alert alert) {
        return alert.summary() + alert.facts();
    }

    /** People read the text, sign its digest, and the identical request finds their signature. */
    @Test
    void peopleReadWhatTheLogDoesNotHold() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            String hold = held(send(house, issue("shipped", BODY)));
            assertThat(held(send(house, issue("shipped", BODY))))
                    .as("the identical request")
                    .isEqualTo(hold);
            HoldSigning.HoldSheet sheet = house.people.show(house.seal, hold).orElseThrow();
            Statement statement = Statement.read(sheet.statement().toArray());
            assertThat(statement.json().canonicalText()).doesNotContain(TEXT).contains("salted-sha256:");
            assertThat(sheet.text()).contains("argument.body.title = " + TEXT + " (claimed)");
            house.sign(hold);
            assertThat(send(house, issue("shipped", BODY))).isInstanceOf(Outcome.Forwarded.class);
            assertThat(house.upstream.arrived).hasSize(1);

            Json.Members intent = house.receipts(Receipt.Kind.INTENT).getFirst().members();
            assertThat(intent.canonicalText()).doesNotContain(TEXT);
            String digest = intent.objects("actions").getFirst().objects("facts").stream()
                    .filter(fact -> fact.text("name").equals("argument.body.title"))
                    .map(fact -> fact.text("value"))
                    .findFirst()
                    .orElseThrow();
            assertThat(house.people.texts(hold).find(digest)).contains(TEXT);
        }
    }

    /** Somebody who guesses a body has the log, and not the key of this installation. */
    @Test
    void guessesCannotBeTestedAgainstTheLog() throws IOException {
        String other;
        String same;
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("a")))) {
            send(house, issue("shop", BODY));
            send(house, issue("shop", BODY));
            List<Receipt> intents = house.receipts(Receipt.Kind.INTENT);
            same = intents.getFirst().members().text("request_sha256");
            assertThat(intents.getLast().members().text("request_sha256")).isEqualTo(same);
        }
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("b")))) {
            send(house, issue("shop", BODY));
            other = house.receipts(Receipt.Kind.INTENT).getFirst().members().text("request_sha256");
        }
        assertThat(other).as("the digest of the same request elsewhere").isNotEqualTo(same);
    }

    /** Signers are shown what the agent sent, or nothing, and then nobody can sign. */
    @Test
    void aTextThatWasChangedInTheStoreIsNeitherShownNorSigned() throws IOException {
        for (String change : List.of(
                "UPDATE confirm_text SET texts = replace(texts, 'hunter2', 'hunter3')", "DELETE FROM confirm_text")) {
            Path place = Files.createDirectory(directory.resolve("d" + change.length()));
            try (GateFixture house = new GateFixture(place)) {
                String hold = held(send(house, issue("shipped", BODY)));
                house.database.write(sql -> sql.update(change));
                HoldSigning.HoldSheet sheet =
                        house.people.show(house.seal, hold).orElseThrow();
                assertThat(sheet.text())
                        .doesNotContain("hunter")
                        .contains("argument.body.title = (not kept here any more; the log has its digest");
                HoldSigning.SignatureResult signing = house.people.sign(
                        house.seal,
                        hold,
                        house.sam.sign(Statement.NAMESPACE, sheet.statement().toArray()),
                        Optional.empty(),
                        _ -> {});
                assertThat(signing)
                        .isInstanceOfSatisfying(
                                HoldSigning.SignatureResult.RejectedSignature.class,
                                rejected -> assertThat(rejected.reason()).contains("nobody can know what they sign"));
            }
        }
    }

    /** A month is enough to look into what happened. Then nothing of it stays in the file. */
    @Test
    void textsAreForgottenByAge() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            String hold = held(send(house, issue("shipped", BODY)));
            house.clock.pass(Confirmations.TEXTS_KEPT.minus(Duration.ofMinutes(1)));
            house.confirmations.expire(house.seal);
            assertThat(house.people.texts(hold)).isNotEqualTo(KeptTexts.NONE);
            house.clock.pass(Duration.ofMinutes(2));
            house.confirmations.expire(house.seal);
            assertThat(house.people.show(house.seal, hold).orElseThrow().text()).doesNotContain(TEXT);
            assertThat(house.people.show(house.seal, hold).orElseThrow().body()).isEmpty();
        }
        byte[] store = Files.readAllBytes(directory.resolve("store.db"));
        assertThat(new String(store, StandardCharsets.ISO_8859_1)).doesNotContain("hunter2");
    }

    /** What people must read before they sign fits on one page, although the statement has only its digest. */
    @Test
    void nobodyIsAskedToReadTooMuch() throws IOException {
        try (GateFixture house = new GateFixture(directory)) {
            assertThat(house.send(commands(3))).isInstanceOf(Outcome.Held.class);
            Outcome<String> outcome = house.send(commands(12));
            assertThat(outcome).isInstanceOf(Outcome.Refused.class);
            assertThat(((Outcome.Refused<String>) outcome).refusal().reason()).contains("too long to show to people");
        }
    }

    /** Returns {@code count} start commands of 980 characters each. */
    private static HttpCall commands(int count) {
        return GateFixture.document(IntStream.range(0, count)
                .mapToObj(i -> "a" + i + ": serviceInstanceUpdate(serviceId: \"svc-1\", environmentId: \"env-1\","
                        + " input: {startCommand: \"" + "x ".repeat(490) + "\"})")
                .collect(Collectors.joining(" ", "mutation { ", " }")));
    }

    /** Policies and limits decide by what was sent, and no reason quotes it. */
    @Test
    void policiesAndBudgetsReadTheText() throws IOException {
        String forbidding = GateFixture.CEDAR + """

                @id("no-password")
                forbid (principal, action == Operation::Action::"github/issues/create", resource)
                when { context.argument has "body.title" && context.argument["body.title"] like "*password*" };
                """;
        String budget = """
                budgets:
                  same-title:
                    operations: [github/issues/create]
                    facts: {argument.body.title: "say it twice"}
                    at-most: 1
                    within: 1h
                """;
        try (GateFixture house = new GateFixture(directory, budget, forbidding)) {
            Refusal refusal = ((Outcome.Refused<String>) send(house, issue("shop", BODY))).refusal();
            assertThat(refusal.reason())
                    .contains("`no-password` forbids")
                    .contains("where `body.title` is as sent")
                    .doesNotContain("hunter2");
            HttpCall twice = issue("shop", "{\"title\":\"say it twice\"}");
            assertThat(send(house, twice)).isInstanceOf(Outcome.Forwarded.class);
            assertThat(send(house, twice)).isInstanceOf(Outcome.Refused.class);
            assertThat(send(house, issue("shop", "{\"title\":\"say it once\"}")))
                    .isInstanceOf(Outcome.Forwarded.class);
        }
    }

    /** The store keeps the texts that a limit names, and no others. */
    @Test
    void limitsKeepNoOtherText() throws IOException {
        String budget = """
                budgets:
                  issues: {operations: [github/issues/create], at-most: 9, within: 1h}
                """;
        try (GateFixture house = new GateFixture(directory, budget)) {
            assertThat(send(house, issue("shop", BODY))).isInstanceOf(Outcome.Forwarded.class);
            List<String> kept =
                    house.database.read(sql -> sql.all(row -> row.getString(1), "SELECT content FROM velocity_deed"));
            assertThat(kept).hasSize(1).noneMatch(content -> content.contains("hunter2"));
        }
    }

    /** Anybody who is given the text and its salt can check it by the format alone. */
    @Test
    void theDigestIsAsTheFormatSays() throws Exception {
        try (GateFixture house = new GateFixture(directory)) {
            SaltedText text = house.digests.salted(TEXT);
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] inner = sha256.digest(TEXT.getBytes(StandardCharsets.UTF_8));
            sha256.update(Base64.getUrlDecoder().decode(text.salt()));
            assertThat(text.digest())
                    .isEqualTo("salted-sha256:" + HexFormat.of().formatHex(sha256.digest(inner)))
                    .isEqualTo(house.digests.of(Bytes.utf8(TEXT)));
        }
    }
}
