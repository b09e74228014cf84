package dev.interlock.adopt;

import dev.interlock.action.Secret;
import dev.interlock.shapes.CredentialKind;
import java.util.List;

/** One credential with all its places. {@code id} is made of its kind and first place, never of the secret. */
public record FoundCredential(String id, CredentialKind kind, Secret secret, List<CredentialPlace> seen) {

    public FoundCredential {
        seen = List.copyOf(seen);
    }

    /** Whether it stays readable after any change to files: git gives it to everybody who has a clone. */
    public boolean isBurnt() {
        return seen.stream().anyMatch(CredentialPlace.HistoryPlace.class::isInstance);
    }

    /** Returns its first characters, if all of its kind have them; otherwise only its length. */
    public String shown() {
        return secret.use(text -> {
            return text.substring(0, kind.prefixOf(text)) + "… (" + text.length() + " characters)";
        });
    }
}
