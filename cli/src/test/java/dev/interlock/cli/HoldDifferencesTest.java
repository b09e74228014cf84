package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.SaltedDigests;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests what tells calls apart that one line describes. */
class HoldDifferencesTest {

    private static final HoldQuestion.HoldSet SET = new HoldQuestion.HoldSet("S-1", "3 calls: Send an email", 3);

    private static HoldQuestion.ShownHold hold(String id, String summary, String recipient, String subject) {
        SaltedText to = SaltedDigests.OPEN.salted(recipient);
        String statement = Json.object()
                .with(
                        "meaning",
                        Json.object()
                                .withItems(
                                        "actions",
                                        Stream.of(Json.object()
                                                .withItems(
                                                        "facts",
                                                        Stream.of(
                                                                fact("argument.body.to", to.digest()),
                                                                fact("argument.body.subject", subject))))))
                .canonicalText();
        HoldQuestion.Hold line = new HoldQuestion.Hold(
                id,
                "call",
                SET,
                "open",
                summary,
                "acme/agent",
                "ann",
                "mail",
                "mail",
                "2026-11-20T08:00:00Z",
                List.of(),
                List.of(),
                List.of(),
                "",
                "2026-11-20T09:00:00Z",
                Optional.empty(),
                Optional.empty());
        return new HoldQuestion.ShownHold(
                line,
                statement,
                "",
                Bytes.utf8(id).sha256(),
                Optional.empty(),
                Optional.of(List.of(to)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Json.Members fact(String name, String value) {
        return Json.object().with("name", name).with("value", value).with("provenance", "claimed");
    }

    @Test
    void recipientsTellEqualLinesApart() {
        String line = "Send an email in staging";
        HoldQuestion.ShownSet set = new HoldQuestion.ShownSet(
                SET,
                "",
                "",
                Optional.empty(),
                List.of(
                        hold("H-1", line, "ann@acme.io", "hello"),
                        hold("H-2", line, "bob@acme.io", "hello"),
                        hold("H-3", "Send an email in production", "cat@acme.io", "hello")),
                Optional.empty());
        assertThat(HoldDifferences.of(set))
                .containsEntry("H-1", "to: ann@acme.io")
                .containsEntry("H-2", "to: bob@acme.io")
                .containsEntry("H-3", "");
    }
}
