package dev.interlock.adopt;

import dev.interlock.action.Secret;
import java.util.List;

/**
 * One credential, wherever it lies.
 *
 * @param id tells it from the others of this survey; made of its kind and first place, never of the secret
 * @param seen at least one place
 */
public record Credential(String id, Kind kind, Secret secret, List<Where> seen) {

    public Credential {
        seen = List.copyOf(seen);
    }

    /** Whether it stays readable whatever is done to files: git gives it to everybody who has a clone. */
    public boolean isBurnt() {
        return seen.stream().anyMatch(Where.InHistory.class::isInstance);
    }

    /** Its first characters, where its kind makes them the same for all; otherwise only how long it is. */
    public String shown() {
        return secret.use(text -> {
            return text.substring(0, kind.prefixOf(text)) + "… (" + text.length() + " characters)";
        });
    }
}
