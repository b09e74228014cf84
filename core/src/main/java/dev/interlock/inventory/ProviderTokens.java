package dev.interlock.inventory;

import dev.interlock.action.Seal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tokens of one provider.
 *
 * @param all red ones first
 * @param unread lists that could not be read, with the reason
 */
public record ProviderTokens(List<ProviderToken> all, List<String> unread) {

    public ProviderTokens {
        all = List.copyOf(all);
        unread = List.copyOf(unread);
    }

    /** A token as the provider lists it. */
    record ListedToken(String kind, String id, String name, String reach, boolean broad, ProviderToken.Dates dates) {}

    /** Marks {@code listed}. Providers reveal no values, so only the name shows whose a token is. */
    static ProviderTokens mark(Seal.Upstream upstream, List<ListedToken> listed, List<String> unread, Instant now) {
        Set<String> once = new HashSet<>();
        Set<String> twice = listed.stream()
                .map(ListedToken::name)
                .filter(name -> !once.add(name))
                .collect(Collectors.toSet());
        List<ProviderToken> all = new ArrayList<>();
        for (ListedToken one : listed) {
            boolean known = !twice.contains(one.name())
                    && upstream.credentials().stream()
                            .anyMatch(slot -> slot.name().equals(one.name()));
            all.add(new ProviderToken(
                    one.kind(),
                    one.id(),
                    one.name(),
                    one.reach(),
                    one.dates(),
                    ProviderToken.marks(known, one.broad(), one.dates(), now)));
        }
        all.sort(ProviderToken.ORDER);
        return new ProviderTokens(all, unread);
    }
}
