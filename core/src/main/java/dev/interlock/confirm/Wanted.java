package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An attempt as it is compared with what people were asked, and as they would be asked about it. An agent may make it
 * megabytes long: it is made before anybody holds the store's only writer, for which all others wait.
 */
final class Wanted {

    private final Sensed sensed;
    private final Set<String> behind;
    private final List<ActionClass> classes;
    private final Map<String, Set<Set<String>>> touched = new HashMap<>();
    private final Json.Members meaning;
    private final Json.Members request;
    private final String meaningDigest;
    private final String requestDigest;
    private final boolean tooLong;

    /**
     * Reads it.
     *
     * @param other whether somebody other than those behind the lease must sign
     */
    Wanted(Seal seal, Sensed sensed, boolean other) {
        this.sensed = sensed;
        this.behind = sensed.lease().behind(seal, other);
        this.classes = ActionClass.of(sensed);
        classes.forEach(each ->
                touched.computeIfAbsent(each.operation(), _ -> new HashSet<>()).add(each.folded()));
        this.meaning = sensed.meaning();
        this.request = sensed.outgoing().canonical();
        Bytes means = Bytes.of(meaning.canonical());
        Bytes sends = Bytes.of(request.canonical());
        this.meaningDigest = means.sha256();
        this.requestDigest = sends.sha256();
        this.tooLong = (long) means.length() + sends.length() > Statement.MAX_BYTES;
    }

    Sensed sensed() {
        return sensed;
    }

    /** Who is behind the lease beside its person. */
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

    /** Whether no statement has room for it, whatever else one says. */
    boolean isTooLong() {
        return tooLong;
    }

    /**
     * Whether one of its classes does all that {@code denied} does, or the other way round, so that it would get round
     * a no to it. A name in another spelling may be the same thing.
     */
    boolean overlaps(ActionClass denied) {
        Set<String> names = denied.folded();
        return touched.getOrDefault(denied.operation(), Set.of()).stream()
                .anyMatch(mine -> mine.containsAll(names) || names.containsAll(mine));
    }
}
