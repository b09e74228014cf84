package dev.interlock.confirm;

import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/** Finds the hold for one attempt, inside one transaction, and ends holds that the attempt shows to be stale. */
final class HoldMatcher {

    static final String SEALED_ANEW = "A new seal came into force after this hold was opened.";

    private final SealDocument seal;
    private final ComparableAttempt wanted;
    private final Obligations obligations;
    private final Instant now;

    HoldMatcher(SealDocument seal, ComparableAttempt wanted, Obligations obligations, Instant now) {
        this.seal = seal;
        this.wanted = wanted;
        this.obligations = obligations;
        this.now = now;
    }

    /**
     * Returns the confirmation of the call if {@code recent} shows it, it is in no plan, and nothing must be written.
     */
    Optional<Confirmation> signed(List<Hold> recent) {
        List<Hold> seen = recent.stream().map(hold -> hold.seenAt(now)).toList();
        return denial(seen).isPresent()
                ? Optional.empty()
                : seen.stream()
                        .filter(hold -> isOfTheSameRequest(hold)
                                && hold.isUsable(now)
                                && hold.place().isEmpty()
                                && staleness(hold).isEmpty())
                        .findFirst()
                        .map(hold -> Confirmation.of(hold, Optional.empty(), recent));
    }

    HoldReadiness readiness(HoldRows rows) {
        List<Hold> holds = settled(rows);
        Optional<HoldReadiness.DeniedHold> no = denial(holds);
        if (no.isPresent()) {
            return no.get();
        }
        List<Hold> same = holds.stream().filter(this::isOfTheSameRequest).toList();
        // At most one is live. An ended hold of the same millisecond must not hide it.
        Optional<Hold> latest = same.stream()
                .filter(hold -> hold.state().isLive())
                .findFirst()
                .or(() -> same.stream().reduce((_, newer) -> newer));
        return latest.isPresent() ? about(rows, latest.get()) : new HoldReadiness.NoHoldYet();
    }

    /** Returns what people granted when they confirmed a call like this one; empty if nothing covers it. */
    Optional<Confirmation> granted(HoldRows rows) {
        return rows.grants(Optional.of(wanted.resolved.lease().root()), now).stream()
                .flatMap(grant -> rows.find(grant.hold()).stream())
                .filter(hold -> isGrantedWith(rows, hold))
                .findFirst()
                .map(hold -> Confirmation.of(hold, Optional.of(wanted.requestDigest), List.of()));
    }

    private boolean isGrantedWith(HoldRows rows, Hold hold) {
        Statement statement = hold.statement();
        Lease lease = wanted.resolved.lease();
        // The obligations too: what policy asks for more strictly is asked.
        return wanted.isByAgent()
                && rows.liveOf(statement.lease(), wanted.requestDigest)
                        .flatMap(Hold::place)
                        .isEmpty()
                && hold.mayGrant(now)
                && statement.seal().equals(seal.id())
                && statement.agent().equals(lease.agent())
                && statement.person().equals(lease.person())
                && statement.task().equals(lease.task())
                && statement.behind().equals(wanted.behind)
                && statement.obligations().equals(obligations.canonical())
                && CallGrant.objection(seal, statement, HoldPhrases.armored(hold), wanted.granted(), now)
                        .isEmpty();
    }

    /** Returns the hold or the denial for such an elevation, which may have been narrowed since. */
    Optional<Confirmations.ParkResult> elevation(HoldRows rows) {
        List<Hold> holds = settled(rows);
        Optional<HoldReadiness.DeniedHold> no = denial(holds);
        if (no.isPresent()) {
            return Optional.of(new Confirmations.ParkResult.DeniedAttempt(no.get()));
        }
        return holds.stream()
                .filter(hold ->
                        hold.state().isLive() && hold.statement().seal().equals(seal.id()) && isOfTheSameRequest(hold))
                .findFirst()
                .map(hold -> new Confirmations.ParkResult.ParkedAttempt(HoldPhrases.ticket(hold, seal, now), false));
    }

    HoldTicket ticket(HoldRows rows, String id) {
        return rows.find(id)
                .map(hold -> HoldPhrases.ticket(hold, seal, now))
                .orElseThrow(() -> new NoSuchElementException("the hold was found a moment ago"));
    }

    private List<Hold> settled(HoldRows rows) {
        List<Hold> settled = new ArrayList<>();
        for (Hold hold : rows.recent(wanted.resolved.lease().root(), now)) {
            settled.add(rows.settle(hold, hold.seenAt(now)));
        }
        return settled;
    }

    /** Returns the latest denial that covers the attempt. */
    Optional<HoldReadiness.DeniedHold> denial(HoldRows rows) {
        return denial(settled(rows));
    }

    private Optional<HoldReadiness.DeniedHold> denial(List<Hold> holds) {
        return holds.stream()
                .filter(this::isCoveredByNo)
                .reduce((_, newer) -> newer)
                .map(HoldMatcher::denied);
    }

    private boolean isCoveredByNo(Hold hold) {
        return hold.state().isDenial() && hold.classes().stream().anyMatch(wanted::overlaps);
    }

    private boolean isOfTheSameRequest(Hold hold) {
        return hold.statement().requestDigest().equals(wanted.requestDigest);
    }

    private HoldReadiness about(HoldRows rows, Hold hold) {
        return switch (hold.state()) {
            case OPEN, SIGNED -> live(rows, hold);
            case EXPIRED ->
                new HoldReadiness.ExpiredHold(hold.id(), hold.ending().orElse(""));
            case VOID -> new HoldReadiness.VoidedHold(hold.id(), hold.ending().orElse(""));
            case CONSUMED, DENIED, CANCELLED -> new HoldReadiness.NoHoldYet();
        };
    }

    private HoldReadiness live(HoldRows rows, Hold hold) {
        Optional<String> stale = staleness(hold);
        if (stale.isPresent()) {
            rows.step(hold, hold.ended(HoldState.VOID, stale.get()));
            return new HoldReadiness.VoidedHold(hold.id(), stale.get());
        }
        Optional<HoldTicket> ahead = PlanOrder.waiting(rows, hold, seal, now);
        if (ahead.isPresent()) {
            return new HoldReadiness.WaitingHold(ahead.get());
        }
        return hold.isUsable(now)
                ? new HoldReadiness.ReadyHold(Confirmation.of(hold, Optional.empty(), List.of()))
                : new HoldReadiness.WaitingHold(HoldPhrases.ticket(hold, seal, now));
    }

    private Optional<String> staleness(Hold hold) {
        if (!hold.statement().seal().equals(seal.id())) {
            return Optional.of(SEALED_ANEW);
        }
        if (!hold.statement().behind().equals(wanted.behind)) {
            return Optional.of("The people behind the lease have changed since this hold was opened.");
        }
        if (!hold.statement().meaningDigest().equals(wanted.meaningDigest)) {
            return Optional.of(
                    "The effect or the blast radius of this request has changed since this hold was opened.");
        }
        if (!hold.statement().obligations().equals(obligations.canonical())) {
            return Optional.of("The policy's obligations have changed since this hold was opened.");
        }
        // The store is not evidence: write access to it must not be enough to forge people's signatures.
        boolean claimsSigned = hold.state() == HoldState.SIGNED;
        boolean signed = ConfirmationCheck.check(seal, hold.statement(), HoldPhrases.armored(hold), now)
                .isSatisfied();
        return claimsSigned && !signed
                ? Optional.of("The signatures of this hold do not confirm it.")
                : Optional.empty();
    }

    private static HoldReadiness.DeniedHold denied(Hold hold) {
        String reason = "A person denied this in hold " + hold.id() + ": "
                + hold.ending().orElse("")
                + " Until " + hold.statement().expires()
                + " it and its variants are refused under this lease without asking people again, also if a new seal comes into force that still asks them.";
        return new HoldReadiness.DeniedHold(hold.id(), reason, HoldPhrases.covers(hold));
    }
}
