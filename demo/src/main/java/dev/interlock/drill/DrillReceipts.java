package dev.interlock.drill;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ledger's receipts as the gateway lists them. They are shown beside a step; offline verification proves that they
 * are really in the ledger.
 *
 * @param all newest first
 */
record DrillReceipts(List<Json.Members> all) {

    private static final Pattern ID = Pattern.compile("R-[0-9A-HJKMNP-TV-Z]{26}");

    DrillReceipts {
        all = List.copyOf(all);
    }

    Optional<String> cited(String answer) {
        Matcher ids = ID.matcher(answer);
        return ids.results()
                .map(id -> id.group())
                .filter(id -> first(r -> r.text("id").equals(id)).isPresent())
                .findFirst();
    }

    boolean cites(String answer, List<String> parts) {
        Optional<String> cited = cited(answer);
        return cited.isPresent()
                && first(r -> r.text("id").equals(cited.get()) && parts.stream().allMatch(r.canonicalText()::contains))
                        .isPresent();
    }

    Optional<String> deniedCommand(String command) {
        return first(r -> r.optionalText("command").equals(Optional.of(command))
                && r.optionalText("result").equals(Optional.of("refused")));
    }

    Optional<String> intent(String operation) {
        return first(r -> r.text("kind").equals("intent") && r.canonicalText().contains(operation + "\""));
    }

    Optional<String> newest() {
        return first(_ -> true);
    }

    private Optional<String> first(Predicate<Json.Members> which) {
        return all.stream().filter(which).map(r -> r.text("id")).findFirst();
    }
}
