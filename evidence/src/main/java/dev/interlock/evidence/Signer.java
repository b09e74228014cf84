package dev.interlock.evidence;

/** A person, and the fingerprint or passkey's name with which they signed. */
public record Signer(String person, KeyClass keyClass, String key, KeyBasis basis) {

    /** The reasons that a key is a person's. In a chain the last one counts. */
    public enum KeyBasis implements Keyword {
        /** The seal names the key. */
        SEAL("sealed"),
        SIGNATURES("endorsed by a sealed key"),
        /** A quorum of others endorsed the key. */
        RECOVERY("enrolled by others"),
        /** A one-time code of the gateway; nobody signed. */
        CODE("enrolled by a code, certified only by the gateway");

        private final String words;

        KeyBasis(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }

        KeyBasis and(KeyBasis behind) {
            return compareTo(behind) >= 0 ? this : behind;
        }
    }

    public Json.Members json() {
        return Json.object()
                .with("person", person)
                .with("key", key)
                .with("key_class", keyClass.attested())
                .with("basis", basis.word());
    }

    @Override
    public String toString() {
        return person + " with " + key + " (key: " + keyClass.attested() + ", " + basis.words() + ")";
    }
}
