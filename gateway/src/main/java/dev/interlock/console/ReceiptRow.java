package dev.interlock.console;

import dev.interlock.action.Headline;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A receipt as one line of a table; {@code mood} names its style, {@code took} is empty if no call is over. */
record ReceiptRow(
        String id,
        String kind,
        String mood,
        String at,
        String iso,
        String agent,
        String task,
        String what,
        String environments,
        String upstream,
        String verdict,
        String reason,
        String took,
        String hold,
        String intent) {

    static ReceiptRow of(Json.Members receipt) {
        String kind = receipt.text("kind");
        String result = DisplayText.text(receipt, "result");
        return new ReceiptRow(
                receipt.text("id"),
                kind,
                mood(receipt, kind, result),
                DisplayText.time(receipt.text("at")),
                receipt.text("at"),
                DisplayText.text(receipt, "agent"),
                DisplayText.text(receipt, "task"),
                what(receipt, kind),
                String.join(", ", environments(receipt)),
                DisplayText.text(receipt, "upstream"),
                verdict(receipt, kind, result),
                receipt.get("reason").map(ReceiptRow::sentence).orElse(""),
                "",
                DisplayText.text(receipt, "hold"),
                DisplayText.text(receipt, "intent"));
    }

    private static String sentence(Json json) {
        return json instanceof Json.Text(String text) ? DisplayText.sentence(text) : DisplayText.value(json);
    }

    /** Returns the row of a call that has no outcome yet, where the newest receipts are shown. */
    ReceiptRow open() {
        return kind.equals("intent") ? withVerdict(verdict + ", in flight") : this;
    }

    private ReceiptRow withVerdict(String word) {
        return new ReceiptRow(
                id, kind, mood, at, iso, agent, task, what, environments, upstream, word, reason, took, hold, intent);
    }

    /** Returns one row for each call. An outcome is shown with its intent, and sets the verdict. */
    static List<ReceiptRow> calls(List<Json.Members> receipts) {
        List<ReceiptRow> rows = new ArrayList<>();
        java.util.Map<String, Json.Members> outcomes = new java.util.HashMap<>();
        for (Json.Members receipt : receipts) {
            if (receipt.text("kind").equals("outcome")) {
                outcomes.put(receipt.text("intent"), receipt);
            } else {
                ReceiptRow row = of(receipt);
                Json.Members outcome = outcomes.get(row.id());
                rows.add(outcome == null ? row.open() : row.ended(outcome));
            }
        }
        return rows;
    }

    ReceiptRow ended(Json.Members outcome) {
        ReceiptRow end = of(outcome);
        Optional<Duration> took = DisplayText.instant(iso)
                .flatMap(from -> DisplayText.instant(end.iso()).map(to -> Duration.between(from, to)));
        return new ReceiptRow(
                id,
                kind,
                end.mood(),
                at,
                iso,
                agent,
                task,
                what,
                environments,
                upstream,
                end.verdict(),
                end.reason(),
                took.map(time -> Math.max(0, time.toMillis()) + " ms").orElse(""),
                hold,
                "");
    }

    private static String mood(Json.Members receipt, String kind, String result) {
        return switch (kind) {
            case "intent" -> "plain";
            case "outcome" ->
                switch (result) {
                    case "done" -> "good";
                    case "unknown", "refused" -> "bad";
                    default -> "plain";
                };
            case "held" -> "wait";
            case "refused" -> "bad";
            default -> DisplayText.text(receipt, "result").matches("refused|rejected") ? "bad" : "plain";
        };
    }

    private static String verdict(Json.Members receipt, String kind, String result) {
        return switch (kind) {
            case "intent" -> receipt.get("hold").isPresent() ? "approved" : "permitted";
            case "outcome" -> result;
            case "held" -> "held";
            case "refused" -> DisplayText.text(receipt, "refusal").replace('_', ' ');
            default -> result.isEmpty() ? "recorded" : result;
        };
    }

    private static String what(Json.Members receipt, String kind) {
        if (kind.equals("admin")) {
            String by = DisplayText.text(receipt, "peer");
            return DisplayText.text(receipt, "command") + (by.isEmpty() ? "" : ", by " + by);
        }
        if (kind.equals("outcome")) {
            return "what became of " + DisplayText.text(receipt, "intent");
        }
        return receipt.get("actions").isPresent()
                ? DisplayText.sentence(Headline.of(
                        receipt.objects("actions"),
                        receipt.optionalObject("radius").orElseGet(Json::object)))
                : "not understood";
    }

    private static List<String> environments(Json.Members receipt) {
        return receipt.optionalObject("radius")
                .map(radius -> DisplayText.texts(radius, "environments"))
                .orElse(List.of());
    }

    /** Returns the row for a script, which only puts texts in their places. */
    Json.Members json() {
        return Json.object()
                .with("id", id)
                .with("kind", kind)
                .with("mood", mood)
                .with("at", at)
                .with("iso", iso)
                .with("agent", agent)
                .with("task", task)
                .with("what", what)
                .with("environments", environments)
                .with("verdict", verdict)
                .with("reason", reason)
                .with("hold", hold)
                .with("intent", intent);
    }
}
