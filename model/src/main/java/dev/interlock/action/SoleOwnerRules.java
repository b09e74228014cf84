package dev.interlock.action;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rules for a sole owner, where nobody else could sign. A delay replaces the second person: the owner gets a notice
 * elsewhere and has time to deny.
 *
 * @param delay minimum delay where policy asks for a second person
 * @param notice the receiver of alerts that notifies them
 */
public record SoleOwnerRules(Duration delay, String notice) {

    /** The minimum delay. Before that, nobody has seen a message on another device. */
    public static final Duration LEAST = Duration.ofMinutes(5);

    /** The maximum delay. With more than a day, people would bypass the gateway. */
    public static final Duration MOST = Duration.ofHours(24);

    /**
     * Returns the obligations for a sole owner instead of {@code demanded}. Policy's demands for backups, rows and
     * hardware stay.
     */
    public Obligations soleObligations(Obligations demanded) {
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
