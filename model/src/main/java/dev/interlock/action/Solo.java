package dev.interlock.action;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * That one person owns everything, and nobody else could sign beside them: time, in which they hear of it elsewhere,
 * and can say no, stands in the place of a second person.
 *
 * @param delay how long it takes, at least, where policy asks for a second person
 * @param notice the receiver of alerts by which they hear of it
 */
public record Solo(Duration delay, String notice) {

    /** Sooner nobody has seen a message on another device. */
    public static final Duration LEAST = Duration.ofMinutes(5);

    /** Longer than a day, people take the gateway out of the way. */
    public static final Duration MOST = Duration.ofHours(24);

    /**
     * What is asked of one person instead of {@code demanded}. Nothing else is less: neither what policy says of
     * backups and rows, nor that hardware signs.
     */
    public Obligations instead(Obligations demanded) {
        boolean another = demanded.other() || demanded.quorums().stream().anyMatch(quorum -> quorum.count() > 1);
        if (!another) {
            return demanded;
        }
        Set<Obligations.Quorum> alone = new TreeSet<>();
        demanded.quorums().forEach(quorum -> alone.add(new Obligations.Quorum(1, quorum.group())));
        return new Obligations(
                alone,
                demanded.cooldown().compareTo(delay) >= 0 ? demanded.cooldown() : delay,
                demanded.backup(),
                demanded.rows(),
                demanded.typeName(),
                false);
    }
}
