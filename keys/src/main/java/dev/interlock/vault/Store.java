package dev.interlock.vault;

import dev.interlock.action.Impact;
import dev.interlock.evidence.Keyword;
import java.util.Collection;
import java.util.Collections;
import java.util.Set;

/** The vault's directories of secrets. Each has its own key. */
public enum Store implements Keyword {
    /** Opens for any permitted attempt. */
    ORDINARY,
    /** Secrets that can destroy in a protected environment. Opens only for a proof that the vault itself checked. */
    PROTECTED,
    /** Holds credentials that {@code adopt} took out of files, and the decoys that it left there. Never opens. */
    ADOPTED,
    /** Holds OAuth grants, to which slots of the first two refer. Opens only through such a slot. */
    GRANTS,
    /** Holds no secrets, only the key for states that the gateway keeps elsewhere. Never opens. */
    UNDO,
    /** Holds the keys of a fleet ({@link FleetKeys}), and no slots. */
    FLEET;

    /** Returns the store for a slot that reaches {@code environments} with {@code impacts}. */
    public static Store of(Set<Impact> impacts, Set<String> environments, Collection<String> protectedOnes) {
        boolean reaches = !Collections.disjoint(environments, protectedOnes);
        return reaches && impacts.contains(Impact.DESTROY) ? PROTECTED : ORDINARY;
    }
}
