package dev.interlock.evidence;

import java.util.Locale;

/**
 * A person, and the key by which they signed.
 *
 * @param person as in the seal
 * @param keyClass how much a signature by the key proves
 * @param key its fingerprint, or the name of a passkey
 * @param basis what makes the key theirs
 */
public record Signer(String person, KeyClass keyClass, String key, Basis basis) {

    /** What makes a key somebody's; of several that stand behind each other, the last one counts. */
    public enum Basis {
        /** The seal names the key. */
        SEAL("sealed"),
        /** The person signed for it, with a key that the seal names. */
        SIGNATURES("endorsed by a sealed key"),
        /** A quorum of others signed for it. */
        RECOVERY("enrolled by others"),
        /** A one-time code: nothing but the gateway's word. */
        CODE("enrolled by a code, on the gateway's word");

        private final String words;

        Basis(String words) {
            this.words = words;
        }

        /** The word in reports and receipts. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** For people. */
        public String words() {
            return words;
        }

        Basis and(Basis behind) {
            return compareTo(behind) >= 0 ? this : behind;
        }
    }

    /** For machines. */
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
