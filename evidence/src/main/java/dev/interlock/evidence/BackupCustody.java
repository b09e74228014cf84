package dev.interlock.evidence;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The credentials that could delete both a backup and its source. The use of a credential does not limit what it can
 * do. So each credential of an upstream counts as able to delete everything at that provider.
 *
 * @param shared their names, none if none can; empty if the seal does not say who can delete the backup
 */
public record BackupCustody(Optional<Set<String>> shared) {

    /** Returns whether it is known that no credential reaches both. */
    public boolean isApart() {
        return shared.filter(Set::isEmpty).isPresent();
    }

    /**
     * Returns the custody of a backup of {@code of} that lies in {@code domain}.
     *
     * @param credentials of all upstreams, by the provider that they reach
     * @param deletableBy who else can delete it, if the seal says so
     */
    public static BackupCustody of(
            Map<String, Set<String>> credentials, String of, String domain, Optional<Set<String>> deletableBy) {
        Set<String> both = new TreeSet<>(credentials.getOrDefault(provider(domain), Set.of()));
        deletableBy.ifPresent(both::addAll);
        both.retainAll(credentials.getOrDefault(provider(of), Set.of()));
        boolean known = deletableBy.isPresent() || !both.isEmpty();
        return new BackupCustody(known ? Optional.of(both) : Optional.empty());
    }

    /** Returns the provider of {@code domain}: for {@code hetzner:box/u1}, {@code hetzner}. */
    public static String provider(String domain) {
        int colon = domain.indexOf(':');
        return colon < 0 ? domain : domain.substring(0, colon);
    }
}
