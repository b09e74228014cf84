package dev.interlock.author;

import dev.interlock.action.Verdict;
import dev.interlock.policy.Annotations;

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
            case Verdict.Hold hold -> Annotations.write(hold.obligations()) + ". " + by;
            case Verdict.Refuse refuse -> refuse.refusal().reason();
        };
    }
}
