package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An attempt in the form that is compared with holds and shown to people. An agent can make it megabytes long. So it is
 * computed before the store's single writer is taken, for which all others wait.
 */
final class ComparableAttempt {

    private final ResolvedAttempt sensed;
    private final Set<String> behind;
    private final List<ActionClass> classes;
    private final Map<String, Set<Set<String>>> touched = new HashMap<>();
    private final Json.Members meaning;
    private final Json.Members request;
    private final String meaningDigest;
    private final String requestDigest;
    private final List<SaltedText> texts;
    private final boolean tooLong;

    /**
     * Computes it.
     *
     * @param other whether somebody other than those behind the lease must sign
     */
    ComparableAttempt(Seal seal, ResolvedAttempt sensed, boolean other) {
        this.sensed = sensed;
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
        long read = texts.stream()
                .mapToLong(text -> Bytes.utf8(text.text()).length())
                .sum();
        this.tooLong = read + means.length() + sends.length() > Statement.MAX_BYTES;
    }

    ResolvedAttempt resolved() {
        return sensed;
    }

    /** Returns who is behind the lease besides its person. */
    Set<String> behind() {
        return behind;
    }

    List<ActionClass> classes() {
        return classes;
    }

    Json.Members meaning() {
        return meaning;
    }

    Json.Members request() {
        return request;
    }

    String meaningDigest() {
        return meaningDigest;
    }

    String requestDigest() {
        return requestDigest;
    }

    List<SaltedText> texts() {
        return texts;
    }

    /** Even with the shortest other members. The texts that people read beside the statement count too. */
    boolean isTooLong() {
        return tooLong;
    }

    /** Whether a class includes all of {@code denied}, or the reverse. Another spelling may be the same resource. */
    boolean overlaps(ActionClass denied) {
        Set<String> names = denied.folded();
        return touched.getOrDefault(denied.operation(), Set.of()).stream()
                .anyMatch(mine -> mine.containsAll(names) || names.containsAll(mine));
    }
}
