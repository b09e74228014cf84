package dev.interlock.drill.railway;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The tokens that the provider accepts. Threading: safe from every thread. */
final class AcceptedTokens {

    private static final String BEARER = "bearer ";

    private final Map<String, TokenOwner> callers = new ConcurrentHashMap<>();

    void add(String secret, TokenOwner caller) {
        callers.put(secret, caller);
    }

    /** Returns the owners of all tokens, by label. */
    List<TokenOwner> callers() {
        return callers.values().stream()
                .sorted(Comparator.comparing(TokenOwner::label))
                .toList();
    }

    TokenOwner recognise(@Nullable String authorization, @Nullable String projectToken) {
        TokenOwner wrong =
                new TokenOwner.UnknownOwner(authorization == null && projectToken == null ? "none" : "wrong");
        if (projectToken != null) {
            return callers.getOrDefault(projectToken.strip(), wrong);
        }
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return wrong;
        }
        return callers.getOrDefault(authorization.substring(BEARER.length()).strip(), wrong);
    }
}
