package dev.interlock.author;

import dev.interlock.action.Durations;
import dev.interlock.action.Obligations;
import dev.interlock.action.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Describes verdicts in the words of scenario tests. */
final class Verdicts {

    private Verdicts() {}

    static Scenario.ExpectedVerdict kind(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Permit _ -> Scenario.ExpectedVerdict.PERMIT;
            case Verdict.Hold _ -> Scenario.ExpectedVerdict.HOLD;
            case Verdict.Refuse _ -> Scenario.ExpectedVerdict.REFUSE;
        };
    }

    static String word(Verdict verdict) {
        return kind(verdict).word();
    }

    /** Returns the obligations of a hold or the reason of a refusal, and the policies behind it. */
    static String because(Verdict verdict) {
        String by = verdict.grounds().policies().isEmpty()
                ? ""
                : "By `" + String.join("`, `", verdict.grounds().policies()) + "`.";
        return switch (verdict) {
            case Verdict.Permit _ -> by;
            case Verdict.Hold hold -> words(hold.obligations()) + ". " + by;
            case Verdict.Refuse refuse -> refuse.refusal().reason();
        };
    }

    /** Formats obligations as annotations. */
    static String words(Obligations obligations) {
        List<String> words = new ArrayList<>();
        if (!obligations.quorums().isEmpty()) {
            words.add("@confirm(\""
                    + obligations.quorums().stream()
                            .map(Obligations.Quorum::toString)
                            .collect(Collectors.joining(", "))
                    + "\")");
        }
        if (obligations.cooldown().isPositive()) {
            words.add("@cooldown(\"" + Durations.write(obligations.cooldown()) + "\")");
        }
        obligations.backup().ifPresent(age -> words.add("@backup(\"" + Durations.write(age) + "\")"));
        obligations.rows().ifPresent(rows -> words.add("@rows(\"" + rows + "\")"));
        if (obligations.typeName()) {
            words.add("@type_name");
        }
        if (obligations.other()) {
            words.add("@other");
        }
        return String.join(" ", words);
    }
}
