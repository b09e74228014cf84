package dev.interlock.vault;

import dev.interlock.action.Impact;
import java.util.Collection;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;

/** Which of the vault's two directories a secret lies in. Each has a key of its own. */
public enum Store {
    /** Opens for whatever was permitted. */
    ORDINARY,
    /** What can destroy in a protected environment: opens only for a proof that the vault itself has checked. */
    PROTECTED,
    /** What {@code adopt} took out of files, and the decoys that it left there: opens for nothing and nobody. */
    ADOPTED;

    /**
     * Where a slot belongs that reaches {@code environments} with {@code impacts}, of which environments
     * {@code protectedOnes} are protected.
     */
    public static Store of(Set<Impact> impacts, Set<String> environments, Collection<String> protectedOnes) {
        boolean reaches = !Collections.disjoint(environments, protectedOnes);
        return reaches && impacts.contains(Impact.DESTROY) ? PROTECTED : ORDINARY;
    }

    /** The directory's name, and the word in files. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
