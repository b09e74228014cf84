package dev.interlock.inventory;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ProviderTokens.ListedToken;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the inventory can ask one kind of provider, beyond what its catalog says. */
interface Provider {

    /** Returns the providers that can be asked anything, by the name of their catalog. */
    static Map<String, Provider> all(Clock clock) {
        return Map.of("github", new GithubNodes(clock), "railway", new RailwayResolver());
    }

    /** Returns what lists the provider's resources, if it can list them. */
    default Optional<Resolver> resolver() {
        return Optional.empty();
    }

    /**
     * Describes those of {@code resources} that are {@linkplain #isOpaque opaque}. One about which the provider tells
     * nothing is missing.
     *
     * @param mayRemember whether an answer of the last minutes is good enough
     */
    default Map<Resource, NodeDescription> describe(
            Seal.Upstream upstream, Set<Resource> resources, boolean mayRemember, SurveyQueries questions)
            throws UnresolvedException {
        return Map.of();
    }

    /** Returns whether {@code resource} has a name that does not tell where it lies, so that the provider is asked. */
    default boolean isOpaque(Resource resource) {
        return false;
    }

    /**
     * Lists the tokens that the provider honours.
     *
     * @param unread receives the lists that could not be read
     */
    List<ListedToken> tokens(Seal seal, Seal.Upstream upstream, SurveyQueries questions, List<String> unread)
            throws UnresolvedException;
}
