package dev.interlock.vault;

import dev.interlock.action.Seal.CredentialSlot;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/** HTTP's Basic scheme (RFC 7617), in which a user and a password travel. */
final class Basic {

    private Basic() {}

    /** What stands behind {@code Basic}. */
    static Secret encode(String user, Secret password) {
        byte[] plain = password.use(value -> (user + ":" + value).getBytes(StandardCharsets.US_ASCII));
        try {
            return new Secret(Base64.getEncoder().encodeToString(plain));
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    /** Whether the seal sends {@code slot} so. */
    static boolean isSentBy(CredentialSlot slot) {
        return slot.header().equals("authorization")
                && slot.scheme().toLowerCase(Locale.ROOT).equals("basic");
    }
}
