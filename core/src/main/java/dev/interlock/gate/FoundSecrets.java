package dev.interlock.gate;

import dev.interlock.vault.SecretMatcher;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a text holds that it must not carry.
 *
 * @param credentials of the vault, by name
 * @param decoys by name
 * @param forms what it is by its form: a lease, or a kind of credential that nobody has stored
 */
record FoundSecrets(Set<String> credentials, Set<String> decoys, Set<String> forms) {

    static final String LEASE = "interlock-lease";

    FoundSecrets {
        credentials = Set.copyOf(credentials);
        decoys = Set.copyOf(decoys);
        forms = Set.copyOf(forms);
    }

    FoundSecrets(SecretMatcher.SecretMatches stored, Set<String> forms) {
        this(stored.credentials(), stored.decoys(), forms);
    }

    boolean isNothing() {
        return credentials.isEmpty() && decoys.isEmpty() && forms.isEmpty();
    }

    Set<String> stored() {
        Set<String> names = new TreeSet<>(credentials);
        names.addAll(decoys);
        return names;
    }

    FoundSecrets with(FoundSecrets other) {
        return new FoundSecrets(
                together(credentials, other.credentials), together(decoys, other.decoys), together(forms, other.forms));
    }

    private static Set<String> together(Set<String> some, Set<String> more) {
        Set<String> all = new TreeSet<>(some);
        all.addAll(more);
        return all;
    }

    /** Says what it is, as a sentence goes on after "carries". */
    String words() {
        if (!stored().isEmpty()) {
            return "a credential that Interlock stores";
        }
        return forms.contains(LEASE)
                ? "a lease of Interlock, which only the gateway may be given"
                : "what has the form of a credential (`" + String.join("`, `", new TreeSet<>(forms)) + "`)";
    }
}
