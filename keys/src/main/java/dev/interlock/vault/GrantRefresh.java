package dev.interlock.vault;

import dev.interlock.oauth.OAuthGrant;
import dev.interlock.oauth.TokenEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Fetches access tokens with the grants of a store. */
record GrantRefresh(GrantStore grants) implements FetchedSecretCache.SecretFetch {

    /** A token is replaced so long before it expires, because a call may take that long. */
    static final Duration MARGIN = Duration.ofSeconds(60);

    /** Maximum time for which a token is kept. After it, a grant that was withdrawn is noticed. */
    static final Duration LONGEST = Duration.ofHours(1);

    /** The time for which a token is kept if the server does not say how long it is valid. */
    static final Duration UNSAID = Duration.ofMinutes(5);

    /** A grant that the server refused is not tried again for this time, unless a person renews it. */
    static final Duration DEAD_PAUSE = Duration.ofMinutes(5);

    /** The grant is read here, by the one thread whose turn it is: another one may have rotated it meanwhile. */
    @Override
    public FetchedSecretCache.FetchedSecret fetch(String name, List<String> source) throws IOException {
        Optional<OAuthGrant> grant = grants.latest(name);
        if (grant.isEmpty()) {
            throw new Fetcher.FetchException("is gone: " + renewal(name));
        }
        TokenEndpoint.TokenAnswer answer = ask(name, grant.get());
        if (answer.refresh().isPresent()) {
            // INVARIANT: the new refresh token is durable before the access token is used. After a crash, the server
            // would not accept the earlier one.
            grants.rotate(name, grant.get().with(answer.refresh().get()));
        }
        return new FetchedSecretCache.FetchedSecret(
                answer.access(), answer.life().map(GrantRefresh::kept).orElse(UNSAID));
    }

    private static TokenEndpoint.TokenAnswer ask(String name, OAuthGrant grant) throws Fetcher.FetchException {
        try {
            return grant.refresh();
        } catch (TokenEndpoint.TokenRefusedException e) {
            throw e.isFinal()
                    ? new Fetcher.FetchException(
                            "has ended, because " + e.getMessage() + ": " + renewal(name), DEAD_PAUSE)
                    : new Fetcher.FetchException("gives no token now, because " + e.getMessage());
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
