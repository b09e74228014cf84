package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Operation;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.policy.FormattedText;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The changes of the catalogs between past seals and a new one. A changed catalog may read a past call differently, and
 * receipts do not hold the request that it would read.
 */
final class CatalogChanges {

    private record CatalogVersions(Seal.OwnCatalog before, Seal.OwnCatalog now) {}

    private final Seal draft;
    private final CatalogFacts catalogs;
    private final Map<CatalogVersions, Set<String>> unchanged = new HashMap<>();

    CatalogChanges(Seal draft, CatalogFacts catalogs) {
        this.draft = draft;
        this.catalogs = catalogs;
    }

    /**
     * Returns why the operations of {@code sensed} may be read differently than under {@code past}, as a sentence;
     * empty if they are read alike.
     */
    Optional<String> since(Optional<Seal> past, ResolvedAttempt sensed) {
        return past.isEmpty()
                ? Optional.of("The seal of that time is not stored here, so nobody can tell which catalogs read it.")
                : sensed.actions().stream()
                        .map(Action::operation)
                        .flatMap(operation -> since(past.get(), operation).stream())
                        .findFirst();
    }

    private Optional<String> since(Seal past, Operation operation) {
        String provider = operation.provider();
        String quoted = "`" + FormattedText.of(provider) + "`";
        if (digest(past, provider).equals(digest(draft, provider))) {
            return Optional.empty();
        }
        if (digest(draft, provider).isEmpty()) {
            return Optional.of("The policy directory no longer has the catalog " + quoted + ".");
        }
        Seal.OwnCatalog before = past.ownCatalogs().get(provider);
        Seal.OwnCatalog now = draft.ownCatalogs().get(provider);
        if (before == null || now == null) {
            return Optional.of("The catalog " + quoted
                    + " has changed since, and only its fingerprint (digest) is known of that time.");
        }
        return unchanged
                        .computeIfAbsent(
                                new CatalogVersions(before, now),
                                _ -> catalogs.own().unchanged(before, now))
                        .contains(operation.name())
                ? Optional.empty()
                : Optional.of("The catalog " + quoted + " has other rules for it now.");
    }

    private static Optional<String> digest(Seal seal, String provider) {
        return Optional.ofNullable(seal.ownCatalogs().get(provider))
                .map(Seal.OwnCatalog::digest)
                .or(() -> Optional.ofNullable(seal.catalogs().get(provider)));
    }
}
