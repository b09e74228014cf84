package dev.interlock.vault;

import dev.interlock.oauth.OAuthGrant;
import dev.interlock.oauth.TokenEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Fetches access tokens with the grants of a store, and remembers which of them have ended. Threading: any. */
final class GrantRefresh implements FetchedSecretCache.SecretFetch {

    /** A token is replaced so long before it expires, because a call may take that long. */
    static final Duration MARGIN = Duration.ofSeconds(60);

    /** Maximum time for which a token is kept. After it, a grant that was withdrawn is noticed. */
    static final Duration LONGEST = Duration.ofHours(1);

    /** The time for which a token is kept if the server does not say how long it is valid. */
    static final Duration UNSAID = Duration.ofMinutes(5);

    /** A grant that the server refused is not tried again for this time, unless a person renews it. */
    static final Duration DEAD_PAUSE = Duration.ofMinutes(5);

    private final GrantStore grants;
    private final InstantSource clock;

    /** The grants that their servers accept no more, by their names. A grant of another id is a renewed one. */
    private final Map<String, RefusedGrant> refused = new ConcurrentHashMap<>();

    private record RefusedGrant(String id, Instant since) {}

    GrantRefresh(GrantStore grants, InstantSource clock) {
        this.grants = grants;
        this.clock = clock;
    }

    /** Returns the grants that have ended and that nobody has renewed or removed since. */
    List<EndedGrant> ended() throws IOException {
        List<EndedGrant> ended = new ArrayList<>();
        for (Map.Entry<String, RefusedGrant> each : Map.copyOf(refused).entrySet()) {
            String id = each.getValue().id();
            if (grants.latest(each.getKey())
                    .filter(grant -> grant.id().equals(id))
                    .isPresent()) {
                ended.add(new EndedGrant(each.getKey(), each.getValue().since()));
            } else {
                refused.remove(each.getKey(), each.getValue());
            }
        }
        ended.sort(Comparator.comparing(EndedGrant::name));
        return ended;
    }

    /** The grant is read here, by the one thread whose turn it is: another one may have rotated it meanwhile. */
    @Override
    public FetchedSecretCache.FetchedSecret fetch(String name, List<String> source) throws IOException {
        Optional<OAuthGrant> grant = grants.latest(name);
        if (grant.isEmpty()) {
            throw new Fetcher.FetchException("is gone: " + renewal(name));
        }
        TokenEndpoint.TokenAnswer answer = ask(name, grant.get());
        refused.remove(name);
        if (answer.refresh().isPresent()) {
            // INVARIANT: the new refresh token is durable before the access token is used. After a crash, the server
            // would not accept the earlier one.
            grants.rotate(name, grant.get().with(answer.refresh().get()));
        }
        return new FetchedSecretCache.FetchedSecret(
                answer.access(), answer.life().map(GrantRefresh::kept).orElse(UNSAID));
    }

    private TokenEndpoint.TokenAnswer ask(String name, OAuthGrant grant) throws Fetcher.FetchException {
        try {
            return grant.refresh();
        } catch (TokenEndpoint.TokenRefusedException e) {
            if (!e.isFinal()) {
                throw new Fetcher.FetchException("gives no token now, because " + e.getMessage());
            }
            refused.merge(
                    name,
                    new RefusedGrant(grant.id(), clock.instant()),
                    (before, now) -> before.id().equals(now.id()) ? before : now);
            throw new Fetcher.FetchException("has ended, because " + e.getMessage() + ": " + renewal(name), DEAD_PAUSE);
        } catch (IOException e) {
            throw new Fetcher.FetchException("gives no token now, because " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Fetcher.FetchException("was interrupted");
        }
    }

    private static Duration kept(Duration life) {
        Duration half = life.dividedBy(2);
        Duration kept = life.minus(half.compareTo(MARGIN) < 0 ? half : MARGIN);
        return kept.compareTo(LONGEST) < 0 ? kept : LONGEST;
    }

    static String renewal(String name) {
        return "a person must run `interlock upstream renew " + name + "`";
    }
}
