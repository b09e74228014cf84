package dev.interlock.evidence;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which credentials could delete both a backup and what it is a copy of. What a credential is used for is not what it
 * is able to do: each of an upstream's counts as able to delete whatever lies there.
 *
 * @param shared their names, none if none can; empty if nobody has said who can delete the backup
 */
public record Custody(Optional<Set<String>> shared) {

    /** Whether it is known that no credential reaches both. */
    public boolean isApart() {
        return shared.filter(Set::isEmpty).isPresent();
    }

    /**
     * Of a backup of {@code of} in {@code domain}.
     *
     * @param credentials of all upstreams, by the provider that they reach
     * @param deletableBy who else can delete it, if the seal says so
     */
    public static Custody of(
            Map<String, Set<String>> credentials, String of, String domain, Optional<Set<String>> deletableBy) {
        Set<String> both = new TreeSet<>(credentials.getOrDefault(provider(domain), Set.of()));
        deletableBy.ifPresent(both::addAll);
        both.retainAll(credentials.getOrDefault(provider(of), Set.of()));
        boolean known = deletableBy.isPresent() || !both.isEmpty();
        return new Custody(known ? Optional.of(both) : Optional.empty());
    }

    /** Of {@code hetzner:box/u1} it is {@code hetzner}. */
    public static String provider(String domain) {
        int colon = domain.indexOf(':');
        return colon < 0 ? domain : domain.substring(0, colon);
    }
}
