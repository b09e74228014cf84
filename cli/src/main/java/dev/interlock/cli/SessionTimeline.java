package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.session.Session;
import dev.interlock.session.SessionSummary;
import dev.interlock.session.TranscriptEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The agent's messages and the gateway's records in the order of time: entries with `at`, `who`, `what` and `text`. */
final class SessionTimeline {

    private SessionTimeline() {}

    static List<Json.Members> of(Session session, int lines, Optional<SessionFacts> facts) throws IOException {
        List<Json.Members> timeline = new ArrayList<>();
        session.said(lines).stream().map(TranscriptEntry::json).forEach(timeline::add);
        facts.ifPresent(known -> {
            Map<String, String> results = new HashMap<>();
            known.receipts().stream()
                    .filter(one -> one.text("kind").equals(Receipt.Kind.OUTCOME.word()))
                    .forEach(one -> results.put(one.text("intent"), one.text("result")));
            known.receipts().stream()
                    .filter(one -> !one.text("kind").equals(Receipt.Kind.OUTCOME.word()))
                    .map(one -> done(one, results))
                    .forEach(timeline::add);
        });
        timeline.sort(Comparator.comparing(entry -> Instant.parse(entry.text("at"))));
        return timeline;
    }

    private static Json.Members done(Json.Members receipt, Map<String, String> results) {
        String kind = receipt.text("kind");
        String what = kind.equals(Receipt.Kind.INTENT.word())
                ? "let through, " + results.getOrDefault(receipt.text("id"), "no outcome yet")
                : kind.equals(Receipt.Kind.ADMIN.word())
                        ? receipt.optionalText("command").orElse(kind)
                        : kind;
        List<String> text = new ArrayList<>(List.of(SessionSummary.operations(receipt)));
        text.add(String.join("+", SessionSummary.impacts(receipt)));
        text.add(String.join(", ", SessionSummary.environments(receipt)));
        receipt.optionalText("reason").ifPresent(text::add);
        receipt.optionalText("hold").ifPresent(text::add);
        text.removeIf(String::isEmpty);
        return Json.object()
                .with("at", receipt.text("at"))
                .with("who", "gateway")
                .with("what", what)
                .with("text", String.join(" · ", text))
                .with("receipt", receipt.text("id"));
    }
}
