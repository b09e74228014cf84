package dev.interlock.confirm;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An attempt in the form that is compared with holds and shown to people. An agent can make it megabytes long. So it is
 * computed before the store's single writer is taken, for which all others wait.
 */
final class ComparableAttempt {

    final ResolvedAttempt resolved;

    /** Who is behind the lease besides its person. */
    final Set<String> behind;

    final List<ActionClass> classes;
    final Json.Members meaning;
    final Json.Members request;
    final String meaningDigest;
    final String requestDigest;

    /** The texts of which the statement has only digests. */
    final List<SaltedText> texts;

    /** Even with the shortest other members. The texts that people read beside the statement count too. */
    final boolean isTooLong;

    private final Map<String, Set<Set<String>>> touched = new HashMap<>();

    /** Computes it; {@code other}: whether somebody other than those behind the lease must sign. */
    ComparableAttempt(Seal seal, ResolvedAttempt sensed, boolean other) {
        this.resolved = sensed;
        this.behind = sensed.lease().behind(seal, other);
        this.classes = ActionClass.of(sensed);
        classes.forEach(each ->
                touched.computeIfAbsent(each.operation(), _ -> new HashSet<>()).add(each.folded()));
        this.meaning = sensed.meaning();
        this.request = sensed.request();
        Bytes means = Bytes.of(meaning.canonical());
        Bytes sends = Bytes.of(request.canonical());
        this.meaningDigest = means.sha256();
        this.requestDigest = sends.sha256();
        this.texts = sensed.texts();
        long diffs = length(sensed.actions().stream()
                .flatMap(action -> action.facts().stream())
                .filter(fact -> fact.name().equals(Fact.DIFF))
                .map(Fact::value)); // they have an end of their own
        long read = length(texts.stream().map(SaltedText::text)) - diffs;
        this.isTooLong = read + means.length() + sends.length() > Statement.MAX_BYTES;
    }

    private static long length(Stream<String> texts) {
        return texts.mapToLong(text -> Bytes.utf8(text).length()).sum();
    }

    /** Returns it as it is compared with what people granted. */
    CallGrant.GrantedCall granted() {
        return CallGrant.GrantedCall.of(meaning, request);
    }

    /** Whether an agent asks, and no person who undoes what one did. */
    boolean isByAgent() {
        return resolved.attempt()
                .undoes()
                .filter(Attempt.UndoneCall::isByPerson)
                .isEmpty();
    }

    /** Whether a class includes all of {@code denied}, or the reverse. Another spelling may be the same resource. */
    boolean overlaps(ActionClass denied) {
        Set<String> names = denied.folded();
        return touched.getOrDefault(denied.operation(), Set.of()).stream()
                .anyMatch(mine -> mine.containsAll(names) || names.containsAll(mine));
    }
}
