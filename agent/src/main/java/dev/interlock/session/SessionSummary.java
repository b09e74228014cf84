package dev.interlock.session;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a session did, by its receipts.
 *
 * @param unknown how many calls that were let through may or may not have taken effect
 * @param refused the denied calls, most frequent first
 * @param held the holds that it opened
 * @param whole whether these are all receipts; if not, older ones are missing
 */
public record SessionSummary(
        List<AllowedCalls> letThrough,
        long unknown,
        List<DeniedCalls> refused,
        Set<String> held,
        long receipts,
        boolean whole) {

    private static final List<String> TOLD =
            List.of("id", "kind", "intent", "result", "command", "refusal", "suppressed", "reason", "hold", "upstream");

    public SessionSummary {
        letThrough = List.copyOf(letThrough);
        refused = List.copyOf(refused);
        held = new LinkedHashSet<>(held);
    }

    /** Calls of one sort that went through, by impacts and environments. */
    public record AllowedCalls(Set<String> what, Set<String> where, long count) {}

    /**
     * Calls of one sort that were denied.
     *
     * @param what the operations, or the upstream
     * @param reason the reason for the latest
     */
    public record DeniedCalls(String kind, String what, String reason, long count) {}

    /**
     * Summarizes {@code receipts}, in any order.
     *
     * @param whole whether these are all
     */
    public static SessionSummary of(List<Json.Members> receipts, boolean whole) {
        Map<String, String> results = new HashMap<>();
        receipts.stream()
                .filter(receipt -> is(receipt, Receipt.Kind.OUTCOME))
                .forEach(outcome -> results.put(outcome.text("intent"), outcome.text("result")));
        Map<Map.Entry<Set<String>, Set<String>>, Long> deeds = new LinkedHashMap<>();
        Map<List<String>, DeniedCalls> refused = new HashMap<>();
        Set<String> held = new LinkedHashSet<>();
        long unknown = 0;
        for (Json.Members receipt : receipts) {
            if (is(receipt, Receipt.Kind.INTENT)) {
                String result = results.getOrDefault(receipt.text("id"), "");
                if (!result.equals(Receipt.Result.REFUSED.word())) {
                    unknown += result.equals(Receipt.Result.UNKNOWN.word()) ? 1 : 0;
                    deeds.merge(Map.entry(impacts(receipt), environments(receipt)), 1L, Long::sum);
                }
            } else if (receipt.optionalText("refusal").isPresent() && !is(receipt, Receipt.Kind.HELD)) {
                count(refused, receipt);
            } else if (is(receipt, Receipt.Kind.HELD) || asksForMore(receipt)) {
                receipt.optionalText("hold").ifPresent(held::add);
            }
        }
        return new SessionSummary(
                deeds.entrySet().stream()
                        .map(deed -> new AllowedCalls(
                                deed.getKey().getKey(), deed.getKey().getValue(), deed.getValue()))
                        .sorted(Comparator.comparingLong(AllowedCalls::count).reversed())
                        .toList(),
                unknown,
                refused.values().stream()
                        .sorted(Comparator.comparingLong(DeniedCalls::count)
                                .reversed()
                                .thenComparing(DeniedCalls::kind)
                                .thenComparing(DeniedCalls::what))
                        .toList(),
                held,
                receipts.size(),
                whole);
    }

    private static boolean asksForMore(Json.Members receipt) {
        return is(receipt, Receipt.Kind.ADMIN)
                && receipt.optionalText("command").equals(Optional.of("elevation.ask"));
    }

    private static boolean is(Json.Members receipt, Receipt.Kind kind) {
        return receipt.text("kind").equals(kind.word());
    }

    /** Outcomes count as well: a call may be refused after its intent, or never reach the upstream. */
    private static void count(Map<List<String>, DeniedCalls> refused, Json.Members receipt) {
        if (is(receipt, Receipt.Kind.OUTCOME) && !receipt.text("result").equals(Receipt.Result.REFUSED.word())) {
            return;
        }
        long counted = receipt.get("suppressed").isPresent() ? receipt.whole("suppressed") : 0;
        String kind = receipt.text("refusal");
        if (counted > 0) {
            add(refused, new DeniedCalls(kind, "only counted", "There were too many to record each one.", counted));
        }
        if (!is(receipt, Receipt.Kind.ADMIN)) {
            add(
                    refused,
                    new DeniedCalls(
                            kind,
                            operations(receipt),
                            receipt.optionalText("reason").orElse(""),
                            1));
        }
    }

    private static void add(Map<List<String>, DeniedCalls> refused, DeniedCalls more) {
        refused.merge(
                List.of(more.kind(), more.what()),
                more,
                (first, other) ->
                        new DeniedCalls(first.kind(), first.what(), first.reason(), first.count() + other.count()));
    }

    private static String operations(Json.Members receipt) {
        String operations = actions(receipt).stream()
                .map(action -> action.text("operation"))
                .distinct()
                .collect(Collectors.joining(" "));
        return operations.isEmpty() ? receipt.optionalText("upstream").orElse("") : operations;
    }

    private static Set<String> impacts(Json.Members receipt) {
        Set<String> impacts = new TreeSet<>();
        actions(receipt).forEach(action -> impacts.addAll(action.texts("impacts")));
        return impacts;
    }

    private static Set<String> environments(Json.Members receipt) {
        Set<String> environments = new TreeSet<>();
        actions(receipt)
                .forEach(action -> action.objects("resources")
                        .forEach(resource -> environments.addAll(resource.texts("environments"))));
        return environments;
    }

    /** A long confirmed intent has its actions only in its statement. */
    private static List<Json.Members> actions(Json.Members receipt) {
        List<Json.Members> own = receipt.objects("actions");
        Optional<Json.Members> confirmation = receipt.get("confirmation")
                .filter(Json.Members.class::isInstance)
                .map(Json.Members.class::cast);
        return own.isEmpty() && confirmation.isPresent()
                ? confirmation.get().object("statement").object("meaning").objects("actions")
                : own;
    }

    /** Returns the members that count here, so that many thousands of receipts need not be in memory whole. */
    public static Json.Members brief(Json.Members receipt) {
        Json.Members brief = Json.object();
        for (String name : TOLD) {
            Optional<Json> value = receipt.get(name);
            brief = value.isPresent() ? brief.with(name, value.get()) : brief;
        }
        List<Json> actions =
                actions(receipt).stream().map(SessionSummary::briefAction).toList();
        return actions.isEmpty() ? brief : brief.with("actions", new Json.Array(actions));
    }

    private static Json briefAction(Json.Members action) {
        List<Json> resources = action.objects("resources").stream()
                .<Json>map(resource -> Json.object().withTexts("environments", resource.texts("environments")))
                .distinct()
                .toList();
        return Json.object()
                .with("operation", action.text("operation"))
                .withTexts("impacts", action.texts("impacts"))
                .with("resources", new Json.Array(resources));
    }

    public Json.Members json() {
        return Json.object()
                .withItems(
                        "let_through",
                        letThrough.stream()
                                .map(deed -> Json.object()
                                        .withTexts("impacts", deed.what())
                                        .withTexts("environments", deed.where())
                                        .with("count", deed.count())))
                .with("unknown", unknown)
                .withItems(
                        "refused",
                        refused.stream()
                                .map(one -> Json.object()
                                        .with("refusal", one.kind())
                                        .with("what", one.what())
                                        .with("reason", one.reason())
                                        .with("count", one.count())))
                .withTexts("held", held)
                .with("receipts", receipts)
                .with("whole", whole);
    }
}
