package dev.interlock.gate;

import dev.interlock.action.BlastRadius;
import dev.interlock.action.Obligations;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Keyword;
import java.util.List;
import java.util.Optional;

/**
 * The answer to a dry run. It says as much as a refusal would, and promises nothing: the facts behind it may change
 * before the real attempt.
 *
 * @param radius all that it would cost, if the policies permit or hold it; a refusal reveals nothing about the
 *     resources
 */
public record DryRun(
        Prediction would,
        String reason,
        String next,
        List<String> covers,
        Optional<Obligations> obligations,
        Optional<BlastRadius> radius) {

    /** The verdicts, as machines read them. */
    public enum Prediction implements Keyword {
        PERMIT,
        HOLD,
        REFUSE,
        /** The facts behind it could not be found out. */
        UNCERTAIN;
    }

    static DryRun of(ResolvedAttempt sensed, Verdict verdict, String consequences, List<String> gaps) {
        return switch (verdict) {
            case Verdict.Permit _ ->
                new DryRun(
                        Prediction.PERMIT,
                        sentence("This request would be sent now. " + sensed.headline() + ".", consequences),
                        "To send it, repeat it without `Prefer: handling=dry-run`.",
                        List.of(),
                        Optional.empty(),
                        Optional.of(sensed.radius()));
            case Verdict.Hold _ when !gaps.isEmpty() -> of(Prediction.UNCERTAIN, Refusals.uncertain(gaps));
            case Verdict.Hold hold ->
                new DryRun(
                        Prediction.HOLD,
                        sentence(
                                "This request would wait for people to confirm it. " + sensed.headline() + "."
                                        + Refusals.limits(hold.grounds()),
                                consequences),
                        Refusals.milder(sensed)
                                + "Send it only if the task needs it; every such request alerts people.",
                        List.of(),
                        Optional.of(hold.obligations()),
                        Optional.of(sensed.radius()));
            case Verdict.Refuse(VerdictReasons grounds, Refusal refusal) ->
                of(
                        Prediction.REFUSE,
                        Refusals.offering(sensed, refusal, !grounds.limits().isEmpty()));
        };
    }

    private static DryRun of(Prediction would, Refusal refusal) {
        return new DryRun(
                would, refusal.reason(), refusal.next(), refusal.covers(), Optional.empty(), Optional.empty());
    }

    private static String sentence(String first, String second) {
        return (first + " " + second).strip();
    }
}
