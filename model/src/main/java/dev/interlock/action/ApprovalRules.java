package dev.interlock.action;

import dev.interlock.evidence.CallGrant;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The seal's rules for asking people: who is notified when nobody answers, and how much one person may sign.
 *
 * @param ladder the groups that are notified of a waiting hold, the soonest first
 * @param signaturesPerHour maximum signatures of one person that count within an hour
 * @param minimumReadTime a signature sooner than this after the hold was first shown raises an alert
 * @param withoutApproval what needs no approval, and where, although it cannot be undone
 * @param grants how many more calls like a confirmed one a person may grant with their signature, if any
 */
public record ApprovalRules(
        List<EscalationStep> ladder,
        int signaturesPerHour,
        Duration minimumReadTime,
        Optional<SoleOwnerRules> solo,
        Set<ExemptOperation> withoutApproval,
        Optional<CallGrant.GrantLimit> grants) {

    /** The default limit of signatures. Nobody makes a considered decision every three minutes for an hour. */
    public static final int DEFAULT_SIGNATURES_PER_HOUR = 20;

    /** The default minimum time before a signature. Even the shortest page takes longer to read. */
    public static final Duration DEFAULT_HASTY = Duration.ofSeconds(5);

    public static final ApprovalRules USUAL = new ApprovalRules(List.of(), DEFAULT_SIGNATURES_PER_HOUR, DEFAULT_HASTY);

    /**
     * One step of the escalation ladder.
     *
     * @param in environments that a hold must be about; empty for all holds
     */
    public record EscalationStep(Duration after, String to, Set<String> in) {
        public EscalationStep {
            in = Collections.unmodifiableSet(new TreeSet<>(in));
        }

        /** Returns whether it applies to a hold about {@code environments}. */
        public boolean isFor(Set<String> environments) {
            return in.isEmpty() || !Collections.disjoint(in, environments);
        }
    }

    public ApprovalRules(List<EscalationStep> ladder, int signaturesPerHour, Duration minimumReadTime) {
        this(ladder, signaturesPerHour, minimumReadTime, Optional.empty(), Set.of(), Optional.empty());
    }

    public ApprovalRules withSoleOwner(Optional<SoleOwnerRules> other) {
        return new ApprovalRules(ladder, signaturesPerHour, minimumReadTime, other, withoutApproval, grants);
    }

    /** Returns the same rules with another limit of what people may grant. */
    public ApprovalRules granting(Optional<CallGrant.GrantLimit> other) {
        return new ApprovalRules(ladder, signaturesPerHour, minimumReadTime, solo, withoutApproval, other);
    }

    /** Returns whether {@code operation} needs no approval in any of {@code environments}. */
    boolean exempts(Operation operation, Set<String> environments) {
        return !environments.isEmpty()
                && environments.stream()
                        .allMatch(environment -> withoutApproval.contains(new ExemptOperation(operation, environment)));
    }

    /** Returns whether {@code operation} is exempt in some environment. */
    public boolean exempts(Operation operation) {
        return withoutApproval.stream().anyMatch(exempt -> exempt.operation().equals(operation));
    }

    /** Returns what people must do if policy demands {@code demanded}. */
    public Obligations of(Obligations demanded) {
        return solo.map(alone -> alone.soleObligations(demanded)).orElse(demanded);
    }

    public ApprovalRules {
        ladder = List.copyOf(ladder);
        withoutApproval = Set.copyOf(withoutApproval);
    }
}
