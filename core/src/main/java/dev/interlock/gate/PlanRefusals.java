package dev.interlock.gate;

import dev.interlock.action.Refusal;
import dev.interlock.confirm.Confirmations.ParkResult;
import dev.interlock.confirm.HoldPlans;
import java.util.List;

/** What an agent reads about its plan. */
final class PlanRefusals {

    private static final String NOTHING = " Nobody was asked about any step, and nothing was sent.";

    static final Refusal ALONE = Refusal.notUnderstood(
            "Only one step of this plan changes anything, so it has no order." + NOTHING,
            "Send that call by itself: people are asked about it then.");

    private PlanRefusals() {}

    static Refusal unread(RuntimeException e) {
        return Refusal.notUnderstood(
                "This is no plan: " + e.getMessage() + "." + NOTHING,
                "Send `{\"steps\": [{\"method\", \"url\", \"headers\", \"body\"}, {\"url\", \"tool\", \"arguments\"}]}` with 2 to "
                        + HoldPlans.MAX_STEPS + " steps.");
    }

    static Refusal twice(int first, int second) {
        return Refusal.notUnderstood(
                "Steps " + first + " and " + second + " are the same request, and each step of a plan goes once."
                        + NOTHING,
                "Leave one out, and send the plan again.");
    }

    /** Returns the refusal of a plan because of {@code why} at step {@code number}. */
    static Refusal step(int number, Refusal why) {
        return new Refusal(
                why.kind(),
                why.finality(),
                "Step " + number + ": " + why.reason() + NOTHING,
                "Send the plan again without step " + number + ", or with another one. About that step: " + why.next(),
                why.covers(),
                why.elevation());
    }

    static Refusal of(ParkResult why) {
        return switch (why) {
            case ParkResult.DeniedAttempt(var denial) -> Refusals.of(denial);
            case ParkResult.UnaskableAttempt(String reason) -> Refusals.unaskable(reason);
            case ParkResult.LimitReached reached -> Refusals.of(reached);
            case ParkResult.ElevationsUsedUp usedUp -> Refusals.of(usedUp);
            case ParkResult.ParkedAttempt _ -> Refusal.denied("It waits for people already.", "Wait.", List.of());
        };
    }

    static String next(HoldPlans.PlanResult.AskedPlan plan) {
        return "Wait until people have confirmed plan `" + plan.id()
                + "` (in the console, or with `interlock hold sign " + plan.id()
                + " --key KEY`). Then send its steps one after the other, each exactly as it is in the plan; sent with `Prefer: wait=300`, a step is answered when its turn has come. A step that fails, changes or is denied ends the rest. Do not send a step that passes before: it is part of what people confirm.";
    }
}
