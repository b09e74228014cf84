package dev.interlock.evidence;

import java.util.Optional;

/** The strength of a key: how much a signature proves about who was present. */
public enum KeyClass implements Keyword {
    /** It claims to be a security key that somebody touched. Programs can claim that too, and no key is attested. */
    HARDWARE,
    /** A file: everybody who can read it can sign. It is always reported as weak. */
    SOFTWARE;

    /** Returns the word for people who were not there: that a key is in hardware is unknown, as nothing attests it. */
    public String attested() {
        return this == SOFTWARE ? word() : "unknown";
    }

    /** Returns the same for the word that a receipt has, if any. */
    static String attested(Optional<String> word) {
        return word.flatMap(said -> Keyword.find(KeyClass.class, said))
                .map(KeyClass::attested)
                .orElse("unknown");
    }
}
