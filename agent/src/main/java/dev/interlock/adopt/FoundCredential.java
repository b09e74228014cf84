package dev.interlock.adopt;

import dev.interlock.action.Secret;
import java.util.List;

/**
 * One credential with all its places.
 *
 * @param id distinguishes it from the others of this survey; made of its kind and first place, never of the secret
 * @param seen at least one place
 */
public record FoundCredential(String id, CredentialKind kind, Secret secret, List<CredentialPlace> seen) {

    public FoundCredential {
        seen = List.copyOf(seen);
    }

    /** Returns whether it stays readable after any change to files: git gives it to everybody who has a clone. */
    public boolean isBurnt() {
        return seen.stream().anyMatch(CredentialPlace.HistoryPlace.class::isInstance);
    }

    /** Returns its first characters, if they are the same for all of its kind; otherwise only its length. */
    public String shown() {
        return secret.use(text -> {
            return text.substring(0, kind.prefixOf(text)) + "… (" + text.length() + " characters)";
        });
    }
}
