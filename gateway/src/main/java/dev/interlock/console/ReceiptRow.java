package dev.interlock.console;

import dev.interlock.action.Headline;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.shapes.ModelProvider;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A receipt as one line of a table; {@code mood} names its style, {@code took} is empty if no call is over;
 * {@code model} counts calls to a model.
 */
record ReceiptRow(
        String id,
        String origin,
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
        String intent,
        long model) {

    private static final String MODEL = "Ask its model";

    static ReceiptRow of(Json.Members receipt) {
        String kind = receipt.text("kind");
        String result = DisplayText.text(receipt, "result");
        return new ReceiptRow(
                receipt.text("id"),
                DisplayText.text(receipt, "origin"),
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
                DisplayText.text(receipt, "intent"),
                kind.equals("intent") && isModel(receipt) ? 1 : 0);
    }

    private static boolean isModel(Json.Members receipt) {
        return receipt.get("actions").isPresent()
                && !receipt.items("actions").isEmpty()
                && receipt.objects("actions").stream()
                        .allMatch(action -> action.texts("impacts").equals(List.of("read"))
                                && ModelProvider.names()
                                        .contains(action.text("operation").replaceFirst("/.*", "")));
    }

    private static String sentence(Json json) {
        return json instanceof Json.Text(String text) ? DisplayText.sentence(text) : DisplayText.value(json);
    }

    /** Returns {@code receipts} with the present names of what they touch that has none on record, for the rows. */
    static List<Json.Members> named(ConsoleRequest request, List<Json.Members> receipts) throws AdminRefusedException {
        Map<String, String> names = request.names(receipts.stream()
                .filter(receipt -> receipt.get("actions").isPresent())
                .flatMap(receipt -> receipt.objects("actions").stream())
                .flatMap(action -> action.objects("resources").stream())
                .map(resource -> resource.text("id"))
                .collect(Collectors.toSet()));
        return names.isEmpty()
                ? receipts
                : receipts.stream().map(receipt -> named(receipt, names)).toList();
    }

    private static Json.Members named(Json.Members receipt, Map<String, String> names) {
        return receipt.optionalObject("radius")
                .map(radius -> {
                    Json.Members all = radius.optionalObject("names").orElseGet(Json::object);
                    for (Map.Entry<String, String> one : names.entrySet()) {
                        if (all.get(one.getKey()).isEmpty()) {
                            all = all.with(one.getKey(), one.getValue());
                        }
                    }
                    return receipt.with("radius", radius.with("names", all));
                })
                .orElse(receipt);
    }

    /** Returns the row of a call that has no outcome yet, where the newest receipts are shown. */
    ReceiptRow open() {
        return kind.equals("intent") ? with(mood, verdict + ", in flight", reason, took, intent, model) : this;
    }

    /**
     * Returns one row for each call. An outcome is shown with its intent, and sets the verdict. An agent's permitted
     * calls to its model are one row, at the place of the latest.
     */
    static List<ReceiptRow> calls(List<Json.Members> receipts) {
        Map<String, ReceiptRow> rows = new LinkedHashMap<>();
        Map<String, Json.Members> outcomes = new HashMap<>();
        for (Json.Members receipt : receipts) {
            if (receipt.text("kind").equals("outcome")) {
                outcomes.put(receipt.text("intent"), receipt);
            } else {
                ReceiptRow row = of(receipt);
                Json.Members outcome = outcomes.get(row.id());
                ReceiptRow call = outcome == null ? row.open() : row.ended(outcome);
                rows.merge(row.model() > 0 ? row.agent() + " " + row.task() : row.id(), call, ReceiptRow::and);
            }
        }
        return List.copyOf(rows.values());
    }

    /** Returns this row with an earlier call to the model. */
    private ReceiptRow and(ReceiptRow earlier) {
        return with(mood, verdict, reason, took, intent, model + earlier.model());
    }

    private ReceiptRow with(String mood, String verdict, String reason, String took, String intent, long model) {
        return new ReceiptRow(
                id,
                origin,
                kind,
                mood,
                at,
                iso,
                agent,
                task,
                model > 1 ? MODEL + ", " + model + " times" : what,
                environments,
                upstream,
                verdict,
                reason,
                took,
                hold,
                intent,
                model);
    }

    ReceiptRow ended(Json.Members outcome) {
        ReceiptRow end = of(outcome);
        Optional<Duration> took = DisplayText.instant(iso)
                .flatMap(from -> DisplayText.instant(end.iso()).map(to -> Duration.between(from, to)));
        return with(
                end.mood(),
                end.verdict(),
                end.reason(),
                took.map(time -> Math.max(0, time.toMillis()) + " ms").orElse(""),
                "",
                model);
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
        if (receipt.get("actions").isEmpty()) {
            return DisplayText.text(receipt, "task").equals(LeaseTerms.EXAMINATION)
                    ? "Self-test by interlock doctor"
                    : "Not understood";
        }
        return isModel(receipt)
                ? MODEL
                : DisplayText.sentence(Headline.of(
                        receipt.objects("actions"),
                        receipt.optionalObject("radius").orElseGet(Json::object)));
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
                .with("intent", intent)
                .with("model", model);
    }
}
