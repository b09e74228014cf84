package dev.interlock.confirm;

import dev.interlock.evidence.PlanStep;
import dev.interlock.evidence.SealDocument;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The order of a plan: a step may be used once all are signed and all before it have succeeded. */
final class PlanOrder {

    static final String UNKNOWN = "nobody knows whether its call happened.";

    private PlanOrder() {}

    /** Returns whether the order lets {@code hold} be used; a hold that is in no plan has its turn at any time. */
    static boolean isTurn(HoldRows rows, Hold hold) {
        return ahead(rows, hold).isEmpty();
    }

    /**
     * Returns the first step that {@code hold} waits for: one before it that is not done, or any that is not signed.
     */
    private static Optional<Hold> ahead(HoldRows rows, Hold hold) {
        long mine = hold.place().map(PlanStep::step).orElse(1L);
        return rows.plan(hold).stream()
                .filter(other -> other.place().orElseThrow().step() < mine
                        ? !(other.state() == HoldState.CONSUMED && rows.isDone(other.id()))
                        : other.state() == HoldState.OPEN)
                .findFirst();
    }

    /** Returns the ticket of a signed step whose turn has not come. */
    static Optional<HoldTicket> waiting(HoldRows rows, Hold hold, SealDocument seal, Instant now) {
        return hold.state() != HoldState.SIGNED
                ? Optional.empty()
                : ahead(rows, hold).map(first -> waiting(HoldPhrases.ticket(hold, seal, now), hold, first));
    }

    private static HoldTicket waiting(HoldTicket ticket, Hold hold, Hold first) {
        PlanStep place = hold.place().orElseThrow();
        String ahead = "step " + first.place().orElseThrow().step() + " of its plan (" + first.id() + ")";
        return new HoldTicket(
                ticket.id(),
                ticket.summary(),
                ticket.reason(),
                ticket.expires(),
                List.of(ahead),
                "This is step " + place.step() + " of " + place.of() + ". First " + ahead
                        + " must have succeeded: send that, and then this again. A step that fails ends the plan.",
                ticket.covers(),
                ticket.words());
    }

    static HoldStatus status(HoldRows rows, Hold hold, Instant now) {
        HoldStatus alone = HoldStatus.of(hold, now);
        return alone instanceof HoldStatus.UsableHold && !isTurn(rows, hold)
                ? new HoldStatus.UndecidedHold(
                        true,
                        Duration.between(now, hold.usableFrom().orElseThrow().plus(Hold.USABLE)))
                : alone;
    }

    /** Returns why nobody signs {@code step} without the rest of its plan. */
    static String signedWhole(Hold step) {
        PlanStep place = step.place().orElseThrow();
        return "This is step " + place.step() + " of a plan of " + place.of()
                + " steps, which people confirm as a whole: sign S-"
                + place.first().substring("H-".length()) + ".";
    }
}
