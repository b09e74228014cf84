package dev.interlock.gate;

import dev.interlock.action.BlastRadius;
import dev.interlock.action.Grounds;
import dev.interlock.action.Obligations;
import dev.interlock.action.Refusal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What would become of an attempt that was only a question. It says as much as a refusal would, and promises nothing:
 * what it rests on may change before the attempt is meant.
 *
 * @param would what would be decided
 * @param reason why, and what it would cost
 * @param next what the agent can do with that
 * @param covers which class of action this is about
 * @param obligations what people would be asked for
 * @param radius all that it would cost, where the policies let it go or hold it; what they refuse shows nothing of what
 *     stands there
 */
public record Trial(
        Would would,
        String reason,
        String next,
        List<String> covers,
        Optional<Obligations> obligations,
        Optional<BlastRadius> radius) {

    /** The verdicts, as machines are told. */
    public enum Would {
        PERMIT,
        HOLD,
        REFUSE,
        /** What it rests on could not be found out. */
        UNCERTAIN;

        /** In lower case. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Trial of(Sensed sensed, Verdict verdict, String consequences, List<String> gaps) {
        return switch (verdict) {
            case Verdict.Permit _ ->
                new Trial(
                        Would.PERMIT,
                        sentence("It would be sent now.", consequences),
                        "Send it without `Prefer: handling=dry-run` if you mean it.",
                        List.of(),
                        Optional.empty(),
                        Optional.of(sensed.radius()));
            case Verdict.Hold _ when !gaps.isEmpty() -> of(Would.UNCERTAIN, Refusals.uncertain(gaps));
            case Verdict.Hold hold ->
                new Trial(
                        Would.HOLD,
                        sentence("It would wait for people." + Refusals.limits(hold.grounds()), consequences),
                        Refusals.milder(sensed)
                                + "Ask for it only if the task cannot do without; people are rung by every such request.",
                        List.of(),
                        Optional.of(hold.obligations()),
                        Optional.of(sensed.radius()));
            case Verdict.Refuse(Grounds grounds, Refusal refusal) ->
                // What a limit stops, its milder way would not get past either.
                of(Would.REFUSE, grounds.limits().isEmpty() ? Refusals.offering(sensed, refusal) : refusal);
        };
    }

    private static Trial of(Would would, Refusal refusal) {
        return new Trial(would, refusal.reason(), refusal.next(), refusal.covers(), Optional.empty(), Optional.empty());
    }

    private static String sentence(String first, String second) {
        return (first + " " + second).strip();
    }
}
