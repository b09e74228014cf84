package dev.interlock.vault;

import dev.interlock.action.Seal.CredentialSlot;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/** HTTP's Basic scheme (RFC 7617), which carries a user and a password. */
final class BasicCredentials {

    private BasicCredentials() {}

    /** Returns the credentials part after {@code BasicCredentials}. */
    static Secret encode(String user, Secret password) {
        byte[] plain = password.use(value -> (user + ":" + value).getBytes(StandardCharsets.US_ASCII));
        try {
            return new Secret(Base64.getEncoder().encodeToString(plain));
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    /** Returns whether the seal sends {@code slot} with this scheme. */
    static boolean isSentBy(CredentialSlot slot) {
        return slot.header().equals("authorization")
                && slot.scheme().toLowerCase(Locale.ROOT).equals("basic");
    }
}
