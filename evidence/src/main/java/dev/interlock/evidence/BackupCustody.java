package dev.interlock.evidence;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The credentials that could delete both a backup and its source: each of an upstream counts as able to delete
 * everything at that provider. Empty if the seal does not say who can delete the backup.
 */
public record BackupCustody(Optional<Set<String>> shared) {

    /** Returns whether it is known that no credential reaches both. */
    public boolean isApart() {
        return shared.filter(Set::isEmpty).isPresent();
    }

    /** {@code credentials} are those of all upstreams, by provider; {@code deletableBy} who else can delete it. */
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
