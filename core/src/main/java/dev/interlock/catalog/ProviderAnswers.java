package dev.interlock.catalog;

import dev.interlock.action.SealedBots;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the provider has answered to the questions of one call, and the seal has said. Used by one thread, for one
 * reading.
 */
public final class ProviderAnswers {

    private final Map<ProviderQuestion, String> known;
    private final boolean isMildest;
    private final SealedBots bots;
    private final Set<ProviderQuestion> open = new LinkedHashSet<>();

    private ProviderAnswers(Map<ProviderQuestion, String> known, boolean isMildest, SealedBots bots) {
        this.known = Map.copyOf(known);
        this.isMildest = isMildest;
        this.bots = bots;
    }

    public static ProviderAnswers of(Map<ProviderQuestion, String> known) {
        return new ProviderAnswers(known, false, SealedBots.UNSAID);
    }

    /** Returns no answers: each rule holds. */
    static ProviderAnswers none() {
        return of(Map.of());
    }

    /** Returns answers that lift each rule that an answer can lift. */
    public static ProviderAnswers mildest() {
        return new ProviderAnswers(Map.of(), true, SealedBots.UNSAID);
    }

    /** Returns the same answers, beside what a seal says of the machines that read texts. */
    public ProviderAnswers under(SealedBots sealed) {
        return new ProviderAnswers(known, isMildest, sealed);
    }

    SealedBots bots() {
        return bots;
    }

    boolean isMildest() {
        return isMildest;
    }

    Optional<String> find(ProviderQuestion question) {
        Optional<String> answer = Optional.ofNullable(known.get(question));
        if (answer.isEmpty()) {
            open.add(question);
        }
        return answer;
    }

    /** Returns the questions that were asked so far and have no answer. */
    Set<ProviderQuestion> open() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(open));
    }
}
