package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A call as a row of a report, without its outcome. It shows what a receipt says, in fewer members. */
final class CallRow {

    /** The member that names the log, if the rows of several are in one report. */
    static final String LOG = "log";

    private static final int MOST_RESOURCES = 8;
    private static final List<String> COPIED = List.of(
            "agent", "person", "task", "lease", "upstream", "seal", "hold", "grant", "elevation", "undoes", "reason");

    private CallRow() {}

    static Json.Members of(long leaf, Receipt call, List<Json.Members> approvers, Optional<String> problem) {
        Json.Members row = Json.object()
                .with("leaf", leaf)
                .with("receipt", call.id())
                .with("at", call.at().toString())
                .with("verdict", CallVerdict.of(call).orElseThrow().word())
                .withItems("approved_by", approvers.stream())
                .withOptional("problem", problem);
        for (String name : COPIED) {
            row = row.withOptional(name, call.members().textIfAny(name));
        }
        if (call.members().get("observed").orElse(new Json.Nothing()) instanceof Json.Members observed) {
            row = row.withOptional("reason", observed.textIfAny("reason"));
        }
        try {
            row = row.withTexts("policies", call.members().texts("policies"));
            return done(row, IntentMeaning.members(call).objects("actions"));
        } catch (MalformedException e) {
            return done(row, List.of()).with("problem", "what it does cannot be read: " + e.getMessage());
        }
    }

    private static Json.Members done(Json.Members row, List<Json.Members> actions) {
        Set<String> operations = new TreeSet<>();
        Set<String> impacts = new TreeSet<>();
        Set<String> environments = new TreeSet<>();
        Set<String> resources = new TreeSet<>();
        boolean irreversible = false;
        for (Json.Members action : actions) {
            operations.add(action.text("operation"));
            impacts.addAll(action.texts("impacts"));
            irreversible |= action.optionalText("reversibility").equals(Optional.of("irreversible"));
            for (Json.Members resource : action.objects("resources")) {
                resources.add(resource.text("id"));
                environments.addAll(resource.texts("environments"));
            }
        }
        return row.withTexts("operations", operations)
                .withTexts("impacts", impacts)
                .withTexts("environments", environments)
                .withTexts("resources", resources.stream().limit(MOST_RESOURCES))
                .with("resources_in_all", resources.size())
                .with("quantity", new Json.Members(quantity(actions)))
                .with("irreversible", irreversible);
    }

    /** Returns the counted facts by name, summed over the actions; {@code unknown} if one of them is. */
    private static Map<String, Json> quantity(List<Json.Members> actions) {
        Map<String, Json> counted = new LinkedHashMap<>();
        for (Json.Members action : actions) {
            for (Json.Members fact : action.objects("facts")) {
                String name = fact.text("name");
                if (name.startsWith(CallGrant.COUNT)) {
                    counted.merge(name.substring(CallGrant.COUNT.length()), number(fact.text("value")), CallRow::sum);
                }
            }
        }
        return counted;
    }

    private static Json number(String value) {
        return value.matches("[0-9]{1,15}") ? new Json.Whole(Long.parseLong(value)) : new Json.Text("unknown");
    }

    private static Json sum(Json one, Json other) {
        return one instanceof Json.Whole a && other instanceof Json.Whole b && a.value() + b.value() <= Json.MAX_WHOLE
                ? new Json.Whole(a.value() + b.value())
                : new Json.Text("unknown");
    }

    /** Returns what stands for the outcome of {@code row} if the log has none. */
    static Json.Members withoutOutcome(Json.Members row) {
        return Json.object()
                .with(
                        "result",
                        switch (row.text("verdict")) {
                            case "refused" -> "not sent";
                            case "asked" -> "waited";
                            default -> "no outcome in this copy";
                        });
    }

    static Json.Members outcome(Receipt receipt) {
        Json.Members outcome = Json.object()
                .with("receipt", receipt.id())
                .with("at", receipt.at().toString())
                .with(
                        "result",
                        receipt.members()
                                .textIfAny("result")
                                .orElseGet(() -> receipt.members().text("outcome")));
        if (receipt.members().get("answer").orElse(new Json.Nothing()) instanceof Json.Members answer
                && answer.get("status").orElse(new Json.Nothing()) instanceof Json.Whole status) {
            return outcome.with("status", status);
        }
        return outcome;
    }

    /** Returns the cells of a table: texts by column, the same for a page, a CSV file and a terminal. */
    static Map<String, String> cells(Json.Members row) {
        Map<String, String> cells = new LinkedHashMap<>();
        cells.put("time", row.text("at"));
        for (String name : List.of("agent", "person", "task", "upstream")) {
            cells.put(name, row.optionalText(name).orElse(""));
        }
        cells.put("operation", String.join(", ", row.texts("operations")));
        cells.put("resources", resources(row));
        List<String> quantity = new ArrayList<>();
        row.object("quantity").members().forEach((name, value) -> quantity.add(plain(value) + " " + name));
        cells.put("quantity", String.join(", ", quantity));
        cells.put("environment", String.join(", ", row.texts("environments")));
        cells.put("irreversible", row.flag("irreversible") ? "irreversible" : "");
        cells.put("verdict", row.text("verdict"));
        cells.put("policies", String.join(", ", row.texts("policies")));
        cells.put(
                "approved_by",
                String.join(
                        "; ",
                        Stream.concat(
                                        row.objects("approved_by").stream().map(CallRow::approver),
                                        row.optionalText("elevation").map("elevation "::concat).stream())
                                .toList()));
        Json.Members outcome = row.object("outcome");
        cells.put(
                "outcome",
                outcome.text("result")
                        + outcome.get("status")
                                .map(status -> " (" + plain(status) + ")")
                                .orElse(""));
        cells.put(
                "reason",
                Stream.of(
                                row.optionalText("problem").or(() -> row.optionalText("reason")),
                                row.optionalText("texts").map("texts "::concat))
                        .flatMap(Optional::stream)
                        .collect(Collectors.joining("; ")));
        cells.put("receipt", row.text("receipt"));
        cells.put("outcome_receipt", outcome.optionalText("receipt").orElse(""));
        cells.put(
                "hold",
                row.optionalText("hold").or(() -> row.optionalText("grant")).orElse(""));
        cells.put("seal", row.optionalText("seal").orElse(""));
        row.optionalText(LOG).ifPresent(log -> cells.put(LOG, log));
        return cells;
    }

    private static String resources(Json.Members row) {
        List<String> named = row.texts("resources");
        long more = row.whole("resources_in_all") - named.size();
        return String.join(", ", named) + (more > 0 ? " and " + more + " more" : "");
    }

    static String approver(Json.Members by) {
        return by.text("person") + " (key: " + by.text("key_class")
                + (by.flag("checked") ? "" : ", as the gateway says; signature not checked") + ")";
    }

    static String plain(Json value) {
        if (value instanceof Json.Array array) {
            return String.join(", ", array.items().stream().map(CallRow::plain).toList());
        }
        return value instanceof Json.Text text ? text.value() : value.canonicalText();
    }
}
