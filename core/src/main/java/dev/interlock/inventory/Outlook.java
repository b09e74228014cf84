package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.Placement;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What would be left of something that holds data, after each way of losing it.
 *
 * @param upstream where it is
 * @param placement what it is, and which environments use it
 * @param ways what could happen, each by one call or one leak
 * @param unseen restored backups of it that lie apart by the seal's word alone, by their names
 */
public record Outlook(String upstream, Placement placement, List<Way> ways, Set<String> unseen) {

    public Outlook {
        ways = List.copyOf(ways);
        unseen = Collections.unmodifiableSet(new TreeSet<>(unseen));
    }

    /**
     * One way of losing it.
     *
     * @param name as {@code volume}, {@code environment production}, {@code account} or {@link #CREDENTIAL}
     * @param lost what would be deleted, as the provider names it, or the credentials that could
     * @param left the youngest backup that would be left and was restored; if none was, the youngest of the others
     * @param without plans of which nothing would be left, if something would be of others that save the same thing
     * @param notKnown why it is not known whether something would be left; then nothing may be counted on
     */
    public record Way(
            String name, Set<String> lost, Optional<Backup> left, Set<String> without, List<String> notKnown) {

        /** The way of a credential that can delete both the thing and its backups. */
        public static final String CREDENTIAL = "credential";

        public Way {
            lost = Set.copyOf(lost);
            without = Collections.unmodifiableSet(new TreeSet<>(without));
            notKnown = List.copyOf(notKnown);
        }
    }

    /**
     * All that was found in one upstream.
     *
     * @param things one for each
     * @param notKnown what could not be found out, in whole sentences
     */
    public record Found(List<Outlook> things, List<String> notKnown) {
        public Found {
            things = List.copyOf(things);
            notKnown = List.copyOf(notKnown);
        }
    }
}
