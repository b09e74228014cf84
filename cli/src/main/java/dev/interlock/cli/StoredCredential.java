package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.oauth.OAuthGrant;
import dev.interlock.setup.OAuthSignIn;
import dev.interlock.vault.SlotContent;
import java.io.IOException;
import java.util.Optional;

/** A credential of an upstream, as the vault stores it for each of its slots. */
sealed interface StoredCredential {

    record StoredToken(Secret secret) implements StoredCredential {}

    /** A grant, to which each slot refers by the name of the upstream. */
    record StoredGrant(String name, OAuthGrant grant) implements StoredCredential {}

    static StoredCredential of(String upstream, OAuthSignIn.SignedIn signedIn) {
        return signedIn.grant()
                .<StoredCredential>map(grant -> new StoredGrant(upstream, grant))
                .orElseGet(() -> new StoredToken(signedIn.access()));
    }

    default SlotContent in(Optional<String> user) {
        return switch (this) {
            case StoredToken(Secret secret) -> new SlotContent(new SlotContent.SecretOrigin.CopiedSecret(secret), user);
            case StoredGrant(String name, OAuthGrant _) ->
                new SlotContent(new SlotContent.SecretOrigin.GrantReference(name), user);
        };
    }

    /** Stores what all slots share; they refer to it already. A token has nothing that they share. */
    default void storeShared(Config config, Terminal terminal) throws IOException {
        if (this instanceof StoredGrant(String name, OAuthGrant grant)) {
            Credentials.putGrant(config, name, grant);
            SystemdUnits.warnWithoutNetwork(config, terminal);
        }
    }
}
