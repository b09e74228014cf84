package dev.interlock.evidence;

/**
 * A person, and the key with which they signed.
 *
 * @param person as in the seal
 * @param keyClass how much a signature by the key proves
 * @param key its fingerprint, or the name of a passkey
 * @param basis the reason that the key is theirs
 */
public record Signer(String person, KeyClass keyClass, String key, KeyBasis basis) {

    /** The reasons that a key is a person's. In a chain the last one counts. */
    public enum KeyBasis implements Keyword {
        /** The seal names the key. */
        SEAL("sealed"),
        /** The person endorsed the key with a key that the seal names. */
        SIGNATURES("endorsed by a sealed key"),
        /** A quorum of others endorsed the key. */
        RECOVERY("enrolled by others"),
        /** A one-time code of the gateway; nobody signed. */
        CODE("enrolled by a code, certified only by the gateway");

        private final String words;

        KeyBasis(String words) {
            this.words = words;
        }

        /** The text for people. */
        public String words() {
            return words;
        }

        KeyBasis and(KeyBasis behind) {
            return compareTo(behind) >= 0 ? this : behind;
        }
    }

    /** The JSON form, for machines. */
    public Json.Members json() {
        return Json.object()
                .with("person", person)
                .with("key", key)
                .with("key_class", keyClass.word())
                .with("basis", basis.word());
    }

    @Override
    public String toString() {
        return person + " with " + key + " (" + keyClass.word() + ", " + basis.words() + ")";
    }
}
